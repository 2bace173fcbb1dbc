"""Queries about identities: who holds a (kind, value), and what a contact holds."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from automation.store.bulk import insert_rows, to_json
from automation.store.lists import run
from automation.store.schema import identity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sqlalchemy import Connection

Pair = tuple[str, str]
"""An identity: (kind, normalised value)."""

# Any number that no other advisory lock of ours has.
_MERGE_LOCK = 7_205_759_403_792_001

_HOLDERS_SQLITE = """
SELECT i.kind, i.value, i.contact_id FROM json_each(?) AS k CROSS JOIN json_each(k.value) AS v
CROSS JOIN identity AS i ON i.kind = k.key AND i.value = v.value"""

_HOLDERS_POSTGRES = """
SELECT i.kind, i.value, i.contact_id FROM unnest(%s::text[], %s::text[]) AS w(kind, value)
JOIN identity AS i ON i.kind = w.kind AND i.value = w.value"""


def holders(conn: Connection, pairs: Iterable[Pair]) -> dict[Pair, int]:
    """The contact of each known identity, in one query."""
    if conn.dialect.name == "sqlite":
        by_kind: dict[str, list[str]] = defaultdict(list)
        for kind, value in pairs:
            by_kind[kind].append(value)
        rows = conn.exec_driver_sql(_HOLDERS_SQLITE, (to_json(by_kind),))
    else:
        kinds, values = _columns(pairs)
        rows = conn.exec_driver_sql(_HOLDERS_POSTGRES, (kinds, values))
    return {(kind, value): contact_id for kind, value, contact_id in rows}


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
    for contact_id, kind, value, created_at in run(conn, sql, list(ids)) if ids else ():
        held[contact_id].append((kind, value, created_at))
    for rows in held.values():
        rows.sort(key=lambda row: (row[0], row[2], row[1]))
    return held


def kinds_in_use(conn: Connection) -> list[str]:
    return [row[0] for row in run(conn, "SELECT DISTINCT kind FROM identity ORDER BY kind")]


def hold_merging(conn: Connection, *, exclusive: bool) -> None:
    """On PostgreSQL: while anybody resolves, nobody merges, so no row is written for a contact that merges away.

    SQLite has one writer at a time anyway.
    """
    shared = "" if exclusive else "_shared"
    conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock{shared}(%s)", (_MERGE_LOCK,))


def _columns(pairs: Iterable[Pair]) -> tuple[Sequence[Any], Sequence[Any]]:
    listed = list(pairs)
    return [kind for kind, _ in listed], [value for _, value in listed]
