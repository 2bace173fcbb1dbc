"""The audit trail: who changed what about a person, and what it was before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import String, cast, literal, select

from automation.clock import salt as new_salt
from automation.store import chain
from automation.store.bulk import allocate_ids, insert_rows, to_json
from automation.store.schema import audit, publication

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from automation.store.types import AnyRow


@dataclass(frozen=True)
class AuditRow:
    """One entry. `action` is `contact.merged` …, `subject` is `contact:42` …"""

    at: int
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any]


def write_audit(conn: Connection, rows: Sequence[AuditRow]) -> None:
    """Append these rows. `conn` is a `Database.write()`, which chains them to those before at its end."""
    ids = allocate_ids(conn, audit, len(rows))
    insert_rows(conn, audit, _COLUMNS, [_values(id_, row) for id_, row in zip(ids, rows, strict=True)])
    chain.seal_later(conn, ids)


def read_audit(conn: Connection, subject: str) -> list[AuditRow]:
    """The entries about one subject, oldest first."""
    query = select(audit).where(audit.c.subject == subject).order_by(audit.c.id)
    return [AuditRow(row.at, row.actor, row.action, row.subject, row.detail) for row in conn.execute(query)]


def list_audit(
    conn: Connection,
    *,
    action: str | None = None,
    subject: str | None = None,
    actor: str | None = None,
    since: int | None = None,
    limit: int = 100,
) -> list[AnyRow]:
    """The newest rows that fit, oldest first. `action` may be its first part: `contact` fits `contact.merged`."""
    query = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if action is not None:
        query = query.where((audit.c.action == action) | audit.c.action.startswith(f"{action}.", autoescape=True))
    for column, wanted in ((audit.c.subject, subject), (audit.c.actor, actor)):
        query = query if wanted is None else query.where(column == wanted)
    query = query if since is None else query.where(audit.c.at >= since)
    return list(reversed(conn.execute(query).all()))


def chained(conn: Connection, after_seq: int, limit: int) -> list[AnyRow]:
    """The next rows of the chain, in its order."""
    query = select(audit).where(audit.c.seq > after_seq).order_by(audit.c.seq).limit(limit)
    return list(conn.execute(query).all())


def unchained(conn: Connection, limit: int) -> list[AnyRow]:
    """Rows without a place in the chain: nothing of ours commits such."""
    return list(conn.execute(select(audit).where(audit.c.seq.is_(None)).order_by(audit.c.id).limit(limit)).all())


def unaudited_publications(conn: Connection, limit: int) -> list[int]:
    """The ids of publications of which no audit row tells."""
    told = select(audit.c.id).where(audit.c.subject == literal("publication:") + cast(publication.c.id, String))
    query = select(publication.c.id).where(~told.exists()).order_by(publication.c.id).limit(limit)
    return list(conn.scalars(query))


def subject_of(contact_id: int) -> str:
    return f"contact:{contact_id}"


_COLUMNS = ("id", "at", "actor", "action", "subject", "detail", "salt", "digest")


def _values(id_: int, row: AuditRow) -> tuple[object, ...]:
    subject, detail, salt = row.subject[:200], to_json(row.detail), new_salt()
    digest = chain.digest_of(salt, subject, detail)
    return (id_, row.at, row.actor[:80], row.action, subject, detail, salt, digest)
