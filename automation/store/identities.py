"""Queries about identities: who holds a (kind, value), and what a contact holds."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from automation.store.bulk import insert_rows
from automation.store.lists import fetch, run_many
from automation.store.schema import identity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

Pair = tuple[str, str]
"""An identity: (kind, normalised value)."""

TYPED = frozenset({"phone", "email"})
"""Kinds that anybody can type into a form; the others are given by a platform or a system."""

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


def insert_identities(conn: Connection, owners: Mapping[Pair, int], now_ms: int, stated_by: str | None = None) -> int:
    """Give each identity to its contact, unless somebody has it; returns how many were written.

    `stated_by`: whose record of the person names it; None where an event mentions it.

    Sorted, so that two transactions that want the same identities wait for each other in the same order.
    """
    stated = (now_ms, stated_by[:200]) if stated_by is not None else (None, None)
    rows = [(kind, value, owners[kind, value], now_ms, *stated) for kind, value in sorted(owners)]
    columns = ("kind", "value", "contact_id", "created_at", "stated_at", "stated_by")
    return insert_rows(conn, identity, columns, rows, skip_existing=True)


def held_by(conn: Connection, ids: Collection[int]) -> dict[int, list[tuple[str, str, int]]]:
    """(kind, value, created_at) of each contact, by kind, the values in the order in which they are used.

    What a record named last comes first; then what only events mention, the oldest first: an order may bear the phone
    of a stranger (docs/decisions/addresses.md).
    """
    return {contact_id: [row[:3] for row in rows] for contact_id, rows in _ranked(conn, ids).items()}


def _ranked(conn: Connection, ids: Collection[int]) -> dict[int, list[tuple[str, str, int, int | None]]]:
    """(kind, value, created_at, stated_at)."""
    sql = "SELECT contact_id, kind, value, created_at, stated_at FROM identity WHERE contact_id = ANY(?)"
    held: dict[int, list[tuple[str, str, int, int | None]]] = defaultdict(list)
    for contact_id, *row in fetch(conn, sql, list(ids)) if ids else ():
        held[contact_id].append((row[0], row[1], row[2], row[3]))
    for rows in held.values():
        if len(rows) > 1:
            rows.sort(key=lambda row: (row[0], -(row[3] or 0), row[2], row[1]))
    return held


class PrimaryIdentities(NamedTuple):
    """What some contacts hold: the value of each kind that is used first, and the further ones where there are any.

    `hearsay`: of the further ones, those that never stand in for the first. Anybody can type them, and no record names
    them: it may be the phone of whoever fetches the order.
    """

    first: Mapping[int, Mapping[str, str]]
    further: Mapping[int, Mapping[str, tuple[str, ...]]]
    hearsay: Mapping[int, frozenset[Pair]]


def primary_identities(conn: Connection, ids: Collection[int]) -> PrimaryIdentities:
    """Times are only asked for where somebody has two values of one kind: SQLite's index on the contact answers the
    rest."""
    held: dict[int, dict[str, str]] = defaultdict(dict)
    several: set[int] = set()
    sql = "SELECT contact_id, kind, value FROM identity WHERE contact_id = ANY(?)"
    for contact_id, kind, value in fetch(conn, sql, list(ids)) if ids else ():
        mine = held[contact_id]
        if kind in mine:
            several.add(contact_id)
        mine[kind] = value
    further: dict[int, dict[str, tuple[str, ...]]] = {}
    hearsay: dict[int, frozenset[Pair]] = {}
    for contact_id, identities in _ranked(conn, several).items():
        ranked: dict[str, list[str]] = defaultdict(list)
        typed: list[Pair] = []
        for kind, value, _, stated_at in identities:
            if kind in TYPED and stated_at is None and kind in ranked:
                typed.append((kind, value))
            ranked[kind].append(value)
        hearsay[contact_id] = frozenset(typed)
        held[contact_id] = {kind: values[0] for kind, values in ranked.items()}
        further[contact_id] = {kind: tuple(values[1:]) for kind, values in ranked.items() if len(values) > 1}
    return PrimaryIdentities(held, further, hearsay)


class Stated(NamedTuple):
    """A value that a contact holds: when a record named it last, and whose."""

    kind: str
    value: str
    stated_at: int | None
    stated_by: str | None


def stated_of(conn: Connection, ids: Collection[int], kinds: Collection[str]) -> dict[int, list[Stated]]:
    """The values of these kinds that each contact holds."""
    sql = "SELECT contact_id, kind, value, stated_at, stated_by FROM identity WHERE contact_id = ANY(?)"
    found: dict[int, list[Stated]] = defaultdict(list)
    for contact_id, *row in fetch(conn, sql, list(ids)) if ids else ():
        if row[0] in kinds:
            found[contact_id].append(Stated(*row))
    return found


def write_statements(conn: Connection, rows: Sequence[tuple[int, str, str, str]]) -> None:
    """Write (stated_at, stated_by, kind, value)."""
    run_many(conn, "UPDATE identity SET stated_at = ?, stated_by = ? WHERE kind = ? AND value = ?", rows)


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
