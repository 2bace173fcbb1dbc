"""What stays of an erased person's addresses and event ids: a keyed hash, which is recognised but can't be read back.

The key is drawn at the first erasure and lies in the suppression list itself, as the row of contact 0, so that it is
wherever the hashes are. Without that row nobody was ever erased, and nothing is hashed or looked up.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from automation.clock import token
from automation.store.bulk import insert_rows
from automation.store.lists import fetch, run
from automation.store.schema import suppression

if TYPE_CHECKING:
    from sqlalchemy import Connection

ERASED = "erased"
"""The reason of a suppression that an erasure left."""
_MARK = "erased:"
_KEEPER, _RENAMED = 0, "ids"
_DIGITS = 40


def seal(key: str, text: str) -> str:
    """`erased:` and 40 hexadecimal digits; the same for the same text, in whatever case it is written."""
    return _MARK + hmac.new(key.encode(), text.lower().encode("utf-8", "replace"), "sha256").hexdigest()[:_DIGITS]


def is_sealed(text: str) -> bool:
    return text.startswith(_MARK)


def erasure_key(conn: Connection) -> str | None:
    """None while nobody was ever erased."""
    rows = fetch(conn, "SELECT address FROM suppression WHERE contact_id = ? ORDER BY id", _KEEPER)
    return str(rows[0][0]) if rows else None


def note_renamed(conn: Connection) -> None:
    """An event of somebody who was not erased has a sealed id: every event that comes is compared from now on."""
    run(conn, "UPDATE suppression SET channel = ? WHERE contact_id = ?", _RENAMED, _KEEPER)


def any_renamed(conn: Connection) -> bool:
    return bool(fetch(conn, "SELECT 1 FROM suppression WHERE contact_id = ? AND channel = ?", _KEEPER, _RENAMED))


def make_erasure_key(conn: Connection, now: int) -> str:
    """The key, drawn now if this is the first erasure. Whoever calls it holds the lock on merging."""
    known = erasure_key(conn)
    if known is not None:
        return known
    made = token("0123456789abcdef", 64)
    columns = ("contact_id", "address", "channel", "reason", "created_at")
    insert_rows(conn, suppression, columns, [(_KEEPER, made, "-", "erasure key", now)])
    return made
