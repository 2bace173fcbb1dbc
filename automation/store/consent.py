"""Queries about consent: one row per contact, purpose and channel, the present state."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from automation.store.bulk import insert_rows
from automation.store.lists import fetch, run
from automation.store.schema import consent

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy import Connection

Key = tuple[str, str]
"""(purpose, channel or "*")."""


class ConsentRow(NamedTuple):
    state: str  # granted | denied
    source: str
    changed_at: int


def read_consents(conn: Connection, ids: Collection[int]) -> dict[int, dict[Key, ConsentRow]]:
    """By the id that was asked for; a contact that was merged away gives its survivor's."""
    sql = """SELECT asked.id, c.purpose, c.channel, c.state, c.source, c.changed_at FROM contact AS asked
             JOIN consent AS c ON c.contact_id = coalesce(asked.merged_into, asked.id) WHERE asked.id = ANY(?)"""
    found: dict[int, dict[Key, ConsentRow]] = defaultdict(dict)
    for asked, purpose, channel, state, source, changed_at in fetch(conn, sql, list(ids)) if ids else ():
        found[asked][purpose, channel] = ConsentRow(state, source, changed_at)
    return found


def read_states(conn: Connection, ids: Collection[int]) -> dict[int, dict[Key, str]]:
    """As `read_consents`, the states alone."""
    sql = """SELECT asked.id, c.purpose, c.channel, c.state FROM contact AS asked
             JOIN consent AS c ON c.contact_id = coalesce(asked.merged_into, asked.id) WHERE asked.id = ANY(?)"""
    found: dict[int, dict[Key, str]] = defaultdict(dict)
    for asked, purpose, channel, state in fetch(conn, sql, list(ids)) if ids else ():
        found[asked][purpose, channel] = state
    return dict(found)


def replace_consents(conn: Connection, rows: dict[int, dict[Key, ConsentRow]]) -> None:
    """All consents of each contact."""
    if not rows:
        return
    run(conn, "DELETE FROM consent WHERE contact_id = ANY(?)", list(rows))
    columns = ("contact_id", "purpose", "channel", "state", "source", "changed_at")
    flat = [(id_, *key, row.state, row.source, row.changed_at) for id_, one in rows.items() for key, row in one.items()]
    insert_rows(conn, consent, columns, sorted(flat))


def consent_keys(conn: Connection) -> Iterable[Key]:
    """Every (purpose, channel) that anybody has said something about."""
    return [(row[0], row[1]) for row in fetch(conn, "SELECT DISTINCT purpose, channel FROM consent ORDER BY 1, 2")]
