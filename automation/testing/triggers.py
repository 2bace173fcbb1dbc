"""Conformance of a trigger plugin: what the engine relies on, checked from outside.

    from automation.testing.triggers import check_clock_trigger, check_event_trigger

    def test_my_trigger(tmp_path):
        check_clock_trigger(MyTrigger(), MyTrigger.Params(...), databases=[my_database])

Each check raises AssertionError with a sentence that says which promise was broken, and by what.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from automation.catalogue.builtin import builtin
from automation.plugin import check_shape
from automation.testing.sentences import check_sentence
from automation.triggers.base import ClockTrigger, EventTrigger, Firing, Window

if TYPE_CHECKING:
    from automation.catalogue.model import Catalogue
    from automation.store.database import Database

START = datetime(2026, 1, 1, tzinfo=UTC)
ZONES = ("Asia/Shanghai", "America/New_York", "Australia/Lord_Howe")
"""No change of clocks, changes of an hour, changes of half an hour."""


def check_event_trigger(trigger: EventTrigger, params: Any, *, catalogue: Catalogue | None = None) -> None:
    """The shape of the class, its sentence, and that it listens to something. `catalogue` knows what `params` name."""
    check_shape(type(trigger))
    check_sentence(trigger, params, catalogue or builtin())
    names = trigger.names(params)
    assert names, "names() is empty: the trigger would never fire"
    assert len(set(names)) == len(names), f"names() repeats itself: {names}"
    property_name = trigger.people(params)
    assert property_name is None or isinstance(property_name, str), f"people() must name a property: {property_name!r}"


def check_clock_trigger(
    trigger: ClockTrigger,
    params: Any,
    databases: Iterable[Database] = (),
    zones: Sequence[str] = ZONES,
    start: datetime = START,
    firings: int = 400,
    *,
    catalogue: Catalogue | None = None,
) -> None:
    """The shape of the class, its sentence, its firings from `start` on, and its people on each database.

    `catalogue` knows what `params` name.
    """
    check_shape(type(trigger))
    check_sentence(trigger, params, catalogue or builtin())
    assert trigger.missed in ("latest", "all"), f"missed is latest or all, not {trigger.missed!r}"
    for zone in map(ZoneInfo, zones):
        found = check_firings(trigger, params, zone, start, firings)
        for database in databases:
            check_people(trigger, params, zone, found[:2], database)


def check_firings(
    trigger: ClockTrigger, params: Any, zone: ZoneInfo, start: datetime, count: int = 400
) -> list[Firing]:
    """next() goes strictly forward, is a function of its arguments, skips nothing, and never gives a key twice."""
    found = _firings(trigger, params, zone, start, count)
    keys = [firing.key for firing in found]
    assert len(set(keys)) == len(keys), f"a key came twice: {_repeated(keys)}"
    assert all(keys), "a firing has an empty key"
    for previous, firing in zip([start, *(firing.at for firing in found)], found, strict=False):
        _check_between(trigger, params, zone, previous, firing)
    return found


def check_people(
    trigger: ClockTrigger, params: Any, zone: ZoneInfo, firings: Sequence[Firing], database: Database
) -> None:
    """people() runs, gives `contact_id`, at most `key` besides, and names nobody twice."""
    for firing in firings:
        window = Window(since=firing.at - timedelta(days=1), since_event_id=0, active_since=START)
        query = trigger.people(params, zone, firing, window)
        columns = [column.name for column in query.selected_columns]
        assert columns in (["contact_id"], ["contact_id", "key"]), f"people() must select contact_id[, key]: {columns}"
        with database.read() as conn:
            rows = conn.execute(query).all()
        people = [row.contact_id for row in rows]
        assert len(set(people)) == len(people), f"people() names contact {_repeated(people)} twice"
        assert all(isinstance(row[1], str) and row[1] for row in rows if len(row) > 1), "a person's key must be text"


def _firings(trigger: ClockTrigger, params: Any, zone: ZoneInfo, start: datetime, count: int) -> list[Firing]:
    found: list[Firing] = []
    after = start
    while len(found) < count and (firing := _next(trigger, params, zone, after)) is not None:
        found.append(firing)
        after = firing.at
    assert found, f"the trigger never fires after {start}"
    return found


def _next(trigger: ClockTrigger, params: Any, zone: ZoneInfo, after: datetime) -> Firing | None:
    firing = trigger.next(params, zone, after)
    assert trigger.next(params, zone, after) == firing, f"next() gave two answers for the moment {after}"
    if firing is not None:
        assert firing.at.utcoffset() == timedelta(0), f"a firing's moment must be aware and in UTC: {firing.at!r}"
        assert firing.at > after, f"next() must go strictly forward: {firing.at} after {after}"
    return firing


def _check_between(trigger: ClockTrigger, params: Any, zone: ZoneInfo, previous: datetime, firing: Firing) -> None:
    """Asked from anywhere between two firings, the answer is the second one."""
    for after in (previous + (firing.at - previous) / 2, firing.at - timedelta(microseconds=1)):
        found = trigger.next(params, zone, after)
        assert found == firing, f"asked from {after}, next() gives {found}, but asked from {previous} it gives {firing}"


def _repeated(values: Sequence[Any]) -> Any:
    return next(value for value in values if values.count(value) > 1)
