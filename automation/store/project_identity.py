"""The project that a database belongs to: one row, once a project with an identity has run on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, inspect, select

from automation.store.audit import AuditRow, write_audit
from automation.store.bulk import insert_rows
from automation.store.schema import project_identity, rule

if TYPE_CHECKING:
    from sqlalchemy import Connection


def owner_of(conn: Connection) -> str | None:
    """Whose database it is; None while no project with an identity has run on it, or its tables are older."""
    if not inspect(conn).has_table(project_identity.name):
        return None
    return conn.scalar(select(project_identity.c.project_id))


def set_owner(conn: Connection, project_id: str, actor: str, now: int, before: str | None = None) -> None:
    """The database belongs to this project from now on; with an audit row."""
    conn.execute(delete(project_identity))
    row = (1, project_id, now, actor[:80])
    if insert_rows(conn, project_identity, ("id", "project_id", "at", "actor"), [row], skip_existing=True):
        write_audit(conn, [AuditRow(now, actor, "project.adopted", f"project:{project_id}", {"before": before})])


def rules_inside(conn: Connection) -> list[str]:
    """The ids of all rules that have run here and are not gone for good."""
    here = rule.c.version_id.is_not(None), (rule.c.status != "removed") | rule.c.leaves_at.is_not(None)
    return list(conn.scalars(select(rule.c.key).where(*here).order_by(rule.c.key)))
