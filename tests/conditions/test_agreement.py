"""The three readings of a condition agree: Python, SQL on both databases, and many fused into one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from automation.catalogue.dates import moment_text
from automation.clock import from_ms, to_ms
from automation.rules.conditions.facts import Facts
from automation.rules.conditions.fused import fuse
from automation.rules.conditions.history import load_histories
from automation.rules.conditions.operators import OPERATORS
from automation.rules.conditions.python import event_predicate, predicate
from automation.rules.conditions.sql import SqlScope, clause, event_where
from automation.rules.conditions.tree import Compare, History, to_load
from automation.store.bulk import insert_rows, to_json
from automation.store.schema import (
    consent,
    contact,
    contact_problem,
    contact_tag,
    event,
    identity,
    suppression,
)
from automation.store.suppression import OUT_OF_REACH
from tests.conditions.random_trees import (
    ATTRIBUTES,
    CHANNELS,
    NOW,
    PROPERTIES,
    SAVED,
    SOURCES,
    UNDECLARED,
    ZONE,
    compares,
    correlated_trees,
    event_trees,
    people,
    refs,
    seen,
    some,
    trees,
    whole_events,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.rules.conditions.tree import Condition
    from automation.store.database import Database

QUICK = [Phase.explicit, Phase.reuse, Phase.generate]  # shrinking a failure on a database takes minutes
THOROUGH = settings(
    max_examples=35,
    deadline=None,
    phases=QUICK,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@THOROUGH
@given(conditions=st.lists(trees(), min_size=5, max_size=12), crowd=st.lists(people(), min_size=3, max_size=8))
def test_predicate_and_sql_agree_on_everybody(db: Database, conditions: list[Condition], crowd: list[Any]) -> None:
    # given people with values missing, of wrong types, equal and unequal
    with db.read() as conn:  # which keeps nothing
        _store(conn, crowd)
        scope = _scope()
        for condition in conditions:
            # when the same condition is asked in SQL and in Python
            rows = conn.execute(select(contact.c.id, clause(condition, scope)).order_by(contact.c.id)).all()
            holds = predicate(condition)
            ids, facts = [(i, None) for i, _ in enumerate(crowd, 1)], [_facts(one, {}) for one in crowd]
            counts = load_histories(conn, to_load(condition), ids, NOW, ZONE, facts=facts)
            said = [holds(_facts(one, count)) for one, count in zip(crowd, counts, strict=True)]
            # then each gives everybody the same answer, and never NULL
            assert [bool(answer) for _, answer in rows] == said, condition
            assert None not in {answer for _, answer in rows}
            # and the clause filters the way it answers
            kept = conn.scalars(select(contact.c.id).where(clause(condition, scope)).order_by(contact.c.id)).all()
            assert kept == [row.id for row, yes in zip(rows, said, strict=True) if yes]


@THOROUGH
@given(
    nodes=st.lists(compares("contact", others=refs("contact")), min_size=10, max_size=20),
    crowd=st.lists(people(), min_size=3, max_size=6),
)
def test_every_negative_is_the_exact_complement(db: Database, nodes: list[Compare], crowd: list[Any]) -> None:
    with db.read() as conn:  # which keeps nothing
        _store(conn, crowd)
        for node in nodes:
            pair = _both_ways(node)
            if pair is None:
                continue
            first, second = (set(conn.scalars(select(contact.c.id).where(clause(one, _scope())))) for one in pair)
            assert first | second == set(range(1, len(crowd) + 1))
            assert not first & second
            for one in crowd:
                facts = _facts(one, {})
                assert predicate(pair[0])(facts) is not predicate(pair[1])(facts)


@settings(max_examples=120, deadline=None, phases=QUICK)
@given(
    wheres=st.lists(st.none() | event_trees(), max_size=12),
    events=st.lists(whole_events(), min_size=1, max_size=6),
)
def test_fused_conditions_match_what_each_matches_alone(wheres: list[Any], events: list[Any]) -> None:
    matches = fuse(wheres)
    alone = [event_predicate(where) if where is not None else None for where in wheres]
    for properties in events:
        expected = [index for index, one in enumerate(alone) if one is None or one(properties)]
        assert list(matches(properties)) == expected


@THOROUGH
@given(
    wheres=st.lists(event_trees(), min_size=5, max_size=10),
    orders=st.lists(st.tuples(some(PROPERTIES), SOURCES, CHANNELS), min_size=3, max_size=6),
)
def test_where_agrees_between_python_and_sql(db: Database, wheres: list[Any], orders: list[Any]) -> None:
    with db.read() as conn:  # which keeps nothing
        _store(conn, [{**_NOBODY, "events": [("order.paid", 1000 + i, *order) for i, order in enumerate(orders)]}])
        for where in wheres:
            query = select(event_where(where, event.c.properties)).select_from(event).order_by(event.c.occurred_at)
            alone = event_predicate(where)
            expected = [alone(seen(order, 1000 + i, *came)) for i, (order, *came) in enumerate(orders)]
            assert [bool(answer) for answer in conn.scalars(query)] == expected, where


@THOROUGH
@given(
    wheres=st.lists(correlated_trees(), min_size=4, max_size=8),
    crowd=st.lists(people(), min_size=2, max_size=5),
    own=st.lists(whole_events(), min_size=5, max_size=5),
    saved=st.lists(some(SAVED), min_size=5, max_size=5),
)
def test_a_where_that_refers_to_the_run_counts_the_events_that_python_says(
    db: Database, wheres: list[Any], crowd: list[Any], own: list[Any], saved: list[Any]
) -> None:
    with db.read() as conn:  # which keeps nothing
        _store(conn, crowd)
        for number, where in enumerate(wheres):
            node = History("order.paid", where, None, False, 1, False, f"p/{number}")
            # when runs of the same people, each with an event of its own, are counted in one batch
            facts = [
                replace(_facts(one, {}), event=event, variables={"made": made})
                for one, event, made in zip(crowd, own, saved, strict=False)
            ]
            ids = [(i, None) for i, _ in enumerate(crowd, 1)]
            counts = load_histories(conn, [node], [*ids, *ids], NOW, ZONE, facts=[*facts, *facts])
            # then each counts those of its person's orders for which Python says the same
            holds = predicate(where)
            expected = [
                sum(
                    name == "order.paid"
                    and at <= to_ms(NOW)
                    and holds(replace(fact, event=seen(order, at, *came), own=fact.event))
                    for name, at, order, *came in one["events"]
                )
                for one, fact in zip(crowd, facts, strict=True)
            ]
            assert [found[node] for found in counts] == [*expected, *expected], where


def test_the_table_is_covered_by_the_random_trees() -> None:
    """Every operator of the table fits a type that the trees use, so none escapes the tests above."""
    types = set(PROPERTIES.values()) | set(ATTRIBUTES.values())
    assert all(row.types & types for row in OPERATORS.values())


_CONSENT = ("contact_id", "purpose", "channel", "state", "source", "changed_at", "given_at", "heard_at")
_NOBODY: dict[str, Any] = {"attributes": {}, "created_at": 0, "tags": (), "phones": (), "events": ()}


def _both_ways(node: Compare) -> tuple[Compare, Compare] | None:
    """A comparison and its complement; None when the table has no complement for it."""
    if node.op == "exists":
        return node, replace(node, value=not node.value)
    negates = OPERATORS[node.op].negates
    return (replace(node, op=negates), node) if negates else None


def _scope() -> SqlScope:
    columns = {"created_at": contact.c.created_at, "updated_at": contact.c.updated_at}
    return SqlScope(contact.c.id, contact.c.attributes, columns, NOW, ZONE)


def _facts(one: dict[str, Any], counts: Any) -> Facts:
    seen = dict(one["attributes"])
    seen |= {"tags": frozenset(one["tags"]), "created_at": moment_text(from_ms(one["created_at"]))}
    if one["phones"]:
        # the one that was stated last; all of one age: the smaller one
        seen["phone"] = min(one["phones"], key=lambda phone: (-(_stated(phone) or 0), phone))
    return Facts(contact=seen, now=to_ms(NOW), zone=ZONE, history=counts)


def _store(conn: Connection, crowd: list[Any]) -> None:
    """The people as rows; contact ids count from 1."""
    contacts, tags, phones, events = [], [], [], []
    for number, one in enumerate(crowd, 1):
        contacts.append((number, to_json(one["attributes"]), one["created_at"], one["created_at"]))
        tags += [(number, tag, 0) for tag in one["tags"]]
        phones += [("phone", f"{phone}", number, 0) for phone in one["phones"] if not _taken(phones, phone)]
        one["phones"] = [value for _, value, owner, _ in phones if owner == number]
        for name, at, properties, source, channel in one["events"]:
            told = source, f"m{len(events)}", channel, to_json(properties | UNDECLARED)
            events.append((name, number, at, at, *told))
    insert_rows(conn, contact, ("id", "attributes", "created_at", "updated_at"), contacts)
    insert_rows(conn, contact_tag, ("contact_id", "tag", "created_at"), tags)
    insert_rows(
        conn,
        consent,
        _CONSENT,
        [
            (number, "marketing", channel, state, source, heard if at is None else at, at, max(heard, at or 0))
            for number, one in enumerate(crowd, 1)
            for channel, state, source, at, heard in one.get("consents", ())
        ],
    )
    insert_rows(
        conn,
        suppression,
        ("contact_id", "address", "channel", "reason", "created_at", "until"),
        [
            (number if address is None else None, address, channel, _reason(address, until), 0, until)
            for number, one in enumerate(crowd, 1)
            for address, channel, until in one.get("suppressions", ())
        ],
    )
    insert_rows(conn, contact_problem, ("contact_id", "channel", "code", "value", "at"), [
        (number, channel, "21211", address, 0)
        for number, one in enumerate(crowd, 1) for channel, address in one.get("wrong", ())
    ])  # fmt: skip
    stated = [(*row, _stated(row[1])) for row in phones]
    insert_rows(conn, identity, ("kind", "value", "contact_id", "created_at", "stated_at"), stated)
    columns = ("name", "contact_id", "occurred_at", "received_at", "source", "message_id", "channel", "properties")
    insert_rows(conn, event, columns, events)


def _stated(phone: str) -> int | None:
    """When a record named it, if one did."""
    return (None, 5, 9)[sum(map(ord, phone)) % 3]


def _reason(address: str | None, until: int | None) -> str:
    """Out of reach for a while, or a no."""
    return f"{OUT_OF_REACH}43004" if address is not None and until is not None else "test"


def _taken(phones: list[Any], phone: str) -> bool:
    return any(value == phone for _, value, _, _ in phones)
