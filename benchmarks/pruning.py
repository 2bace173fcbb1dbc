"""Pruning a full database while somebody writes: nobody may have to wait for it.

Two million rows, of which the older half goes, while another process stores an event every 20 ms, each in a
transaction of its own. What counts is the slowest of these; beside it the slowest when nobody prunes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from automation.clock import to_ms
from automation.engine.retention import Pruning
from automation.rules.project import Project
from automation.settings import Settings
from automation.store.database import Database
from automation.store.events import NewEvent, store_new_events
from benchmarks.common import ROOT, Result, load_project, open_clock, open_engine, shown
from benchmarks.postgres import OURS, server
from benchmarks.waiting import NUMBERS

NOW = "2026-08-01T12:00:00+08:00"
LIMIT_S = 1.0
"""What a writer may wait at most."""
PAUSE_S, AT_REST_S = 0.02, 10.0
DAYS, KEPT = 200, 100
RULES = """
rules:
  - id: thanks
    trigger: {type: event, with: {name: order.paid}}
    steps: [{do: contact.tag, with: {add: [x]}}]
"""
CATALOG = "events: {order.paid: {label: 已付款, properties: {amount: text}}}"
SETTINGS = f'[retention]\nevents = "{KEPT}d"\nlog = "{KEPT}d"\n'
_DAY = 86_400_000
_AT = "{oldest} + CAST(s.n AS BIGINT) * {step}"
FILLING = (
    "INSERT INTO contact (id, attributes, created_at, updated_at) SELECT s.n, '{{}}', 1, 1 FROM {numbers} AS s "
    "WHERE s.n <= {rows} / 10",
    "INSERT INTO event (id, name, contact_id, occurred_at, received_at, source, message_id, properties) "
    f"SELECT s.n, 'order.paid', 1 + (s.n - 1) / 10, {_AT}, {_AT}, 'bench', 'o' || s.n, '{{{{\"amount\": \"9.90\"}}}}' "
    "FROM {numbers} AS s",
    "INSERT INTO execution_log (id, at, code, rule_id, rule_version_id, contact_id, event_id) "
    f"SELECT s.n, {_AT}, 'entered', 1, 1, 1 + (s.n - 1) / 10, s.n FROM {{numbers}} AS s",
)
"""Orders over the last 200 days, and the log of each."""


def run(quick: bool = False) -> list[Result]:
    rows = 100_000 if quick else 1_000_000
    results = []
    for title in ("SQLite", "PostgreSQL"):
        if title == "SQLite":
            found = _measure(None, rows)
        else:
            with server() as url:
                found = _measure(url.set(database=OURS).render_as_string(hide_password=False), rows)
        seconds, pruned, worst, calm = found
        name = f"a writer's slowest transaction while {pruned:,} rows are pruned in {seconds:.0f} s, {title}"
        results.append(Result(name, shown(worst), shown(LIMIT_S), worst / LIMIT_S, "<= 1"))
        results.append(Result('the same ("floor": nobody prunes)', shown(worst), shown(calm), worst / calm))
    return results


def _measure(url: str | None, rows: int) -> tuple[float, int, float, float]:
    """Seconds of pruning, rows that went, and a writer's slowest transaction meanwhile and before."""
    with tempfile.TemporaryDirectory() as folder:
        root, clock = Path(folder), open_clock(NOW)
        load_project(root, RULES, CATALOG, settings=SETTINGS)
        engine = open_engine(root, clock, url)
        database = engine.database
        engine.close()
        _fill(database, rows, to_ms(clock.now()))
        address = url or f"sqlite:///{root / 'engine.db'}"
        calm = _beside(address, "calm", lambda: time.sleep(AT_REST_S))
        begin = time.perf_counter()
        pruned: list[int] = []
        project = Project.load(Settings.load(root))

        def prune() -> None:
            pruned.extend(one.rows for one in Pruning(database, project, clock).run(actor="benchmark"))

        worst = _beside(address, "busy", prune)
        seconds = time.perf_counter() - begin
        database.close()
    assert sum(pruned) == rows - 2, pruned  # half of each table; the row at the very moment stays
    return seconds, sum(pruned), worst, calm


def _fill(database: Database, rows: int, now: int) -> None:
    """Written by the database itself."""
    numbers = NUMBERS[database.dialect].format(first=1, last=rows)
    for sql in FILLING:
        with database.write() as conn:
            step = DAYS * _DAY // rows
            conn.exec_driver_sql(sql.format(numbers=numbers, rows=rows, oldest=now - rows * step, step=step))
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            for table in ("event", "execution_log"):
                conn.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {rows})")
            conn.exec_driver_sql("VACUUM ANALYZE")
            conn.exec_driver_sql("CHECKPOINT")


def _beside(url: str, name: str, work: Callable[[], Any]) -> float:
    """Seconds of the slowest transaction of another process that writes while `work` is done."""
    command = [sys.executable, "-m", "benchmarks.pruning", url, name]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        work()
        said, _ = writer.communicate("stop\n")
    slowest: float = json.loads(said)
    return slowest


def _write_on(url: str, name: str) -> None:
    """Store an event every 20 ms until something comes in; print how long the slowest took."""
    import select

    database, number, slowest = Database(url), 0, 0.0
    while not select.select([sys.stdin], [], [], PAUSE_S)[0]:
        number += 1
        begin = time.perf_counter()
        with database.write() as conn:
            store_new_events(conn, [NewEvent("order.paid", 1, number, "writer", f"{name}{number}", {})], number)
        if number == 1:
            print("ready", flush=True)  # connected, and everything is compiled
        else:
            slowest = max(slowest, time.perf_counter() - begin)
    assert number > 10
    print(json.dumps(slowest))


if __name__ == "__main__":
    _write_on(sys.argv[1], sys.argv[2])
