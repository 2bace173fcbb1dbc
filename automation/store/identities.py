"""Queries about identities: who holds a (kind, value), and what a contact holds."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from automation.store.bulk import insert_rows
from automation.store.lists import fetch
from automation.store.schema import identity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from sqlalchemy import Connection

Pair = tuple[str, str]
"""An identity: (kind, normalised value)."""

# Any number that no other advisory lock of ours has.
_MERGE_LOCK = 7_205_759_403_792_001

# Both give the place in the list that was asked for: numbers are cheaper to fetch than the texts themselves.
_OF_KIND_SQLITE = """SELECT v.key + ?, i.contact_id FROM json_each(?) AS v
CROSS JOIN identity AS i ON i.kind = ? AND i.value = v.value"""

_HOLDERS_POSTGRES = """SELECT w.place - 1, i.contact_id
FROM unnest(?::text[], ?::text[]) WITH ORDINALITY AS w(kind, value, place)
JOIN identity AS i ON i.kind = w.kind AND i.value = w.value"""


def holders(conn: Connection, pairs: Iterable[Pair]) -> dict[Pair, int]:
    """The contact of each known identity, in one query."""
    by_kind: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_kind[pair[0]].append(pair)
    listed = [pair for group in by_kind.values() for pair in group]
    if not listed:
        return {}
    if conn.dialect.name == "sqlite":
        rows = fetch(conn, " UNION ALL ".join([_OF_KIND_SQLITE] * len(by_kind)), *_kind_by_kind(by_kind))
    else:
        rows = fetch(conn, _HOLDERS_POSTGRES, [kind for kind, _ in listed], [value for _, value in listed])
    return {listed[place]: contact_id for place, contact_id in rows}


def insert_identities(conn: Connection, owners: Mapping[Pair, int], now_ms: int) -> int:
    """Give each identity to its contact, unless somebody has it; returns how many were written.

    Sorted, so that two transactions that want the same identities wait for each other in the same order.
    """
    rows = [(kind, value, owners[kind, value], now_ms) for kind, value in sorted(owners)]
    return insert_rows(conn, identity, ("kind", "value", "contact_id", "created_at"), rows, skip_existing=True)


def held_by(conn: Connection, ids: Collection[int]) -> dict[int, list[tuple[str, str, int]]]:
    """(kind, value, created_at) of each contact, by kind, the oldest value first."""
    sql = "SELECT contact_id, kind, value, created_at FROM identity WHERE contact_id = ANY(?)"
    held: dict[int, list[tuple[str, str, int]]] = defaultdict(list)
    for contact_id, kind, value, created_at in fetch(conn, sql, list(ids)) if ids else ():
        held[contact_id].append((kind, value, created_at))
    for rows in held.values():
        if len(rows) > 1:
            rows.sort(key=lambda row: (row[0], row[2], row[1]))
    return held


def first_held(conn: Connection, ids: Collection[int]) -> dict[int, dict[str, str]]:
    """{contact: {kind: the oldest value}}.

    Times are only asked for where somebody has two values of one kind: SQLite's index on the contact answers the rest.
    """
    held: dict[int, dict[str, str]] = defaultdict(dict)
    several: set[int] = set()
    sql = "SELECT contact_id, kind, value FROM identity WHERE contact_id = ANY(?)"
    for contact_id, kind, value in fetch(conn, sql, list(ids)) if ids else ():
        mine = held[contact_id]
        if kind in mine:
            several.add(contact_id)
        mine[kind] = value
    for contact_id, identities in held_by(conn, several).items():
        held[contact_id] = {kind: value for kind, value, _ in reversed(identities)}
    return held


def kinds_in_use(conn: Connection) -> list[str]:
    return [row[0] for row in fetch(conn, "SELECT DISTINCT kind FROM identity ORDER BY kind")]


def hold_merging(conn: Connection, *, exclusive: bool) -> None:
    """On PostgreSQL: while anybody resolves, nobody merges, so no row is written for a contact that merges away.

    SQLite has one writer at a time anyway.
    """
    shared = "" if exclusive else "_shared"
    conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock{shared}(%s)", (_MERGE_LOCK,))


def _kind_by_kind(by_kind: Mapping[str, list[Pair]]) -> Iterator[object]:
    offset = 0
    for kind, pairs in by_kind.items():
        yield from (offset, [value for _, value in pairs], kind)
        offset += len(pairs)
