"""How often people did what conditions ask about, counted for a whole batch by one query a question."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select

from automation.clock import from_ms, to_ms
from automation.rules.conditions.beside import BesideRefs
from automation.rules.conditions.reachable import load_reachable
from automation.rules.conditions.sql import event_where
from automation.rules.conditions.tree import History, Reachable
from automation.store.entry_moment import happened_since
from automation.store.schema import event
from automation.store.value_tables import value_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from automation.rules.conditions.facts import Facts
    from automation.store.entry_moment import EntryMoment
    from automation.store.value_tables import ColumnKind

Window = tuple[int, int, int, int]
"""Contact id, and the moment since which events count (`EntryMoment`); of `within` and of all time without a number."""

_WINDOW = ("contact_id", "at", "event_id", "arrived")
_BEGINNING = -(2**53)


def load_histories(
    conn: Connection,
    nodes: Sequence[History | Reachable],
    people: Sequence[tuple[int, EntryMoment | None]],
    now: datetime | int,
    zone: ZoneInfo,
    received_by: int | None = None,
    facts: Sequence[Facts] | None = None,
) -> list[dict[History | Reachable, int]]:
    """For each of `people` (contact id, by what they entered or None), the count of each node's events.

    Who is in no run (None) did nothing since the entry. With `received_by`, events that came in later don't count.
    `facts` of each of the people say what references in a `where` stand for; without them it is missing.
    """
    moment = from_ms(now) if isinstance(now, int) else now
    found: list[dict[History | Reachable, int]] = [{} for _ in people]
    for node in dict.fromkeys(nodes):
        if isinstance(node, Reachable):
            reached = load_reachable(conn, node, [contact for contact, _ in people], to_ms(moment))
            for mine, (contact, _) in zip(found, people, strict=True):
                mine[node] = int(contact in reached)
            continue
        beside = BesideRefs.of(node.where)
        values = beside.rows(facts, len(people))
        windows = [
            None if window is None else (*window, *more)
            for window, more in zip(_windows(node, people, moment, zone), values, strict=True)
        ]
        asked = list(dict.fromkeys(window for window in windows if window is not None))
        counts = _count(conn, node, asked, to_ms(moment), received_by, beside)
        for mine, window in zip(found, windows, strict=True):
            mine[node] = counts.get(window, 0) if window is not None else 0
    return found


def _windows(
    node: History, people: Sequence[tuple[int, EntryMoment | None]], now: datetime, zone: ZoneInfo
) -> list[Window | None]:
    if node.since_entry:
        return [None if moment is None else (contact, *moment) for contact, moment in people]
    since = to_ms(node.within.before(now, zone)) if node.within is not None else _BEGINNING
    return [(contact, since, 0, since) for contact, _ in people]


def _count(
    conn: Connection,
    node: History,
    windows: list[tuple[Any, ...]],
    until: int,
    received_by: int | None,
    beside: BesideRefs,
) -> dict[tuple[Any, ...], int]:
    if not windows:
        return {}
    columns: list[tuple[str, ColumnKind]] = [("place", "integer"), *((name, "integer") for name in _WINDOW)]
    rows = [(place, *window) for place, window in enumerate(windows)]
    people = value_table(conn, "people", [*columns, *beside.columns], rows)
    where = node.where
    window = (
        [happened_since(people.c)]  # whatever is there has happened, by whatever clock
        if node.since_entry
        else [event.c.occurred_at >= people.c.at, event.c.occurred_at <= until]
    )
    counted = and_(
        event.c.contact_id == people.c.contact_id,
        event.c.name == node.event,
        *window,
        *([event_where(where, event.c.properties, beside.lookup(people))] if where is not None else []),
        *([event.c.received_at <= received_by] if received_by is not None else []),
    )
    query = select(people.c.place, func.count()).select_from(people.join(event, counted)).group_by(people.c.place)
    return {windows[place]: count for place, count in conn.execute(query)}
