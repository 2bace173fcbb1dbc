"""What is wrong with a person's address or field: one row per contact, channel and value, until the value is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from automation.channels import CHANNELS
from automation.store.contacts import survivors
from automation.store.lists import fetch, run_many

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import Connection

EVERY_CHANNEL = "*"
TIMEZONE, DO_NOT_DISTURB = QUIET_FIELDS = ("timezone", "do_not_disturb")
"""Fields, and the codes, of a time zone that doesn't exist and of windows that nobody can read; they hold back on every
channel."""

_UPSERT = """
INSERT INTO contact_problem (contact_id, channel, code, value, at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (contact_id, channel, value) DO UPDATE SET code = excluded.code, at = excluded.at
WHERE contact_problem.code <> excluded.code"""

_LOAD = """
SELECT asked.id, p.channel, p.code, p.value, p.at FROM contact AS asked
JOIN contact_problem AS p ON p.contact_id = coalesce(asked.merged_into, asked.id) WHERE asked.id = ANY(?)"""


ProblemKey = tuple[int, str, str]
"""(contact id, channel, value)."""
_LONGEST = 320


class Problem(NamedTuple):
    """`value` is the address (or field) as it was; the person's present value counts only while it is the same.

    `code` says what is wrong: `address`, `timezone`, `do_not_disturb`, or the word of the provider that refused
    it for good.
    """

    contact_id: int
    channel: str  # or "*" for all
    code: str
    value: str
    at: int  # milliseconds UTC


def note_problems(conn: Connection, rows: Sequence[Problem]) -> None:
    """Write them down; a later one replaces what was known of the contact's value on that channel.

    A contact that was merged away gives its problem to its survivor. The contacts should be locked.
    """
    if not rows:
        return
    today = survivors(conn, {row.contact_id for row in rows})
    latest = {
        (today[row.contact_id], row.channel, row.value[:_LONGEST]): (row.code[:80], row.at)
        for row in rows
        if row.contact_id in today
    }
    run_many(
        conn,
        _UPSERT,
        [(contact, channel, code, value, at) for (contact, channel, value), (code, at) in sorted(latest.items())],
    )


def load_problems(conn: Connection, ids: Collection[int]) -> dict[ProblemKey, Problem]:
    """What was noted of these contacts (by the id asked for), in one query.

    A problem counts only for its value: one with an address that somebody has no more is over.
    """
    rows = fetch(conn, _LOAD, list(ids)) if ids else []
    return {(row[0], row[1], row[3]): Problem(*row) for row in rows}


def clear_problems(conn: Connection, keys: Collection[ProblemKey]) -> None:
    """Forget what is over."""
    sql = """DELETE FROM contact_problem WHERE channel = ? AND value = ?
             AND contact_id = (SELECT coalesce(merged_into, id) FROM contact WHERE id = ?)"""
    run_many(conn, sql, [(channel, value, contact_id) for contact_id, channel, value in sorted(keys)])


def list_problems(conn: Connection, *, channel: str | None = None, limit: int = 100) -> list[Problem]:
    """The newest that hold somebody back today, the newest first."""
    chosen = "AND p.channel = ?" if channel is not None else ""
    params = [channel] if channel is not None else []
    sql = f"SELECT p.contact_id, p.channel, p.code, p.value, p.at {_PRESENT} {chosen} ORDER BY p.at DESC, 1, 2 LIMIT ?"
    return [Problem(*row) for row in _ask(conn, sql, *params, limit)]


def count_problems(conn: Connection) -> Mapping[tuple[str, str], int]:
    """How many people each (channel, code) holds back today; a changed address doesn't count any more."""
    sql = f"SELECT p.channel, p.code, count(*) {_PRESENT} GROUP BY p.channel, p.code ORDER BY 1, 2"
    return {(channel, code): count for channel, code, count in _ask(conn, sql)}


def _ask(conn: Connection, sql: str, *params: Any) -> list[tuple[Any, ...]]:
    postgres = conn.dialect.name == "postgresql"
    field = "c.attributes ->> p.code" if postgres else "json_extract(c.attributes, '$.' || p.code)"
    return fetch(conn, sql.replace("{field}", field), *params)


_KINDS = " ".join(f"WHEN '{c.name}' THEN '{c.identity}'" for c in CHANNELS.values() if c.identity is not None)
_PRESENT = f"""FROM contact_problem AS p WHERE CASE p.channel
WHEN '*' THEN EXISTS (SELECT 1 FROM contact AS c WHERE c.id = p.contact_id AND {{field}} = p.value)
ELSE EXISTS (SELECT 1 FROM identity AS i WHERE i.contact_id = p.contact_id AND i.value = p.value
             AND i.kind = CASE p.channel {_KINDS} END) END"""
