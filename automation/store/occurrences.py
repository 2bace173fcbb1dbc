"""Occurrences of clock triggers: rows that remember how far they got."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import literal, select, update

from automation.store.bulk import insert_rows
from automation.store.expressions import constant
from automation.store.schema import occurrence

if TYPE_CHECKING:
    from sqlalchemy import Connection, Select

    from automation.store.types import AnyRow

_COLUMNS = (
    "key", "rule_id", "rule_version_id", "due_at", "since", "since_event_id", "status", "cursor", "looked_at",
    "entered", "skipped", "finished_at",
)  # fmt: skip


def open_occurrence(
    conn: Connection,
    *,
    key: str,
    rule_id: int,
    rule_version_id: int,
    due_at: int,
    since: int,
    since_event_id: int,
    missed_at: int | None = None,
) -> bool:
    """Write one firing, to be worked off, or as missed at `missed_at`. False when it was there already."""
    status = "running" if missed_at is None else "missed"
    row = (key, rule_id, rule_version_id, due_at, since, since_event_id, status, 0, 0, 0, "{}", missed_at)
    return insert_rows(conn, occurrence, _COLUMNS, [row], skip_existing=True) == 1


def claim_running(conn: Connection, except_rules: Collection[int] = ()) -> AnyRow | None:
    """The oldest unfinished occurrence of the rules that aren't excepted, locked until the transaction ends.

    A rule's occurrences are worked off one after the other: its cooldown must see who entered by the one before.
    """
    query = _NEXT.where(occurrence.c.rule_id.not_in(sorted(except_rules))) if except_rules else _NEXT
    return conn.execute(query).one_or_none()


def _next() -> Select[Any]:
    older, running = occurrence.alias("older"), constant("running")
    same_rule = older.c.status == running, older.c.rule_id == occurrence.c.rule_id
    before = select(literal(1)).where(*same_rule, older.c.id < occurrence.c.id).exists()
    query = select(occurrence).where(occurrence.c.status == running, ~before).order_by(occurrence.c.id)
    return query.limit(1).with_for_update(skip_locked=True)


_NEXT = _next()  # made once: it is asked all the time


def save_occurrence(conn: Connection, occurrence_id: int, values: Mapping[str, Any]) -> None:
    """Write an occurrence's progress."""
    conn.execute(update(occurrence).where(occurrence.c.id == occurrence_id).values(**values))


def list_occurrences(conn: Connection, rule_id: int | None = None, limit: int = 20) -> list[AnyRow]:
    """The newest occurrences, the newest first."""
    query = select(occurrence).order_by(occurrence.c.id.desc()).limit(limit)
    return list(conn.execute(query if rule_id is None else query.where(occurrence.c.rule_id == rule_id)))
