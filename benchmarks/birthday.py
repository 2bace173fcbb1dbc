"""Birthdays over 1,000,000 contacts: decision and entry, set-based, and the memory it takes.

Floor: a bare `INSERT … SELECT` of the same runs, and of their log rows, in one transaction, into a copy of the database
with the same indexes. Two shapes. Everybody born on one day, and all enter: the floor decides nothing. Birthdays over
the whole year, and a quarter has too low a level: to write the same rows the floor must ask the level, as a WHERE by
hand would; the engine asks too when each person last entered, fires the rule and counts who was skipped and why.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from automation.engine.engine import Engine
from benchmarks.common import (
    Result,
    bare_sqlite,
    copy_of,
    in_process,
    insert,
    load_project,
    open_clock,
    open_engine,
    peak_mib,
    shown,
    transaction,
)

DAYS = 28
LEVELS = ("普卡", "银卡", "金卡", "钻石")
EVE = "2026-07-31T12:00:00+08:00"
FIRST_DAY = datetime(2026, 8, 1, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
RULES = """
rules:
  - id: birthday
    name: 生日
    trigger: {type: anniversary, with: {field: contact.birthday, at: "10:00"}}
    audience: [{contact.level: {in: [银卡, 金卡, 钻石]}}]
    guards: {consent: marketing, cooldown: 330d}
    steps: [{do: contact.tag, with: {add: [生日]}}]
"""
CATALOG = """
contact:
  birthday: {label: 生日, type: date}
  level: {label: 等级, type: text, choices: [普卡, 银卡, 金卡, 钻石]}
"""
RUNS = """
INSERT INTO run (key, rule_id, rule_version_id, contact_id, occurrence_id, status, position, due_at, variables,
                 entered_at)
SELECT ?, ?, ?, contact_id, ?, 'active', 0, ?, '{{}}', ? FROM contact_date {ask}
WHERE field = 'birthday' AND month_day = ? ORDER BY contact_id"""
ASK = """
CROSS JOIN contact ON contact.id = contact_id AND json_extract(attributes, '$.level') IN ('银卡', '金卡', '钻石')"""
LOG = """
INSERT INTO execution_log (at, code, rule_id, rule_version_id, contact_id, run_id)
SELECT entered_at, 'entered', rule_id, rule_version_id, contact_id, id FROM run WHERE id > ? ORDER BY id"""


def fill(folder: Path, count: int, *, spread: bool) -> None:
    """`count` members, born on 1 August or evenly over the year, straight into the tables."""
    load_project(folder, RULES, CATALOG)
    open_engine(folder, open_clock(EVE)).database.close()
    conn = bare_sqlite(folder / "engine.db")
    with transaction(conn):
        insert(conn, "contact", _contacts(count, spread=spread), "(id, attributes, created_at, updated_at)")
        columns = "(field, month_day, contact_id, lunar_month_day)"
        days = sorted((_born(i, spread=spread).isoformat()[5:], i) for i in range(1, count + 1))
        insert(conn, "contact_date", (("birthday", day, i, "") for day, i in days), columns)
    conn.close()


def _contacts(count: int, *, spread: bool) -> Iterator[tuple[Any, ...]]:
    for i in range(1, count + 1):
        level = LEVELS[i // 366 % 4] if spread else "金卡"
        attributes = {"birthday": _born(i, spread=spread).isoformat(), "level": level, "city": "上海"}
        yield i, json.dumps(attributes, ensure_ascii=False), 1, 1


def _born(i: int, *, spread: bool) -> date:
    return date(1988, 1, 1) + timedelta(days=i % 366) if spread else date(1990, 8, 1)


def measure(count: int, *, spread: bool) -> tuple[float, float, int, list[float]]:
    """Seconds of the engine and of the floor, how many entered, and the seconds of each page."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        fill(root, count, spread=spread)
        clock = open_clock(EVE)
        engine = open_engine(root, clock)
        engine.fire()
        bare = copy_of(engine.database, root / "floor.db")
        pages: list[float] = []
        floor = 0.0
        for day in range(DAYS if spread else 1):
            clock.set(FIRST_DAY + timedelta(days=day))
            pages += _live(engine)
            floor += _bare(engine, bare, (FIRST_DAY + timedelta(days=day)).date(), spread=spread)
        with engine.database.read() as conn:
            entered = conn.exec_driver_sql("SELECT count(*) FROM run").scalar_one()
        assert bare.execute("SELECT count(*) FROM run").fetchone()[0] == entered
        assert bare.execute("SELECT count(*) FROM execution_log").fetchone()[0] == entered
        return sum(pages), floor, entered, pages


def _live(engine: Engine) -> list[float]:
    """Fire and work off what is due; the seconds of each page."""
    pages = []
    while True:
        begin = time.perf_counter()
        if not engine.fire():
            return pages
        pages.append(time.perf_counter() - begin)


def _bare(engine: Engine, bare: sqlite3.Connection, day: date, *, spread: bool) -> float:
    """The same rows for one day's people."""
    with engine.database.read() as conn:
        one = conn.exec_driver_sql("SELECT * FROM run ORDER BY id DESC LIMIT 1").one()
    values = (one.key, one.rule_id, one.rule_version_id, one.occurrence_id, one.due_at, one.entered_at)
    (before,) = bare.execute("SELECT coalesce(max(id), 0) FROM run").fetchone()
    begin = time.perf_counter()
    with transaction(bare):
        bare.execute(RUNS.format(ask=ASK if spread else ""), (*values, day.isoformat()[5:]))
        bare.execute(LOG, (before,))
    return time.perf_counter() - begin


def peak(count: int) -> float:
    """MiB that a process needs at most to enter everybody of `count`, all born on one day."""
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder), count, spread=False)
        return float(in_process("benchmarks.birthday", folder)["peak"])


def _live_alone(folder: Path) -> None:
    clock = open_clock(EVE)
    engine = open_engine(folder, clock)
    engine.fire()
    clock.set(FIRST_DAY)
    _live(engine)
    print(json.dumps({"peak": peak_mib()}))


def run(quick: bool = False) -> list[Result]:
    count = 100_000 if quick else 1_000_000
    ours, floor, entered, pages = measure(count, spread=False)
    assert entered == count
    half = len(pages) // 2
    late = sum(pages[half : 2 * half]) / sum(pages[:half])
    results = [
        Result(f"birthday, {count:,} contacts, all on one day", shown(ours), shown(floor), ours / floor, "<= 2"),
        Result("its second half of pages against its first", shown(sum(pages[half:])), shown(sum(pages[:half])), late),
    ]
    ours, floor, entered, _ = measure(count, spread=True)
    name = f"birthday, {count:,} contacts, {DAYS} days, {entered:,} entries"
    results.append(Result(name, shown(ours), shown(floor), ours / floor, "<= 2"))
    many, few = peak(count), peak(10_000)
    name = f"peak memory, {count:,} contacts over 10,000 (MiB)"
    return [*results, Result(name, f"{many:.0f}", f"{few:.0f}", many - few, "<= 64")]


if __name__ == "__main__":
    _live_alone(Path(sys.argv[1]))
