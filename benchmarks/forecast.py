"""Plan over a million people, and a simulation against the live path of the same events.

The plan: this repository's own rules, one of them edited, so that two copies are made and lived through for a
fortnight; time and peak memory of a process of its own. The simulation: stored events go through 1,000 rules once
more; floor: the live engine taking them, with what they lead to.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg

from automation.calendars.duration import Duration
from automation.insight.planning.plan import plan
from automation.insight.simulation.simulate import simulate
from automation.rules.project import Project
from automation.settings import Settings
from automation.store.database import Database
from benchmarks.common import (
    ROOT,
    Result,
    bare_sqlite,
    in_process,
    insert,
    load_project,
    open_clock,
    open_engine,
    peak_mib,
    transaction,
)
from benchmarks.event_path import BATCH, catalog_text, make_events, prepared, rules_text
from benchmarks.postgres import OURS, server

NOW = "2026-08-02T12:00:00+08:00"
LIMIT_S, LIMIT_MIB = 60.0, 200.0
LEVELS = ("普卡", "银卡", "金卡", "钻石")


def run(quick: bool = False) -> list[Result]:
    people, events = (100_000, 5_000) if quick else (1_000_000, 30_000)
    with tempfile.TemporaryDirectory() as folder, server() as url:
        begun = prepare(Path(folder))
        fill(Path(folder), people)
        there = url.set(database=OURS).render_as_string(hide_password=False)
        fill_postgres(Path(folder), there, people)
        sqlite = in_process("benchmarks.forecast", folder, begun)
        postgres = in_process("benchmarks.forecast", folder, there)
    ratio = _replay(events)
    return [
        *_planned(f"plan over {people:,} people", sqlite), *_planned("the same on PostgreSQL", postgres),
        Result("simulate: events a second, against the live path", f"{events / ratio[0]:,.0f}",
               f"{events / ratio[1]:,.0f}", ratio[1] / ratio[0], ">= 0.3"),
    ]  # fmt: skip


def _planned(name: str, found: dict[str, float]) -> list[Result]:
    return [
        Result(f"{name} (s)", f"{found['seconds']:.1f}", f"{LIMIT_S:.0f}", found["seconds"] / LIMIT_S, "<= 1"),
        Result("its peak memory (MiB)", f"{found['peak']:.0f}", f"{LIMIT_MIB:.0f}", found["peak"] / LIMIT_MIB, "<= 1"),
    ]


def prepare(folder: Path) -> str:
    """The repository's rules; returns the address of the SQLite database beside them."""
    for name in ("rules.yaml", "catalog.yaml"):
        shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "templates", folder / "templates")
    return f"sqlite:///{folder / 'engine.db'}"


def fill(folder: Path, count: int) -> None:
    """`count` members with birthdays over the year, phones, WeChat and consent."""
    open_engine(folder, open_clock(NOW)).database.close()
    conn = bare_sqlite(folder / "engine.db")
    with transaction(conn):
        for table, columns, rows in _tables(count):
            insert(conn, table, rows, columns)
    conn.close()


def fill_postgres(folder: Path, url: str, count: int) -> None:
    """The same on a server, by COPY, and as it is some time later: vacuumed, and everything on disk."""
    open_engine(folder, open_clock(NOW), url).database.close()
    with psycopg.connect(url.replace("+psycopg", "")) as conn, conn.cursor() as cursor:
        for table, columns, rows in _tables(count):
            with cursor.copy(f"COPY {table} {columns} FROM STDIN".encode()) as copy:
                for row in rows:
                    copy.write_row(row)
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as conn:
        conn.execute("VACUUM ANALYZE")
        conn.execute("CHECKPOINT")


def _tables(count: int) -> Iterator[tuple[str, str, Iterable[tuple[Any, ...]]]]:
    people = range(1, count + 1)
    yield "contact", "(id, attributes, created_at, updated_at)", _contacts(count)
    days = sorted((_born(i).isoformat()[5:], i) for i in people)
    columns = "(field, month_day, contact_id, lunar_month_day)"
    yield "contact_date", columns, (("birthday", day, i, "") for day, i in days)
    for kind, form in (("member_no", "M{:07}"), ("phone", "+86138{:08}"), ("wechat_openid", "o{:020}")):
        rows = ((kind, form.format(i), i, 1) for i in people)
        yield "identity", "", rows
    yield "consent", "", ((i, "marketing", "*", "granted", "benchmark", 1) for i in people)


def _contacts(count: int) -> Iterator[tuple[Any, ...]]:
    for i in range(1, count + 1):
        attributes = {"birthday": _born(i).isoformat(), "level": LEVELS[i // 366 % 4], "name": f"会员{i}"}
        yield i, json.dumps(attributes, ensure_ascii=False), 1, 1


def _born(i: int) -> date:
    return date(1988, 1, 1) + timedelta(days=i % 366)


def _plan_alone(folder: Path, url: str) -> None:
    """What `automation plan` does after somebody let silver members out of the birthday rule."""
    rules = folder / "rules.yaml"
    rules.write_text(rules.read_text(encoding="utf-8").replace("[银卡, 金卡, 钻石]", "[金卡, 钻石]"), encoding="utf-8")
    database = Database(url)
    project = Project.load(Settings.load(folder))
    begin = time.perf_counter()
    found = plan(database, project, open_clock(NOW).now(), Duration(14, "d"))
    seconds = time.perf_counter() - begin
    (changed,) = (rule for rule in found.rules.values() if rule.change is not None)
    assert changed.now is not None
    assert changed.now.entered > 0
    assert changed.leavers > 0
    print(json.dumps({"seconds": seconds, "peak": peak_mib()}))


def _replay(count: int) -> tuple[float, float]:
    """Seconds of the simulation and of the live engine over the same events."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        rules, names = 1_000, 100
        engine = prepared(root, rules, names)
        engine.run_due()
        lines, clock = make_events(count, rules, names), engine.clock
        begin = clock.now() + timedelta(seconds=1)
        live = 0.0
        for start in range(0, len(lines), BATCH):
            clock.set(clock.now() + timedelta(minutes=2))  # type: ignore[attr-defined]
            since = time.perf_counter()
            engine.ingest(lines[start : start + BATCH])
            engine.run_due()
            live += time.perf_counter() - since
        engine.close()
        load_project(root, rules_text(rules, names), catalog_text(names))
        since = time.perf_counter()
        end = clock.now() + timedelta(seconds=1)
        found = simulate(engine.database, Project.load(Settings.load(root)), begin, end)
        assert found.events == count
        return time.perf_counter() - since, live


if __name__ == "__main__":
    _plan_alone(Path(sys.argv[1]), sys.argv[2])
