"""The audit as a chain: every row is hashed with the one before it, so a changed or missing row shows.

Rows are written anywhere in a transaction and get their place at its end (`seal`), under a lock that is the last one
taken and is held only until the commit: places have no gaps, and nobody waits for the lock while holding up others.
Personal data stands only in subject and detail, which go into the chain by a salted digest: they can be erased, and
the chain still holds.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from automation.jsontext import writer
from automation.store.bulk import update_rows
from automation.store.expressions import among
from automation.store.schema import audit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

BEGINNING = "0" * 64
"""What the first row has as the hash before it."""

_UNSEALED = "audit rows of this transaction"
_LOCK = 7205759403792003  # any number that no other lock of ours has
_PAGE = 5000
_LARGEST = 2**63
_canonical = writer(sort_keys=True)


def begin(conn: Connection) -> None:
    """At the start of a transaction: forget what a failed one before it on this connection left to be sealed."""
    conn.info.pop(_UNSEALED, None)


def seal_later(conn: Connection, ids: Iterable[int]) -> None:
    """These rows get their places at the end of the transaction."""
    conn.info.setdefault(_UNSEALED, set()).update(ids)


def seal(conn: Connection) -> None:
    """Give this transaction's rows their places, but for those that a savepoint took back. The last thing it does."""
    ids = conn.info.pop(_UNSEALED, None)
    if not ids:
        return
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
    seq, prev = head(conn)
    columns = (audit.c.id, audit.c.at, audit.c.actor, audit.c.action, audit.c.digest)
    ordered = sorted(ids)
    for start in range(0, len(ordered), _PAGE):
        sealed, page = [], ordered[start : start + _PAGE]
        for row in conn.execute(select(*columns).where(among(audit.c.id, page)).order_by(audit.c.id)):
            seq += 1
            own = hash_of(seq, row.id, row.at, row.actor, row.action, row.digest, prev)
            sealed.append((row.id, seq, prev, own))
            prev = own
        update_rows(conn, audit, ("seq", "prev_hash", "hash"), sealed)


def head(conn: Connection) -> tuple[int, str]:
    """The place and the hash of the newest row."""
    newest = select(audit.c.seq, audit.c.hash).where(audit.c.seq.is_not(None)).order_by(audit.c.seq.desc()).limit(1)
    row = conn.execute(newest).one_or_none()
    return (row.seq, row.hash) if row is not None else (0, BEGINNING)


def digest_of(salt: str, subject: str, detail: str) -> str:
    """`detail` as JSON text."""
    return digest_of_value(salt, subject, json.loads(detail))


def digest_of_value(salt: str, subject: str, detail: Any) -> str:
    return _sha256([salt, subject, _plain(detail)])


def hash_of(seq: int, id_: int, at: int, actor: str, action: str, digest: str | None, prev: str | None) -> str:
    return _sha256([seq, id_, at, actor, action, digest, prev])


def _sha256(value: Any) -> str:
    return hashlib.sha256(_canonical(value).encode()).hexdigest()


def _plain(value: Any) -> Any:
    """Numbers as both databases give them back: PostgreSQL keeps 1e16 as 10000000000000000."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and abs(value) >= _LARGEST:
        return int(float(value))
    return value
