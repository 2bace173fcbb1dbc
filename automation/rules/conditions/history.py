"""How often people did what conditions ask about, counted for a whole batch by one query a question."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, String, and_, bindparam, cast, column, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from automation.clock import from_ms, to_ms
from automation.rules.conditions.sql import event_where
from automation.rules.conditions.tree import History
from automation.store.entry_moment import happened_since
from automation.store.schema import event

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from automation.store.entry_moment import EntryMoment

Window = tuple[int, int, int, int]
"""Contact id, and the moment since which events count (`EntryMoment`); of `within` and of all time without a number."""

_WINDOW = ("contact_id", "at", "event_id", "arrived")
_BEGINNING = -(2**53)


def load_histories(
    conn: Connection,
    nodes: Sequence[History],
    people: Sequence[tuple[int, EntryMoment | None]],
    now: datetime | int,
    zone: ZoneInfo,
    received_by: int | None = None,
) -> list[dict[History, int]]:
    """For each of `people` (contact id, by what they entered or None), the count of each node's events.

    Who is in no run (None) did nothing since the entry. With `received_by`, events that came in later don't count.
    """
    moment = from_ms(now) if isinstance(now, int) else now
    found: list[dict[History, int]] = [{} for _ in people]
    for node in dict.fromkeys(nodes):
        windows = _windows(node, people, moment, zone)
        asked = {window for window in windows if window is not None}
        counts = _count(conn, node, asked, to_ms(moment), received_by)
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
    conn: Connection, node: History, windows: set[Window], until: int, received_by: int | None
) -> dict[Window, int]:
    if not windows:
        return {}
    people = _people(conn, sorted(windows))
    window = (
        [happened_since(people.c)]  # whatever is there has happened, by whatever clock
        if node.since_entry
        else [event.c.occurred_at >= people.c.at, event.c.occurred_at <= until]
    )
    counted = and_(
        event.c.contact_id == people.c.contact_id,
        event.c.name == node.event,
        *window,
        *([event_where(node.where, event.c.properties)] if node.where is not None else []),
        *([event.c.received_at <= received_by] if received_by is not None else []),
    )
    query = select(*people.c, func.count()).select_from(people.join(event, counted)).group_by(*people.c)
    return {(row[0], row[1], row[2], row[3]): row[4] for row in conn.execute(query)}


def _people(conn: Connection, windows: list[Window]) -> Any:
    """The windows as a table of their own, in one or two parameters however many they are."""
    if conn.dialect.name == "sqlite":
        pairs = func.json_each(bindparam(None, json.dumps(windows), String, unique=True)).table_valued("value")
        parts = (cast(func.json_extract(pairs.c.value, f"$[{i}]"), BigInteger) for i in range(len(_WINDOW)))
        return select(*(part.label(name) for part, name in zip(parts, _WINDOW, strict=True))).subquery("people")
    arrays = [bindparam(None, list(values), ARRAY(BigInteger), unique=True) for values in zip(*windows, strict=True)]
    columns = [column(name, BigInteger) for name in _WINDOW]
    return func.unnest(*arrays).table_valued(*columns, name="people").render_derived()
