"""Ten million people wait inside a rule: what it costs to move the thousand who are due, against ten thousand waiting.

One run is taken to its wait by the engine; the others are copies of its row, written by the database itself. Those who
are due are spread over all of them. Both sizes have the same contacts, and each round moves another thousand.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from automation.clock import ManualClock, to_ms
from automation.engine.engine import Engine
from automation.store.database import Database
from benchmarks.common import Result, load_project, open_clock, open_engine, shown
from benchmarks.postgres import OURS, server

NOW = "2026-08-02T12:00:00+08:00"
RULES = """
rules:
  - id: nurture
    name: 培育
    trigger: {type: event, with: {name: order.paid}}
    mode: {on_again: parallel, per: contact}
    steps:
      - wait: 30d
      - do: contact.tag
        with: {add: [等到了]}
"""
CATALOG = """
contact: {level: text}
events:
  order.paid: {label: 已付款, properties: {sku: text}}
"""
DUE, ROUNDS = 1_000, 6
PORTION = 500_000
NUMBERS = {
    "sqlite": "(WITH RECURSIVE c(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM c WHERE n < {last}) "
    "SELECT n FROM c)",
    "postgresql": "(SELECT n FROM generate_series({first}, {last}) AS n)",
}
CONTACTS = "INSERT INTO contact (id, attributes, created_at, updated_at) SELECT n, '{{}}', 1, 1 FROM {numbers} AS s"
RUNS = """
INSERT INTO run (id, "key", rule_id, rule_version_id, contact_id, event_id, status, position, due_at, variables,
                 entered_at, visit)
SELECT s.n, 'e' || s.n, rule_id, rule_version_id, 1 + s.n - s.n / {contacts} * {contacts}, NULL, status, position,
       due_at + 60000 + s.n, variables, entered_at, visit
FROM {numbers} AS s CROSS JOIN run WHERE run.id = 1"""


def seconds(engine: Engine, clock: ManualClock, waiting: int, contacts: int) -> float:
    """What a round takes at best, but for the first, which compiles what there is to compile."""
    database = engine.database
    _fill(engine, waiting, contacts)
    took = []
    for number in range(ROUNDS):
        clock.advance(timedelta(minutes=1))
        _make_due(database, waiting, number, to_ms(clock.now()))
        begin = time.perf_counter()
        moved = engine.advance(DUE)
        took.append(time.perf_counter() - begin)
        assert moved == DUE, moved
    with database.read() as conn:
        left = conn.exec_driver_sql("SELECT count(*) FROM run WHERE status = 'active'").scalar_one()
    assert left == waiting + 1 - DUE * ROUNDS
    return min(took[1:])


def _fill(engine: Engine, waiting: int, contacts: int) -> None:
    database = engine.database
    for first in range(2, contacts + 1, PORTION):
        _write(database, CONTACTS, first, min(first + PORTION - 1, contacts), contacts)
    engine.ingest(['{"name": "order.paid", "contact": {"member_no": "M1"}, "message_id": "1"}'])
    assert engine.advance() == 1
    for first in range(2, waiting + 2, PORTION):
        _write(database, RUNS, first, min(first + PORTION - 1, waiting + 1), contacts)
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.exec_driver_sql("VACUUM ANALYZE")
            conn.exec_driver_sql("CHECKPOINT")


def _write(database: Database, sql: str, first: int, last: int, contacts: int) -> None:
    numbers = NUMBERS[database.dialect].format(first=first, last=last)
    with database.write() as conn:
        conn.exec_driver_sql(sql.format(numbers=numbers, contacts=contacts))


def _make_due(database: Database, waiting: int, number: int, now: int) -> None:
    """A thousand who are due since just now, spread over all who wait."""
    step = waiting // DUE
    chosen = ", ".join(str(2 + number + i * step) for i in range(DUE))
    with database.write() as conn:
        conn.exec_driver_sql(f"UPDATE run SET due_at = {now} WHERE id IN ({chosen})")


@contextmanager
def _engine(url: str | None) -> Iterator[tuple[Engine, ManualClock]]:
    with tempfile.TemporaryDirectory() as folder:
        clock = open_clock(NOW)
        load_project(Path(folder), RULES, CATALOG)
        engine = open_engine(Path(folder), clock, url)
        yield engine, clock
        engine.close()
        engine.database.close()


def _on(dialect: str, waiting: int, contacts: int) -> float:
    if dialect == "sqlite":
        with _engine(None) as (engine, clock):
            return seconds(engine, clock, waiting, contacts)
    with server() as url, _engine(url.set(database=OURS).render_as_string(hide_password=False)) as (engine, clock):
        return seconds(engine, clock, waiting, contacts)


def run(quick: bool = False) -> list[Result]:
    many, few, contacts = (1_000_000, 10_000, 100_000) if quick else (10_000_000, 10_000, 1_000_000)
    results = []
    for dialect, title in (("sqlite", "SQLite"), ("postgresql", "PostgreSQL")):
        small, big = _on(dialect, few, contacts), _on(dialect, many, contacts)
        name = f'moving {DUE:,} due runs, {title}: of {many:,} waiting ("floor": of {few:,})'
        results.append(Result(name, shown(big), shown(small), big / small, "<= 2"))
    return results
