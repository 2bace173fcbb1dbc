"""Events: written once, recognised when they come again, read back by id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import func, select

from automation.store.bulk import allocate_ids, insert_rows, to_json
from automation.store.expressions import among
from automation.store.lists import fetch, read_object
from automation.store.schema import event, event_time

if TYPE_CHECKING:
    from sqlalchemy import Connection

_COLUMNS = (
    "id", "name", "contact_id", "occurred_at", "source", "message_id", "channel", "properties", "received_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event ready to be stored. `properties` are normalised; (occurred_at, source, message_id) is its identity."""

    name: str
    contact_id: int | None
    occurred_at: int  # milliseconds UTC
    source: str
    message_id: str
    properties: Mapping[str, Any]
    channel: str | None = None


def store_events(conn: Connection, rows: Sequence[tuple[Any, ...]], received_at: int) -> list[int | None]:
    """Store rows of (name, contact_id, occurred_at, source, message_id, channel, properties as JSON text).

    Returns each row's new id, or None where the event was there already (or earlier among the rows).
    """
    ids = allocate_ids(conn, event, len(rows))
    full = [(id_, *row, received_at) for id_, row in zip(ids, rows, strict=True)]
    written = insert_rows(conn, event, _COLUMNS, full, skip_existing=True)
    if written == len(rows):
        return list(ids)
    here = set(conn.scalars(select(event.c.id).where(among(event.c.id, ids))))
    return [id_ if id_ in here else None for id_ in ids]


def store_new_events(conn: Connection, events: Sequence[NewEvent], received_at: int) -> list[int | None]:
    """`store_events` for events made by the engine itself."""
    rows = [
        (e.name, e.contact_id, e.occurred_at, e.source, e.message_id, e.channel, to_json(dict(e.properties)))
        for e in events
    ]
    return store_events(conn, rows, received_at)


def settle_times(conn: Connection, untimed: Sequence[tuple[str, str]], now: int) -> dict[tuple[str, str], int]:
    """The time of events that came without one: `now` the first time, the same time whenever they come again."""
    if not untimed:
        return {}
    rows = [(source, message_id, now) for source, message_id in dict.fromkeys(untimed)]
    fresh = insert_rows(conn, event_time, ("source", "message_id", "occurred_at"), rows, skip_existing=True)
    if fresh == len(rows):
        return dict.fromkeys(untimed, now)
    return remembered_times(conn, [row[:2] for row in rows])


def remembered_times(conn: Connection, untimed: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The times that were given to such events before; those that never came are absent."""
    if not untimed:
        return {}
    known = _KNOWN_SQLITE if conn.dialect.name == "sqlite" else _KNOWN_POSTGRES
    pairs = [to_json(list(untimed))] if conn.dialect.name == "sqlite" else [
        [source for source, _ in untimed], [message_id for _, message_id in untimed],
    ]  # fmt: skip
    return {(source, message_id): occurred_at for source, message_id, occurred_at in fetch(conn, known, *pairs)}


def stored_before(conn: Connection, keys: Sequence[tuple[int, str, str]]) -> set[tuple[int, str, str]]:
    """Those of these (occurred_at, source, message_id) that are the identity of a stored event."""
    if not keys:
        return set()
    if conn.dialect.name == "sqlite":
        return set(fetch(conn, _STORED_SQLITE, to_json(keys)))
    times, sources, ids = ([key[part] for key in keys] for part in range(3))
    return set(fetch(conn, _STORED_POSTGRES, times, sources, ids))


def contact_of_event(conn: Connection, occurred_at: int, source: str, message_id: str) -> int | None:
    """Whose the stored event with this identity is, as it stands there; None: nobody's, or there is none."""
    sql = "SELECT contact_id FROM event WHERE occurred_at = ? AND source = ? AND message_id = ?"
    found = fetch(conn, sql, occurred_at, source, message_id)
    return found[0][0] if found else None


_STORED_SQLITE = """SELECT e.occurred_at, e.source, e.message_id FROM json_each(?) AS v CROSS JOIN event AS e
ON e.occurred_at = json_extract(v.value, '$[0]') AND e.source = json_extract(v.value, '$[1]')
AND e.message_id = json_extract(v.value, '$[2]')"""
_STORED_POSTGRES = """SELECT e.occurred_at, e.source, e.message_id
FROM unnest(?::bigint[], ?::text[], ?::text[]) AS v(occurred_at, source, message_id)
JOIN event AS e ON e.occurred_at = v.occurred_at AND e.source = v.source AND e.message_id = v.message_id"""


_KNOWN_SQLITE = """SELECT t.source, t.message_id, t.occurred_at FROM json_each(?) AS v CROSS JOIN event_time AS t
ON t.source = json_extract(v.value, '$[0]') AND t.message_id = json_extract(v.value, '$[1]')"""
_KNOWN_POSTGRES = """SELECT t.source, t.message_id, t.occurred_at
FROM unnest(?::text[], ?::text[]) AS v(source, message_id)
JOIN event_time AS t ON t.source = v.source AND t.message_id = v.message_id"""


class PastEvent(NamedTuple):
    """An event that was stored before."""

    id: int
    name: str
    contact_id: int | None
    occurred_at: int
    received_at: int
    source: str
    channel: str | None
    properties: Mapping[str, Any]


_PAST = PastEvent._fields


def load_events(conn: Connection, ids: Sequence[int]) -> dict[int, PastEvent]:
    """Events by id; absent ones are gone."""
    if not ids:
        return {}
    sql = """SELECT id, name, contact_id, occurred_at, received_at, source, channel, properties FROM event
             WHERE id = ANY(?)"""
    found = fetch(conn, sql, list(ids))
    return {row[0]: PastEvent._make((*row[:-1], read_object(row[-1]))) for row in found}


def newest_events(conn: Connection, contact_id: int, names: Sequence[str], limit: int) -> list[PastEvent]:
    """A contact's events with these names, the newest first."""
    found = select(*(event.c[name] for name in _PAST)).where(event.c.contact_id == contact_id, event.c.name.in_(names))
    rows = conn.execute(found.order_by(event.c.occurred_at.desc(), event.c.id.desc()).limit(limit))
    return [PastEvent(*row) for row in rows]


def page_of_past(
    conn: Connection, names: Sequence[str], after: tuple[int, int], last_id: int, limit: int
) -> list[PastEvent]:
    """Events with these names beyond (occurred_at, id), up to the id `last_id`, in the order in which they happened."""
    at, id_ = after
    query = select(*(event.c[name] for name in _PAST)).where(
        event.c.occurred_at >= at,
        (event.c.occurred_at > at) | (event.c.id > id_),
        event.c.name.in_(names),
        event.c.id <= last_id,
    )
    rows = conn.execute(query.order_by(event.c.occurred_at, event.c.id).limit(limit))
    return [PastEvent(*row) for row in rows]


def last_event_id(conn: Connection) -> int:
    """The highest event id so far; 0 when there is none."""
    return conn.scalar(select(func.max(event.c.id))) or 0
