"""People whom one event named all at once, more than the rule may reach: they wait until somebody approves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select, update

from automation.store.bulk import insert_rows
from automation.store.lists import named_rows
from automation.store.schema import event, pending_entry, rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection

    from automation.store.types import AnyRow

HELD, WAITING = "held", "waiting"
_COLUMNS = ("event_id", "rule_id", "contact_id", "rule_version_id", "due_at", "status")


def hold_entries(conn: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Store (event_id, rule_id, contact_id, rule_version_id, due_at) until somebody decides."""
    insert_rows(conn, pending_entry, _COLUMNS, [(*row, HELD) for row in rows], skip_existing=True)


def list_held_entries(conn: Connection) -> list[AnyRow]:
    """event_id, rule_id, rule (its key), rule_version_id, people (how many), at (of the event), the oldest first."""
    e = pending_entry.c
    query = (
        select(
            e.event_id, e.rule_id, rule.c.key.label("rule"), func.max(e.rule_version_id).label("rule_version_id"),
            func.count().label("people"), func.min(event.c.occurred_at).label("at"),
        )
        .join_from(pending_entry, rule, rule.c.id == e.rule_id)
        .join(event, event.c.id == e.event_id)
        .where(e.status == HELD)
        .group_by(e.event_id, e.rule_id, rule.c.key)
        .order_by(e.event_id, e.rule_id)
    )  # fmt: skip
    return list(conn.execute(query))


def release_entries(conn: Connection, event_id: int, rule_id: int) -> int:
    """Let them be decided when they are due; returns how many."""
    return conn.execute(update(pending_entry).where(*_theirs(event_id, rule_id)).values(status=WAITING)).rowcount


def drop_entries(conn: Connection, event_id: int, rule_id: int) -> list[AnyRow]:
    """Take them away; returns the rows."""
    theirs = _theirs(event_id, rule_id)
    rows = named_rows(conn, select(pending_entry).where(*theirs).with_for_update())
    conn.execute(delete(pending_entry).where(*theirs))
    return rows


def _theirs(event_id: int, rule_id: int) -> tuple[ColumnElement[bool], ...]:
    e = pending_entry.c
    return e.event_id == event_id, e.rule_id == rule_id, e.status == HELD
