"""Approvals: an occurrence that would reach far more people than it may, or than usual, waits until somebody looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from automation.engine.clocks.zones import by_own_zone, zone_named
from automation.engine.switches import SwitchError
from automation.reasons import Reason
from automation.store.audit import AuditRow, write_audit
from automation.store.held_entries import drop_entries, hold_entries, list_held_entries, release_entries
from automation.store.log import Entry, write_log
from automation.store.occurrences import decide_held, entered_elsewhere, held_occurrences, recent_entered

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from automation.engine.book import LoadedRule
    from automation.engine.entry.meeting import Meeting
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
    entered: int = 0  # by the firings of the same occurrence in other zones: the limit is for all together

    def __bool__(self) -> bool:
        return self.limit is not None or self.usual is not None

    def exceeded_by(self, would_enter: int) -> str | None:
        """Which bound: `max_audience` or `usual`."""
        if self.limit is not None and would_enter + self.entered > self.limit:
            return "max_audience"
        if self.usual is not None and would_enter > max(TIMES_USUAL * self.usual, LEAST_PEOPLE - 1):
            return "usual"
        return None


def bounds_of(conn: Connection, rule: LoadedRule, key: str) -> Bounds:
    """The rule's own limit, and what its last occurrences (in the zone of the firing `key`) say."""
    name, zone = zone_named(rule, key)
    by_zone = by_own_zone(rule)
    entered = recent_entered(conn, rule.rule_id, zone=(zone or "") if by_zone else None)
    usual = None if len(entered) < LEAST_OCCURRENCES else sum(entered) // len(entered)
    together = entered_elsewhere(conn, rule.rule_id, name) if by_zone else 0
    return Bounds(rule.spec.max_audience, usual, together)


def hold_lists(conn: Connection, meetings: Sequence[Meeting], log: list[Entry], now: int) -> list[Meeting]:
    """Put aside the people of an event that names more than its rule may reach at once; returns the others."""
    lists: dict[tuple[LoadedRule, int], list[Meeting]] = {}
    for meeting in meetings:
        rule, event_id = meeting.rule, meeting.arrival.event_id
        if event_id is not None and rule.people is not None and rule.spec.max_audience is not None:
            lists.setdefault((rule, event_id), []).append(meeting)
    aside: set[Meeting] = set()
    for (rule, event_id), named in lists.items():
        limit = rule.spec.max_audience
        if limit is None or len(named) <= limit:
            continue
        aside.update(named)
        hold_entries(conn, [(event_id, rule.rule_id, m.contact_id, rule.version_id, now) for m in named])
        detail = {"key": f"e{event_id}", "would_enter": len(named), "limit": limit}
        entry = Entry(Reason.HELD_APPROVAL, rule.rule_id, rule.version_id, event_id=event_id, detail=detail)
        log += [entry, *(entry._replace(contact_id=m.contact_id, detail=None) for m in named)]
    return [meeting for meeting in meetings if meeting not in aside]


def list_held(conn: Connection) -> list[dict[str, Any]]:
    """Occurrences and events that would reach too many, the oldest first. `bound` is what they exceed."""
    return [shown for shown, _, _ in _held(conn)]


def decide(conn: Connection, id_: str, approved: bool, reason: str, actor: str, now: int) -> dict[str, Any]:
    """Let run what `id_` names in the list, or record that it must not. SwitchError when it doesn't wait."""
    code = Reason.OCCURRENCE_APPROVED if approved else Reason.OCCURRENCE_REJECTED
    held = {shown["id"]: (shown, row, settle) for shown, row, settle in _held(conn)}
    shown, row, settle = held.get(id_, ({}, None, _gone))
    people = settle(conn, row, approved, actor, now)
    if row is None or people is None:  # or somebody else was faster
        raise SwitchError("control.no_occurrence", id=id_, known=", ".join(held) or "–")
    detail = {name: shown[name] for name in ("key", "would_enter", "limit", "usual")} | {"reason": reason}
    entry = Entry(code, row.rule_id, row.rule_version_id, detail={"actor": actor, **detail})
    write_log(conn, now, [entry] + [entry._replace(contact_id=p.contact_id, event_id=p.event_id) for p in people])
    write_audit(conn, [AuditRow(now, actor, code.value, f"rule:{row.rule}", {"id": id_, **detail})])
    return shown


_Settle: TypeAlias = "Callable[[Connection, Any, bool, str, int], list[AnyRow] | None]"
"""Writes a decision; gives the people who don't enter by it and are named one by one, None when nothing waits."""


def _held(conn: Connection) -> list[tuple[dict[str, Any], AnyRow, _Settle]]:
    occurrences = [(_shown(row), row, _settle) for row in held_occurrences(conn)]
    return occurrences + [(_shown_list(row), row, _settle_list) for row in list_held_entries(conn)]


def _gone(_conn: Connection, _row: Any, _approved: bool, _actor: str, _now: int) -> list[AnyRow] | None:
    return None


def _settle(conn: Connection, row: AnyRow, approved: bool, actor: str, now: int) -> list[AnyRow] | None:
    return [] if decide_held(conn, row.id, "running" if approved else "missed", actor, now) else None


def _settle_list(conn: Connection, row: AnyRow, approved: bool, _actor: str, _now: int) -> list[AnyRow] | None:
    if approved:
        return [] if release_entries(conn, row.event_id, row.rule_id) else None
    return drop_entries(conn, row.event_id, row.rule_id) or None


def _shown(row: AnyRow) -> dict[str, Any]:
    counts = {name: (row.detail or {}).get(name) for name in ("would_enter", "limit", "usual")}
    return {"id": str(row.id), "rule": row.rule, "key": row.key, "due_at": row.due_at, "bound": row.reason, **counts}


def _shown_list(row: AnyRow) -> dict[str, Any]:
    return {
        "id": _id_of(row), "rule": row.rule, "key": f"e{row.event_id}", "due_at": row.at, "bound": "list",
        "would_enter": row.people, "limit": None, "usual": None,
    }  # fmt: skip


def _id_of(row: AnyRow) -> str:
    return f"e{row.event_id}:{row.rule}"
