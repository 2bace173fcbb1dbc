"""The audit trail: who changed what about a person, and what it was before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from automation.store.bulk import insert_rows, to_json
from automation.store.schema import audit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection


@dataclass(frozen=True)
class AuditRow:
    """One entry. `action` is `contact.merged` …, `subject` is `contact:42` …"""

    at: int
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any]


def write_audit(conn: Connection, rows: Sequence[AuditRow]) -> None:
    columns = ("at", "actor", "action", "subject", "detail")
    insert_rows(
        conn, audit, columns, [(r.at, r.actor[:80], r.action, r.subject[:200], to_json(r.detail)) for r in rows]
    )


def read_audit(conn: Connection, subject: str) -> list[AuditRow]:
    """The entries about one subject, oldest first."""
    query = select(audit).where(audit.c.subject == subject).order_by(audit.c.id)
    return [AuditRow(row.at, row.actor, row.action, row.subject, row.detail) for row in conn.execute(query)]


def subject_of(contact_id: int) -> str:
    return f"contact:{contact_id}"
