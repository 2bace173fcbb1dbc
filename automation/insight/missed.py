"""Missed: the firings that no daemon saw in time or that were not run, and what became of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automation.store.occurrences import late_or_missed

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.store.types import AnyRow


def read_missed(conn: Connection, since: int, rule_key: str | None = None) -> list[dict[str, Any]]:
    """Due since a moment, the newest first. `fate` is why it was missed, or `caught_up`, `running`, `held`."""
    rows = [(row, _fate(row)) for row in late_or_missed(conn, since, rule_key)]
    return [
        {
            "id": row.id, "rule": row.rule, "key": row.key, "due_at": row.due_at, "fate": fate,
            "entered": row.entered, "finished_at": row.finished_at, "decided_by": row.decided_by,
        }
        for row, fate in rows
        if fate is not None
    ]  # fmt: skip


def _fate(row: AnyRow) -> str | None:
    if row.status == "missed":
        return str(row.reason or "expired")  # what was missed before reasons were kept was too late
    if "found_at" not in (row.detail or {}):
        return None
    return "caught_up" if row.status == "done" else str(row.status)
