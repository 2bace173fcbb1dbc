"""The event path: 1,000 rules on 100 event names, 1 % of the events matching, batches of 1,000, SQLite, all durable.

Floor: the same events JSON-decoded, and the very rows that the engine wrote, written again by bare `executemany` into
an equal database in the same transactions. The engine's way and the floor's alternate, batch by batch.
"""

from __future__ import annotations

import json
import random
import sqlite3
import tempfile
import time
from pathlib import Path
from typing import Any

from automation.engine.engine import Engine
from automation.engine.ingest import Incoming
from automation.store.database import Database
from benchmarks.common import Result, load_project, open_clock

BATCH = 1_000
CONTACTS = 20_000


def rules_text(count: int, names: int) -> str:
    """`count` rules over `names` event names; each holds for about 1 % of what its share of the name sees."""
    per_name = max(count // names, 1)
    lines = ["rules:"]
    for i in range(count):
        name = i % names
        lines += [
            f"  - id: rule_{i}",
            f"    name: 规则 {i}",
            f"    trigger: {{type: event, with: {{name: event.n{name}, where: [{{event.sku: S{i}}}, "
            f"{{event.amount: {{gte: {10 + i % 7}}}}}]}}}}",
            "    steps: [{do: contact.tag, with: {add: [热点]}}]",
        ]
    assert per_name
    return "\n".join(lines) + "\n"


def catalog_text(names: int) -> str:
    lines = ["events:"]
    for i in range(names):
        lines.append(f"  event.n{i}: {{label: 事件 {i}, properties: {{sku: text, amount: integer, store: text}}}}")
    return "\n".join(lines) + "\n"


def make_events(count: int, rules: int, names: int, seed: int = 7) -> list[str]:
    """JSON lines; 1 in 100 names the product of exactly one rule."""
    chance = random.Random(seed)
    lines = []
    for i in range(count):
        rule = chance.randrange(rules)
        sku = f"S{rule}" if i % 100 == 0 else f"X{chance.randrange(5000)}"
        body = {
            "name": f"event.n{rule % names}",
            "contact": f"M{chance.randrange(CONTACTS)}",
            "occurred_at": f"2026-08-01T{i // 3600000 % 24:02d}:{i // 60000 % 60:02d}:{i // 1000 % 60:02d}.{i % 1000:03d}+08:00",
            "message_id": f"{chance.getrandbits(128):032x}",
            "source": "shop",
            "properties": {"sku": sku, "amount": 20 + i % 400, "store": f"门店{i % 50}"},
        }
        lines.append(json.dumps(body, ensure_ascii=False))
    return lines


def measure(events: int = 50_000, rules: int = 1_000, names: int = 100) -> dict[str, Any]:
    """Seconds of the engine and of the floor over the same events."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        project = load_project(root, rules_text(rules, names), catalog_text(names))
        database = Database(f"sqlite:///{root / 'engine.db'}")
        database.migrate()
        engine = Engine(project, database, open_clock("2026-08-02T00:00:00+08:00"))
        lines = make_events(events, rules, names)
        _warm(engine, names)
        return _race(engine, lines, root)


def _warm(engine: Engine, names: int) -> None:
    """People known beforehand, and one event of every name, so that nothing is compiled while the clock runs."""
    for start in range(0, CONTACTS, BATCH):
        engine.ingest(
            [
                Incoming(json.dumps({"name": f"event.n{i % names}", "contact": f"M{i}", "occurred_at": "2026-07-01",
                                     "message_id": f"warm{i}", "properties": {"sku": "", "amount": 1}}))
                for i in range(start, start + BATCH)
            ]
        )  # fmt: skip


def _race(engine: Engine, lines: list[str], root: Path) -> dict[str, Any]:
    floor = _floor_database(engine.database, root / "floor.db")
    ours = theirs = 0.0
    matched = 0
    marks = _marks(engine.database)
    for start in range(0, len(lines), BATCH):
        batch = lines[start : start + BATCH]
        items = [Incoming(line) for line in batch]
        begin = time.perf_counter()
        result = engine.ingest(items)
        ours += time.perf_counter() - begin
        matched += result.entered
        rows, marks = _new_rows(engine.database, marks)
        begin = time.perf_counter()
        _floor(floor, batch, rows)
        theirs += time.perf_counter() - begin
    return {"events": len(lines), "ours": ours, "floor": theirs, "matched": matched}


_TABLES = ("event", "run", "execution_log")


def _marks(database: Database) -> dict[str, int]:
    with database.read() as conn:
        return {t: conn.exec_driver_sql(f"SELECT coalesce(max(id), 0) FROM {t}").scalar_one() for t in _TABLES}


def _new_rows(database: Database, marks: dict[str, int]) -> tuple[dict[str, list[Any]], dict[str, int]]:
    with database.read() as conn:
        rows = {
            t: [tuple(row) for row in conn.exec_driver_sql(f"SELECT * FROM {t} WHERE id > ?", (marks[t],))]
            for t in _TABLES
        }
    return rows, {t: rows[t][-1][0] if rows[t] else marks[t] for t in _TABLES}


def _floor_database(database: Database, path: Path) -> sqlite3.Connection:
    """A copy of the engine's database as it stands, opened by the bare driver with the same pragmas."""
    with database.engine.connect() as conn:
        conn.exec_driver_sql("COMMIT")
        conn.exec_driver_sql(f"VACUUM INTO '{path}'")
        conn.exec_driver_sql("BEGIN")
    floor = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "cache_size = -65536", "wal_autocheckpoint = 4000"):
        floor.execute(f"PRAGMA {pragma}")
    return floor


def _floor(conn: sqlite3.Connection, batch: list[str], rows: dict[str, list[Any]]) -> None:
    for line in batch:
        json.loads(line)
    conn.execute("BEGIN IMMEDIATE")
    for table, values in rows.items():
        if values:
            marks = ", ".join("?" * len(values[0]))
            conn.executemany(f"INSERT INTO {table} VALUES ({marks})", values)
    conn.execute("COMMIT")


def run(quick: bool = False) -> list[Result]:
    """The ratio to the floor, and what 10,000 rules cost against 10."""
    events = 20_000 if quick else 100_000
    main = measure(events)
    few, many = measure(events, rules=10, names=10), measure(events, rules=10_000, names=100)
    return [
        Result("event path, SQLite: events/s", f"{events / main['ours']:,.0f}", f"{events / main['floor']:,.0f}",
               main["floor"] / main["ours"], ">= 0.5"),
        Result("an event with 10,000 rules against 10 (µs)", f"{many['ours'] / events * 1e6:.1f}",
               f"{few['ours'] / events * 1e6:.1f}", many["ours"] / few["ours"], "<= 1.2"),
    ]  # fmt: skip
