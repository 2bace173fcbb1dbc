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
from automation.store.schema import event

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

Window = tuple[int, int]  # contact id, and the milliseconds after which events count

_BEGINNING = -(2**53)


def load_histories(
    conn: Connection,
    nodes: Sequence[History],
    people: Sequence[tuple[int, int | None]],
    now: datetime | int,
    zone: ZoneInfo,
    received_by: int | None = None,
) -> list[dict[History, int]]:
    """For each of `people` (contact id, when they entered in milliseconds or None), the count of each node's events.

    Who is in no run (None) did nothing since the entry. What happened in the moment of the entry is not since it.
    With `received_by`, events that came in later don't count.
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
    node: History, people: Sequence[tuple[int, int | None]], now: datetime, zone: ZoneInfo
) -> list[Window | None]:
    if node.since_entry:
        return [(contact, entered) if entered is not None else None for contact, entered in people]
    since = to_ms(node.within.before(now, zone)) - 1 if node.within is not None else _BEGINNING
    return [(contact, since) for contact, _ in people]


def _count(
    conn: Connection, node: History, windows: set[Window], until: int, received_by: int | None
) -> dict[Window, int]:
    if not windows:
        return {}
    people = _people(conn, sorted(windows))
    counted = and_(
        event.c.contact_id == people.c.contact_id,
        event.c.name == node.event,
        event.c.occurred_at > people.c.since,
        event.c.occurred_at <= until,
        *([event_where(node.where, event.c.properties)] if node.where is not None else []),
        *([event.c.received_at <= received_by] if received_by is not None else []),
    )
    query = (
        select(people.c.contact_id, people.c.since, func.count())
        .select_from(people.join(event, counted))
        .group_by(people.c.contact_id, people.c.since)
    )
    return {(contact, since): count for contact, since, count in conn.execute(query)}


def _people(conn: Connection, windows: list[Window]) -> Any:
    """The windows as a table of their own, in one or two parameters however many they are."""
    if conn.dialect.name == "sqlite":
        pairs = func.json_each(bindparam(None, json.dumps(windows), String, unique=True)).table_valued("value")
        first, second = (cast(func.json_extract(pairs.c.value, path), BigInteger) for path in ("$[0]", "$[1]"))
        return select(first.label("contact_id"), second.label("since")).subquery("people")
    arrays = [bindparam(None, list(values), ARRAY(BigInteger), unique=True) for values in zip(*windows, strict=True)]
    parts = (column("contact_id", BigInteger), column("since", BigInteger))
    return func.unnest(*arrays).table_valued(*parts, name="people").render_derived().render_derived()
