"""Approvals: an occurrence that would reach far more people than it may, or than usual, waits until somebody looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from automation.engine.switches import SwitchError
from automation.reasons import Reason
from automation.store.audit import AuditRow, write_audit
from automation.store.log import Entry, write_log
from automation.store.occurrences import decide_held, held_occurrences, recent_entered

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.engine.book import LoadedRule
    from automation.store.types import AnyRow

TIMES_USUAL = 3
LEAST_OCCURRENCES = 3
"""Fewer tell nothing about what is usual."""
LEAST_PEOPLE = 100
"""Fewer people are never unusual."""


@dataclass(frozen=True)
class Bounds:
    """How many people an occurrence may enter before somebody is asked."""

    limit: int | None
    usual: int | None  # the mean of the rule's last occurrences

    def __bool__(self) -> bool:
        return self.limit is not None or self.usual is not None

    def exceeded_by(self, would_enter: int) -> str | None:
        """Which bound: `max_audience` or `usual`."""
        if self.limit is not None and would_enter > self.limit:
            return "max_audience"
        if self.usual is not None and would_enter > max(TIMES_USUAL * self.usual, LEAST_PEOPLE - 1):
            return "usual"
        return None


def bounds_of(conn: Connection, rule: LoadedRule) -> Bounds:
    """The rule's own limit, and what its last occurrences say."""
    entered = recent_entered(conn, rule.rule_id)
    usual = None if len(entered) < LEAST_OCCURRENCES else sum(entered) // len(entered)
    return Bounds(rule.spec.max_audience, usual)


def list_held(conn: Connection) -> list[dict[str, Any]]:
    """Every occurrence that waits for approval, the oldest first."""
    return [
        {"id": row.id, "rule": row.rule, "key": row.key, "due_at": row.due_at, "reason": row.reason, **row.detail}
        for row in held_occurrences(conn)
    ]


def approve(conn: Connection, occurrence_id: int, reason: str, actor: str, now: int) -> AnyRow:
    """Let it run. SwitchError when it doesn't wait for approval."""
    return _decide(conn, occurrence_id, "running", Reason.OCCURRENCE_APPROVED, reason, actor, now)


def reject(conn: Connection, occurrence_id: int, reason: str, actor: str, now: int) -> AnyRow:
    """Record it as missed. SwitchError when it doesn't wait for approval."""
    return _decide(conn, occurrence_id, "missed", Reason.OCCURRENCE_REJECTED, reason, actor, now)


def _decide(
    conn: Connection, occurrence_id: int, status: str, code: Reason, reason: str, actor: str, now: int
) -> AnyRow:
    held = {row.id: row for row in held_occurrences(conn)}
    row = held.get(occurrence_id)
    if row is None or not decide_held(conn, occurrence_id, status, actor, now):
        raise SwitchError("control.no_occurrence", id=occurrence_id, known=", ".join(map(str, held)) or "–")
    detail = {"key": row.key, "actor": actor, "reason": reason, **row.detail}
    write_log(conn, now, [Entry(code, row.rule_id, row.rule_version_id, detail=detail)])
    write_audit(conn, [AuditRow(now, actor, code.value, f"occurrence:{occurrence_id}", {"rule": row.rule, **detail})])
    return row
