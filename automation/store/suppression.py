"""Queries about suppressions: contacts and addresses that are sent nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from automation.store.bulk import insert_rows
from automation.store.lists import fetch, run, run_many
from automation.store.schema import suppression
from automation.store.sealing import erasure_key, seal

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection

OUT_OF_REACH = "provider:not_reachable:"
"""How reasons begin that are about an address for a while, and no word of the person."""

# No LIMIT and no OR: each half is one index range.
_ACTIVE = """
SELECT s.id, asked.id, NULL, s.channel, s.reason, s.created_at, s.until, s.source FROM contact AS asked
JOIN suppression AS s ON s.contact_id = coalesce(asked.merged_into, asked.id)
WHERE asked.id = ANY(?) AND (s.until IS NULL OR s.until > ?)
UNION ALL
SELECT s.id, NULL, s.address, s.channel, s.reason, s.created_at, s.until, s.source FROM suppression AS s
WHERE s.address = ANY(?) AND (s.until IS NULL OR s.until > ?)
ORDER BY 1"""


@dataclass(frozen=True, slots=True)
class SuppressionRow:
    """`contact_id` or `address`; `channel` may be "*"; `until` None is for ever."""

    id: int
    contact_id: int | None
    address: str | None
    channel: str
    reason: str
    created_at: int
    until: int | None
    source: str = ""


def active_suppressions(
    conn: Connection, ids: Collection[int], addresses: Collection[str], now_ms: int
) -> list[SuppressionRow]:
    """What holds now for these contacts (by the id asked for, also when merged away) or addresses.

    An address of somebody who was erased is on the list as a keyed hash; it comes back as it was asked for.
    """
    key = erasure_key(conn) if addresses else None
    sealed = {seal(key, address): address for address in addresses} if key is not None else {}
    rows = fetch(conn, _ACTIVE, list(ids), now_ms, [*addresses, *sealed], now_ms)
    return [SuppressionRow(row[0], row[1], sealed.get(row[2], row[2]), *row[3:]) for row in rows]


def suppressions_of(conn: Connection, contact_id: int, addresses: Collection[str]) -> list[SuppressionRow]:
    """All that there ever were and were not lifted, of one contact and its addresses."""
    return active_suppressions(conn, [contact_id], addresses, -1)


def page_of_suppressions(
    conn: Connection, now_ms: int, *, after: int = 0, channel: str | None = None, limit: int = 1000
) -> list[SuppressionRow]:
    """What holds now, in the order in which it was put there; the row that only holds a key is none of them."""
    sql = """SELECT id, contact_id, address, channel, reason, created_at, until, source FROM suppression
             WHERE id > ? AND coalesce(contact_id, -1) <> 0 AND (until IS NULL OR until > ?)
             AND (? = '' OR channel = ?) ORDER BY id LIMIT ?"""
    rows = fetch(conn, sql, after, now_ms, channel or "", channel or "", limit)
    return [SuppressionRow(*row) for row in rows]


def insert_suppressions(conn: Connection, rows: Sequence[SuppressionRow]) -> None:
    columns = ("contact_id", "address", "channel", "reason", "created_at", "until", "source")
    values = [(r.contact_id, r.address, r.channel, r.reason, r.created_at, r.until, r.source) for r in rows]
    insert_rows(conn, suppression, columns, values)


def extend_suppressions(conn: Connection, until: Sequence[tuple[int | None, int]]) -> None:
    """(new until, id) of each row."""
    run_many(conn, "UPDATE suppression SET until = ? WHERE id = ?", until)


def delete_suppressions(conn: Connection, ids: Collection[int]) -> None:
    if ids:
        run(conn, "DELETE FROM suppression WHERE id = ANY(?)", list(ids))
