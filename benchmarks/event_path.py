"""The event path: 1,000 rules on 100 event names, 1 % of the events matching, batches of 1,000, SQLite, all durable.

Floor: the same events JSON-decoded by `json.loads`, and the very rows that the engine wrote, written again by bare
`executemany` into a copy of its database, with the same indexes, in the same transactions; the two alternate batch
by batch. The floor looks nobody up and matches nothing.
"""

from __future__ import annotations

import json
import random
import sqlite3
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from automation.engine.engine import Engine
from automation.store.database import Database
from benchmarks.common import Result, copy_of, insert, load_project, open_clock, open_engine, transaction

BATCH = 1_000
PEOPLE = 20_000
NOW = "2026-08-02T00:00:00+08:00"
ZONE = ZoneInfo("Asia/Shanghai")
Row = tuple[Any, ...]


@dataclass
class Race:
    """Seconds of the engine and of the floor, batch by batch. `strict`: the floor with msgspec in place of json."""

    ours: list[float]
    floor: list[float]
    strict: float
    entered: int

    @property
    def ratio(self) -> float:
        return sum(self.floor) / sum(self.ours)


def rules_text(count: int, names: int) -> str:
    """`count` rules over `names` event names, each waiting for a product of its own."""
    lines = ["rules:"]
    for i in range(count):
        lines += [
            f"  - id: rule_{i}",
            f"    name: 规则 {i}",
            f"    trigger: {{type: event, with: {{name: event.n{i % names}, where: [{{event.sku: S{i}}}, "
            f"{{event.amount: {{gte: {10 + i % 7}}}}}]}}}}",
            "    steps: [{do: contact.tag, with: {add: [热点]}}]",
        ]
    return "\n".join(lines) + "\n"


def catalog_text(names: int) -> str:
    properties = "properties: {sku: text, amount: integer, store: text}"
    return "\n".join(["events:", *(f"  event.n{i}: {{label: 事件 {i}, {properties}}}" for i in range(names)), ""])


def make_events(count: int, rules: int, names: int, seed: int = 7) -> list[str]:
    """JSON lines, a millisecond apart; 1 in 100 names the product of exactly one rule."""
    chance = random.Random(seed)
    lines = []
    for i in range(count):
        rule = chance.randrange(rules)
        at = datetime(2026, 8, 1, tzinfo=ZONE) + timedelta(milliseconds=i)
        body = {
            "name": f"event.n{rule % names}",
            "contact": f"M{chance.randrange(PEOPLE)}",
            "occurred_at": at.isoformat(timespec="milliseconds"),
            "message_id": f"{chance.getrandbits(128):032x}",
            "source": "shop",
            "properties": {
                "sku": f"S{rule}" if i % 100 == 0 else f"X{chance.randrange(5000)}",
                "amount": 20 + i % 400,
                "store": f"门店{i % 50}",
            },
        }
        lines.append(json.dumps(body, ensure_ascii=False))
    return lines


def measure(events: int, rules: int, names: int) -> Race:
    """The engine and the floor over the same events."""
    with tempfile.TemporaryDirectory() as folder:
        engine = prepared(Path(folder), rules, names)
        return _race(engine, make_events(events, rules, names), Path(folder))


def prepared(root: Path, rules: int, names: int, url: str | None = None) -> Engine:
    """An engine that knows all people, and has seen an event of every name, so that everything is compiled."""
    load_project(root, rules_text(rules, names), catalog_text(names))
    engine = open_engine(root, open_clock(NOW), url)
    warming = [
        json.dumps({"name": f"event.n{i % names}", "contact": f"M{i}", "occurred_at": "2026-07-01",
                    "message_id": f"warm{i}", "properties": {"sku": f"S{i}" if i < 200 else "", "amount": 99}})
        for i in range(PEOPLE)
    ]  # fmt: skip
    for start in range(0, PEOPLE, BATCH):
        engine.ingest(warming[start : start + BATCH])
    return engine


def _race(engine: Engine, lines: Sequence[str], root: Path) -> Race:
    race = Race([], [], 0.0, 0)
    bare = copy_of(engine.database, root / "floor.db")
    marks = last_ids(engine.database)
    for start in range(0, len(lines), BATCH):
        batch = lines[start : start + BATCH]
        begin = time.perf_counter()
        race.entered += engine.ingest(batch).entered
        race.ours.append(time.perf_counter() - begin)
        rows, marks = new_rows(engine.database, marks)
        begin = time.perf_counter()
        for line in batch:
            json.loads(line)
        decoded = time.perf_counter()
        _write(bare, rows)
        race.floor.append(time.perf_counter() - begin)
        race.strict += race.floor[-1] - (decoded - begin) + _with_msgspec(batch)
    return race


def _write(conn: sqlite3.Connection, rows: dict[str, list[Row]]) -> None:
    with transaction(conn):
        for table, values in rows.items():
            insert(conn, table, values)


def _with_msgspec(batch: Sequence[str]) -> float:
    begin = time.perf_counter()
    for line in batch:
        msgspec.json.decode(line)
    return time.perf_counter() - begin


TABLES = ("event", "run", "execution_log")


def last_ids(database: Database) -> dict[str, int]:
    with database.read() as conn:
        return {t: conn.exec_driver_sql(f"SELECT coalesce(max(id), 0) FROM {t}").scalar_one() for t in TABLES}


def new_rows(database: Database, marks: dict[str, int]) -> tuple[dict[str, list[Row]], dict[str, int]]:
    """What was written since `marks`, and the marks of now."""
    with database.read() as conn:
        rows = {
            t: [tuple(row) for row in conn.exec_driver_sql(f"SELECT * FROM {t} WHERE id > {marks[t]} ORDER BY id")]
            for t in TABLES
        }
    return rows, {t: rows[t][-1][0] if rows[t] else marks[t] for t in TABLES}


def run(quick: bool = False) -> list[Result]:
    events = 20_000 if quick else 200_000
    main = measure(events, rules=1_000, names=100)
    assert main.entered == events // 100
    ours = sum(main.ours)
    results = [
        Result("event path, SQLite: events a second", f"{events / ours:,.0f}", f"{events / sum(main.floor):,.0f}",
               main.ratio, ">= 0.5"),
        Result("the same, the floor decoding with msgspec", f"{events / ours:,.0f}", f"{events / main.strict:,.0f}",
               main.strict / ours),
    ]  # fmt: skip
    return [*results, _many_rules(events // 2)]


def _many_rules(events: int) -> Result:
    """10,000 rules against 10, batch by batch in turn; ours and floor are microseconds an event."""
    with tempfile.TemporaryDirectory() as few, tempfile.TemporaryDirectory() as many:
        engines = [(prepared(Path(few), 10, 10), 10, 10), (prepared(Path(many), 10_000, 10), 10_000, 10)]
        seconds = [0.0, 0.0]
        inputs = [make_events(events, rules, names) for _, rules, names in engines]
        for start in range(0, events, BATCH):
            for side, (engine, _, _) in enumerate(engines):
                begin = time.perf_counter()
                engine.ingest(inputs[side][start : start + BATCH])
                seconds[side] += time.perf_counter() - begin
    few_cost, many_cost = (one / events * 1e6 for one in seconds)
    name = "an event with 10,000 rules (“floor”: with 10)"
    return Result(name, f"{many_cost:.1f} µs", f"{few_cost:.1f} µs", many_cost / few_cost, "<= 1.2")
