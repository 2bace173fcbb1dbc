"""Queries about consent: one row per contact, purpose and channel, the present state; and what sources said before."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from automation.store.bulk import insert_rows
from automation.store.lists import fetch, run, run_many
from automation.store.schema import consent, undated_denial

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from sqlalchemy import Connection

Key = tuple[str, str]
"""(purpose, channel or "*")."""

Memory: TypeAlias = tuple[int, str, str, str]
"""(contact id, purpose, channel or "*", source) of a no that came without a date."""

Noes: TypeAlias = "dict[tuple[str, str, str], int]"
"""{(purpose, channel or "*", source): when we heard of it} of one contact's noes that came without a date."""

_COLUMNS = ("contact_id", "purpose", "channel", "state", "source", "changed_at", "given_at", "heard_at")


class ConsentRow(NamedTuple):
    """An answer, in milliseconds UTC. `changed_at` is `given_at` where that is known, else `heard_at`."""

    state: str  # granted | denied
    source: str
    changed_at: int
    given_at: int | None  # when the person gave it
    heard_at: int  # when we heard of it


def read_consents(conn: Connection, ids: Collection[int]) -> dict[int, dict[Key, ConsentRow]]:
    """By the id that was asked for; a contact that was merged away gives its survivor's."""
    sql = """SELECT asked.id, c.purpose, c.channel, c.state, c.source, c.changed_at, c.given_at, c.heard_at
             FROM contact AS asked
             JOIN consent AS c ON c.contact_id = coalesce(asked.merged_into, asked.id) WHERE asked.id = ANY(?)"""
    found: dict[int, dict[Key, ConsentRow]] = defaultdict(dict)
    for asked, purpose, channel, *answer in fetch(conn, sql, list(ids)) if ids else ():
        found[asked][purpose, channel] = ConsentRow(*answer)
    return found


def replace_consents(conn: Connection, rows: dict[int, dict[Key, ConsentRow]]) -> None:
    """All consents of each contact."""
    if not rows:
        return
    run(conn, "DELETE FROM consent WHERE contact_id = ANY(?)", list(rows))
    insert_rows(
        conn, consent, _COLUMNS, sorted((id_, *key, *row) for id_, one in rows.items() for key, row in one.items())
    )


def consent_keys(conn: Connection) -> Iterable[Key]:
    """Every (purpose, channel) that anybody has said something about."""
    return [(row[0], row[1]) for row in fetch(conn, "SELECT DISTINCT purpose, channel FROM consent ORDER BY 1, 2")]


def undated_denials(conn: Connection, ids: Collection[int], sources: Collection[str]) -> set[Memory]:
    """What these sources last said of these contacts, where it was a no without a date."""
    sql = "SELECT contact_id, purpose, channel, source FROM undated_denial WHERE contact_id = ANY(?)"
    found = {(row[0], row[1], row[2], row[3]) for row in fetch(conn, sql, list(ids))}
    return {memory for memory in found if memory[3] in sources}


def read_noes(conn: Connection, ids: Collection[int]) -> dict[int, Noes]:
    """What sources last said of each of these contacts, where it was a no without a date."""
    sql = "SELECT contact_id, purpose, channel, source, heard_at FROM undated_denial WHERE contact_id = ANY(?)"
    found: dict[int, Noes] = {id_: {} for id_ in ids}
    for id_, *memory, heard_at in fetch(conn, sql, list(ids)):
        found[id_][memory[0], memory[1], memory[2]] = heard_at
    return found


def replace_noes(conn: Connection, noes: Mapping[int, Noes]) -> None:
    """All that is remembered of each contact."""
    run(conn, "DELETE FROM undated_denial WHERE contact_id = ANY(?)", list(noes))
    remember(conn, {(id_, *memory): at for id_, some in noes.items() for memory, at in some.items()}, ())


def remember(conn: Connection, said: Mapping[Memory, int], taken_back: Collection[Memory]) -> None:
    """Write down the noes that sources said now (with when), and forget those that they took back."""
    if taken_back:
        run_many(conn, _FORGET, sorted(taken_back))
    columns = ("contact_id", "purpose", "channel", "source", "heard_at")
    insert_rows(conn, undated_denial, columns, sorted((*memory, at) for memory, at in said.items()), skip_existing=True)


_FORGET = "DELETE FROM undated_denial WHERE contact_id = ? AND purpose = ? AND channel = ? AND source = ?"
