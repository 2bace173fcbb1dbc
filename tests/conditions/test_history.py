"""Histories: which events count, in one query a question, by the index."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event as listeners
from sqlalchemy import select

from automation.catalogue.model import FieldType
from automation.clock import to_ms
from automation.errors import AutomationError
from automation.rules.conditions.history import load_histories
from automation.rules.conditions.sql import SqlScope, clause, event_where
from automation.rules.conditions.tree import Compare, FieldRef, histories
from automation.store.bulk import insert_rows, to_json
from automation.store.entry_moment import EntryMoment
from automation.store.schema import contact, event
from automation.store.waiting import CameEvent
from tests.conditions.helpers import ZONE, tree
from tests.conftest import NOON

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from automation.store.database import Database

NOW = to_ms(NOON)
DAY = 86_400_000
COLUMNS = ("name", "contact_id", "occurred_at", "received_at", "source", "message_id", "properties")


def happened(conn: Connection, *events: tuple[int, int, dict[str, Any]]) -> None:
    """Orders as (contact, at, properties)."""
    rows = [("order.paid", who, at, at, "test", f"m{n}", to_json(props)) for n, (who, at, props) in enumerate(events)]
    insert_rows(conn, event, COLUMNS, rows)


def counts(conn: Connection, yaml: str, people: Sequence[tuple[int, EntryMoment | None]]) -> list[int]:
    (node,) = histories(tree(yaml))
    return [found[node] for found in load_histories(conn, [node], people, NOON, ZONE)]


def test_a_window_of_days_begins_at_the_same_local_time_and_ends_now(db: Database) -> None:
    with db.read() as conn:
        happened(conn, (1, NOW - 30 * DAY - 1, {}), (1, NOW - 30 * DAY, {}), (1, NOW, {}), (1, NOW + 1, {}))
        assert counts(conn, "- did: {event: order.paid, within: 30d}", [(1, None), (2, None)]) == [2, 0]
        assert counts(conn, "- did: order.paid", [(1, None)]) == [3]


def test_since_entry_counts_for_each_run_by_itself_and_leaves_out_the_entering_event(db: Database) -> None:
    with db.read() as conn:
        happened(conn, (1, NOW - 100, {}), (1, NOW - 50, {}), (2, NOW - 10, {}))
        first, second = EntryMoment.of_event(1, NOW - 100, NOW), EntryMoment.of_event(2, NOW - 50, NOW)
        people = [(1, first), (1, second), (1, EntryMoment.of_event(9, NOW - 200, NOW)), (1, None), (2, first)]
        assert counts(conn, "- did: {event: order.paid, since: entry}", people) == [1, 0, 2, 0, 1]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    events=st.lists(st.tuples(st.integers(-4, 4), st.integers(0, 4)), min_size=1, max_size=6),
    entry=st.tuples(st.integers(0, 7), st.integers(-4, 4), st.integers(0, 4)),
)
def test_python_and_sql_agree_on_what_happened_since_the_entry(
    db: Database, events: list[tuple[int, int]], entry: tuple[int, int, int]
) -> None:
    """Whatever the clocks say: (occurred, received) of the events in the order of their numbers, and of the entry."""
    moment = EntryMoment.of_event(entry[0], NOW + entry[1], NOW + entry[2])
    came = [CameEvent(n, "order.paid", NOW + at, NOW + got, "", None, {}) for n, (at, got) in enumerate(events, 1)]
    with db.read() as conn:  # which keeps nothing
        rows = [(n, "order.paid", 1, at, received, "t", f"{n}", "{}") for n, _, at, received, *_ in came]
        insert_rows(conn, event, ("id", *COLUMNS), rows)
        (counted,) = counts(conn, "- did: {event: order.paid, since: entry}", [(1, moment)])
    assert counted == sum(map(moment.precedes, came))


def test_where_limits_what_counts(db: Database) -> None:
    with db.read() as conn:
        happened(conn, (1, NOW - 3, {"amount": 9900, "sku": "A1"}), (1, NOW - 2, {"amount": 9899}), (1, NOW - 1, {}))
        assert counts(conn, "- did: {event: order.paid, where: {amount: {gte: 99}}}", [(1, None)]) == [1]
        assert counts(conn, "- did: {event: order.paid, where: {sku: {is_not: A1}}}", [(1, None)]) == [2]


def test_a_batch_of_thousands_costs_one_query_a_question(db: Database) -> None:
    nodes = histories(tree("- did: order.paid\n- did_not: {event: coupon.issued, within: 1d}"))
    people = [(number, EntryMoment(NOW, 0, NOW)) for number in range(5_000)]
    statements: list[str] = []
    with db.read() as conn:
        listeners.listen(db.engine, "before_cursor_execute", lambda _c, _u, sql, *_: statements.append(sql))
        found = load_histories(conn, [*nodes, *nodes], people, NOON, ZONE)
    assert len(statements) == 2
    assert len(found) == 5_000
    assert found[0] == dict.fromkeys(nodes, 0)


def test_histories_are_found_by_the_index(sqlite_db: Database) -> None:
    scope = SqlScope(contact.c.id, contact.c.attributes, {}, NOON, ZONE)
    condition = tree("- did: {event: order.paid, within: 3d, at_least: 2}")
    assert condition is not None
    query = select(contact.c.id).where(clause(condition, scope))
    with sqlite_db.read() as conn:
        sql = str(query.compile(conn, compile_kwargs={"literal_binds": True}))
        plan = " ".join(row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}"))
    assert "ix_event_contact (contact_id=? AND name=? AND occurred_at>? AND occurred_at<?)" in plan


def test_a_database_is_not_asked_for_what_no_table_holds(db: Database) -> None:
    scope = SqlScope(contact.c.id, contact.c.attributes, {}, NOON, ZONE)
    condition = tree("- coupon.code: X")
    assert condition is not None
    with pytest.raises(AutomationError, match=r"coupon\.code can't be asked of the database"):
        clause(condition, scope)
    relative = Compare(FieldRef("event", "at", FieldType.DATE), "within_last", timedelta(1), "p")
    with pytest.raises(AutomationError, match="there is no now"):
        event_where(relative, event.c.properties)
