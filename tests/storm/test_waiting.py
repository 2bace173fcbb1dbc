"""People who wait cost an index entry each: whoever looks for those who are due reads no others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from automation.clock import to_ms
from automation.store.database import Database
from automation.store.messages import claim_queued, due_channels, expired_leases
from automation.store.runs import claim_due, next_due
from tests.engine.world import World

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
WAITING = 20_000
MANY = {
    "sqlite": "WITH RECURSIVE s(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM s WHERE n <= {n})",
    "postgresql": "WITH s(n) AS (SELECT generate_series(2, {n} + 1))",
}
COPY = """INSERT INTO run (id, "key", rule_id, rule_version_id, contact_id, status, position, due_at, variables,
entered_at, visit) {many} SELECT n, 'e' || n, rule_id, rule_version_id, contact_id, status, position, due_at + n,
variables, entered_at, visit FROM s CROSS JOIN run WHERE run.id = 1"""


@pytest.fixture
def w(db: Database, tmp_path: Path) -> Iterator[World]:
    """One who waits, as the engine wrote it, and very many more of the kind."""
    made = World(tmp_path / "project", db, RULES)
    made.person("M1", phone="13800138001")
    made.event("order.paid", "M1", amount=1)
    made.run()
    with db.write() as conn:
        conn.exec_driver_sql(COPY.format(many=MANY[db.dialect].format(n=WAITING)))
    if not db.is_sqlite:
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.exec_driver_sql("ANALYZE run")
    yield made
    made.engine.close()


@contextmanager
def listening(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """What is asked of the database inside."""
    heard: list[tuple[str, Any]] = []

    def hear(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        heard.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(database.engine, "before_cursor_execute", hear)


def plan(database: Database, statement: str, parameters: Any) -> str:
    how = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
    with database.read() as conn:
        return "\n".join(str(row[-1]) for row in conn.exec_driver_sql(how + statement, parameters))


def test_who_is_due_is_found_by_the_index_alone(w: World) -> None:
    now = to_ms(w.clock.now())
    asked: dict[str, list[Callable[[Any], Any]]] = {
        "ix_run_due": [lambda conn: claim_due(conn, now, 1000), next_due],
        "ix_message_due": [lambda conn: claim_queued(conn, "sms", now, 1000), lambda conn: due_channels(conn, now)],
        "ix_message_lease": [lambda conn: expired_leases(conn, now, 500)],
    }
    for index, questions in asked.items():
        for question in questions:
            with w.database.write() as conn, listening(w.database) as heard:
                question(conn)
            ((statement, parameters),) = [one for one in heard if "SELECT" in one[0]]
            found = plan(w.database, statement, parameters)
            if index == "ix_run_due" or w.database.is_sqlite:  # PostgreSQL reads an empty table as it stands
                assert index in found, found
                assert "SCAN run\n" not in found + "\n"
                assert "Seq Scan" not in found
            assert "TEMP B-TREE" not in found  # nothing is sorted
            assert "Sort" not in found or index != "ix_run_due", found


def test_those_who_are_due_are_moved_and_no_others(w: World) -> None:
    # given twenty thousand who wait, of whom the first are due
    w.clock.set(w.clock.now().replace(year=2026, month=8, day=31))
    assert w.engine.advance(1000) == 1
    w.clock.set(w.clock.now().replace(microsecond=500_000))
    moved = w.engine.advance(1000)
    # then as many as are due were moved, and the rest waits on
    assert 0 < moved < 1000
    with w.database.read() as conn:
        left = conn.exec_driver_sql("SELECT count(*) FROM run WHERE status = 'active'").scalar_one()
    assert left == WAITING - moved
