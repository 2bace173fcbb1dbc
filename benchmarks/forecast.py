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
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from automation.calendars.duration import Duration
from automation.insight.planning.plan import plan
from automation.insight.simulation.simulate import simulate
from automation.rules.project import Project
from automation.settings import Settings
from automation.store.database import Database
from benchmarks.common import (
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

ROOT = Path(__file__).resolve().parents[1]
NOW = "2026-08-02T12:00:00+08:00"
LIMIT_S, LIMIT_MIB = 60.0, 200.0
LEVELS = ("普卡", "银卡", "金卡", "钻石")


def run(quick: bool = False) -> list[Result]:
    people, events = (100_000, 5_000) if quick else (1_000_000, 30_000)
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder), people)
        found = in_process("benchmarks.forecast", folder)
    ratio = _replay(events)
    return [
        Result(f"plan over {people:,} people (s)", f"{found['seconds']:.1f}", f"{LIMIT_S:.0f}",
               found["seconds"] / LIMIT_S, "<= 1"),
        Result("its peak memory (MiB)", f"{found['peak']:.0f}", f"{LIMIT_MIB:.0f}", found["peak"] / LIMIT_MIB, "<= 1"),
        Result("simulate: events a second, against the live path", f"{events / ratio[0]:,.0f}",
               f"{events / ratio[1]:,.0f}", ratio[1] / ratio[0], ">= 0.3"),
    ]  # fmt: skip


def fill(folder: Path, count: int) -> None:
    """The repository's rules, and `count` members with birthdays over the year, phones, WeChat and consent."""
    for name in ("rules.yaml", "catalog.yaml"):
        shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "templates", folder / "templates")
    open_engine(folder, open_clock(NOW)).database.close()
    conn = bare_sqlite(folder / "engine.db")
    with transaction(conn):
        insert(conn, "contact", _contacts(count), "(id, attributes, created_at, updated_at)")
        days = sorted((_born(i).isoformat()[5:], i) for i in range(1, count + 1))
        insert(conn, "contact_date", (("birthday", day, i, "") for day, i in days),
               "(field, month_day, contact_id, lunar_month_day)")  # fmt: skip
        for kind, form in (("member_no", "M{:07}"), ("phone", "+86138{:08}"), ("wechat_openid", "o{:020}")):
            insert(conn, "identity", ((kind, form.format(i), i, 1) for i in range(1, count + 1)))
        insert(conn, "consent", ((i, "marketing", "*", "granted", "benchmark", 1) for i in range(1, count + 1)))
    conn.close()


def _contacts(count: int) -> Iterator[tuple[Any, ...]]:
    for i in range(1, count + 1):
        attributes = {"birthday": _born(i).isoformat(), "level": LEVELS[i // 366 % 4], "name": f"会员{i}"}
        yield i, json.dumps(attributes, ensure_ascii=False), 1, 1


def _born(i: int) -> date:
    return date(1988, 1, 1) + timedelta(days=i % 366)


def _plan_alone(folder: Path) -> None:
    """What `automation plan` does after somebody let silver members out of the birthday rule."""
    rules = folder / "rules.yaml"
    rules.write_text(rules.read_text(encoding="utf-8").replace("[银卡, 金卡, 钻石]", "[金卡, 钻石]"), encoding="utf-8")
    database = Database(f"sqlite:///{folder / 'engine.db'}")
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
    _plan_alone(Path(sys.argv[1]))
