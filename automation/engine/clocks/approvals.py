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
from automation.store.occurrences import decide_held, entered_elsewhere, held_occurrences, recent_firings
from automation.store.publications import planned_people

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from automation.engine.book import LoadedRule
    from automation.engine.entry.meeting import Meeting
    from automation.rules.project import Project
    from automation.store.types import AnyRow

TIMES_USUAL = 3
MEMORY = 10
"""So many of a rule's last firings that reached anybody say what is usual."""
WEIGHED = ("would_enter", "limit", "usual", "planned", "most")
"""What is kept of a firing that waits: how many it would enter, and each bound."""
A_TENTH_MORE = 1.1
"""A plan is still the same plan when it reaches a tenth more."""


@dataclass(frozen=True)
class Bounds:
    """How many people an occurrence may enter before somebody is asked."""

    limit: int | None  # the rule's own `max_audience`, which replaces all else
    ask_from: int = 0  # fewer are never asked about
    usual: int | None = None  # the mean of the rule's last firings that reached anybody
    planned: int | None = None  # what the plan showed that was published
    together: int = 0  # whom the firings of the same occurrence in other zones have entered: `limit` is for all

    @property
    def most(self) -> int:
        """So many may enter."""
        if self.limit is not None:
            return max(self.limit - self.together, 0)
        return max(TIMES_USUAL * (self.usual or 0), int(A_TENTH_MORE * (self.planned or 0)), self.ask_from - 1)

    def exceeded_by(self, would_enter: int) -> str | None:
        """Which bound: `max_audience`, `usual`, `planned`, or `first` where nothing is known of the rule yet."""
        if would_enter <= self.most:
            return None
        if self.limit is not None:
            return "max_audience"
        return "usual" if self.usual is not None else "planned" if self.planned is not None else "first"


def bounds_of(conn: Connection, rule: LoadedRule, project: Project, would_enter: int, key: str) -> Bounds:
    """The rule's own limit; else, for more than are never asked about, what its last firings and its plan say.

    `key`: the firing. Where a rule fires zone by zone, those of its zone say what is usual.
    """
    name, zone = zone_named(rule, key)
    zones = by_own_zone(rule)
    limit, ask_from = rule.spec.max_audience, project.settings.firings.ask_from
    if limit is not None and zones:
        return Bounds(limit, ask_from, together=entered_elsewhere(conn, rule.rule_id, name))
    if limit is not None or would_enter < ask_from:
        return Bounds(limit, ask_from)
    counts = [_counted(row) for row in recent_firings(conn, rule.rule_id, MEMORY, zone=(zone or "") if zones else None)]
    usual = sum(counts) // len(counts) if counts else None
    planned = planned_people(conn, project.publication, rule.spec.id) if project.publication is not None else None
    return Bounds(limit, ask_from, usual, planned)


def _counted(row: AnyRow) -> int:
    """What a firing says of what is usual: whom it entered, or would have.

    About one that is still held nobody has said anything: it counts as no more than what it exceeded, so that what is
    far too much goes on being asked about while a rule that has grown is asked about once or twice.
    """
    detail = row.detail or {}
    if row.status != "held":
        return max(int(row.entered), int(detail.get("would_enter") or 0))
    return min(int(detail.get("would_enter") or 0), max(int(detail.get("most") or 0), 1))


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
    detail = {name: shown[name] for name in ("key", *WEIGHED)} | {"reason": reason}
    entry = Entry(code, row.rule_id, row.rule_version_id, detail={"actor": actor, **detail})
    write_log(conn, now, [entry] + [entry._replace(contact_id=p.contact_id, event_id=p.event_id) for p in people])
    write_audit(conn, [AuditRow(now, actor, code.value, f"rule:{row.rule}", {"id": id_, **detail})])
    return shown


_Settle: TypeAlias = "Callable[[Connection, Any, bool, str, int], list[AnyRow] | None]"
"""Writes a decision; gives the people who don't enter by it and are named one by one, None when nothing waits."""


def decide_all(conn: Connection, rule: str, approved: bool, reason: str, actor: str, now: int) -> list[dict[str, Any]]:
    """The same for everything of one rule that waits. SwitchError when nothing of it does."""
    held = list_held(conn)
    mine = [shown["id"] for shown in held if shown["rule"] == rule]
    if not mine:
        known = ", ".join(dict.fromkeys(shown["rule"] for shown in held)) or "–"
        raise SwitchError("control.nothing_held", rule=rule, known=known)
    return [decide(conn, id_, approved, reason, actor, now) for id_ in mine]


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
    counts = {name: (row.detail or {}).get(name) for name in WEIGHED}
    return {"id": str(row.id), "rule": row.rule, "key": row.key, "due_at": row.due_at, "bound": row.reason, **counts}


def _shown_list(row: AnyRow) -> dict[str, Any]:
    return {
        "id": _id_of(row), "rule": row.rule, "key": f"e{row.event_id}", "due_at": row.at, "bound": "list",
        "would_enter": row.people, "limit": None, "usual": None, "planned": None, "most": None,
    }  # fmt: skip


def _id_of(row: AnyRow) -> str:
    return f"e{row.event_id}:{row.rule}"
