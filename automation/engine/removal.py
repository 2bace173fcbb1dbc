"""Absent is not removed: what becomes of rules that the files don't have, and of the people inside them.

A rule counts as removed only if the file in which it stood was read, and few people are inside. Then those people stay
where they are for a while, so that it can be undone, and leave. Every other rule that is missing is absent: its people
wait until the rule is back or somebody decides (`automation rules remove`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from automation.calendars.duration import Duration
from automation.catalogue.nearest import offer
from automation.clock import from_ms, to_ms
from automation.errors import AutomationError
from automation.reasons import Reason
from automation.store import rules, runs
from automation.store.audit import AuditRow, write_audit
from automation.store.log import Entry, write_log

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from automation.rules.project import Project
    from automation.settings import Settings
    from automation.store.types import AnyRow

UNREAD, UNSURE, MANY, RESTORED = "unread", "unsure", "many", "restored"
"""Why a rule is absent: its file is not among those that are read; a broken rule may be it; many people are inside;
somebody took its removal back."""

People = Literal["exit", "finish"]


@dataclass(frozen=True)
class Missing:
    """The rules that the files don't have, by their state. `states`: of those that are not gone for good, by id."""

    states: Mapping[int, str]
    gone: Sequence[int]  # for good: nobody is inside any more

    @property
    def waiting(self) -> list[int]:
        """Their people stand still."""
        return [id_ for id_, state in self.states.items() if state != "finishing"]


class RemovalError(AutomationError):
    """A rule can't be removed, or its removal can't be undone."""


def settle_missing(conn: Connection, project: Project, published: rules.Published, now: int) -> Missing:
    """Decide about each missing rule, hold its people, and let those out whose time to undo it is over."""
    by_state: dict[str, list[int]] = {"over": [], "late": [], "removed": [], "finishing": [], "fresh": []}
    for row in published.missing:
        by_state[_state(conn, row, now)].append(row.id)
    let_out(conn, by_state["over"], now, held=True)  # another process may have let somebody in meanwhile
    let_out(conn, by_state["late"], now)
    states = {id_: state for state in ("removed", "finishing") for id_ in by_state[state]}
    fresh = [row for row in published.missing if row.id in by_state["fresh"]]
    states |= _sorted(conn, project, fresh, _unsure(project, published), now)
    return Missing(states, by_state["over"] + by_state["late"])


def _state(conn: Connection, row: AnyRow, now: int) -> str:
    """`fresh`: nobody has decided about it for good; `late`: its people leave now; `over`: they have."""
    if row.status == "finishing":
        return "finishing" if runs.inside(conn, [row.id]) else "late"
    if row.status != "removed":
        return "fresh"
    return "over" if row.leaves_at is None else "late" if row.leaves_at <= now else "removed"


def let_out(conn: Connection, rule_ids: Sequence[int], now: int, *, held: bool = False) -> int:
    """Whoever is inside these removed rules leaves, or whoever is held there."""
    if not rule_ids:
        return 0
    reason = Reason.EXITED_REMOVED
    out = runs.end_runs_of(conn, rule_ids, "exited", reason.value, now, held=held)
    rules.set_missing(conn, rule_ids, "removed")
    write_log(conn, now, [Entry(reason, row.rule_id, row.rule_version_id, row.contact_id, row.id) for row in out])
    counts = Counter(row.rule_id for row in out)
    write_log(conn, now, [Entry(reason, rule_id, detail={"runs": count}) for rule_id, count in counts.items()])
    return len(out)


def due_to_leave(conn: Connection, now: int) -> list[int]:
    """Removed rules whose time to undo it is over."""
    return [row.id for row in rules.missing_rules(conn) if row.status == "removed" and row.leaves_at <= now]


def undone_until(settings: Settings, now: int) -> int:
    """When those inside a rule that is removed now leave (ms)."""
    duration = Duration.parse(settings.publishing.removal_undo)
    assert duration is not None
    return to_ms(duration.after(from_ms(now), ZoneInfo(settings.timezone)))


def remove_rule(
    conn: Connection, key: str, people: People, reason: str, actor: str, now: int, leaves_at: int
) -> dict[str, Any]:
    """Say what becomes of those inside a rule that the files don't have; who exits does so at `leaves_at`.

    RemovalError while the files have it.
    """
    row = _known(conn, key)
    if row.status not in ("absent", "finishing") and row.leaves_at is None:
        raise RemovalError("removal.gone" if row.status == "removed" else "removal.in_file", rule=key, file=row.file)
    inside = runs.inside(conn, [row.id]).get(row.id, 0)
    if people == "finish":
        rules.set_missing(conn, [row.id], "finishing" if inside else "removed")
        rules.release_runs(conn, [row.id])
    else:
        rules.set_missing(conn, [row.id], "removed", leaves_at=leaves_at)
        rules.hold_runs(conn, [row.id])
        if leaves_at <= now:
            let_out(conn, [row.id], now)
    detail = {"people": people, "inside": inside, "leaves_at": leaves_at, "reason": reason}
    write_audit(conn, [AuditRow(now, actor, "rule.removed", f"rule:{key}", detail)])
    return {"rule": key, **detail}


def restore_rule(conn: Connection, key: str, reason: str, actor: str, now: int) -> dict[str, Any]:
    """Take a removal back: whoever has not left yet waits until the rule is in the files again."""
    row = _known(conn, key)
    if row.status != "finishing" and row.leaves_at is None:
        key_ = {"absent": "absent_already", "removed": "too_late"}.get(row.status, "in_file")
        raise RemovalError(f"removal.{key_}", rule=key, file=row.file)
    rules.set_missing(conn, [row.id], "absent", RESTORED)
    rules.hold_runs(conn, [row.id])
    inside = runs.inside(conn, [row.id]).get(row.id, 0)
    write_audit(conn, [AuditRow(now, actor, "rule.restored", f"rule:{key}", {"inside": inside, "reason": reason})])
    return {"rule": key, "inside": inside, "file": row.file}


def _sorted(
    conn: Connection, project: Project, missing: Sequence[AnyRow], unsure: set[str], now: int
) -> dict[int, str]:
    """The state of rules about which nobody has decided; the people inside are held."""
    why = {row.id: _absence(row, project.settings.rules, unsure) for row in missing}
    gone = [id_ for id_, reason in why.items() if reason is None]
    inside = runs.inside(conn, gone) if gone else {}
    publishing = project.settings.publishing
    if sum(inside.values()) > publishing.removal_limit:
        why |= dict.fromkeys(inside, MANY)
    leaves_at = undone_until(project.settings, now)
    log = []
    for row in missing:
        reason = why[row.id]
        state = ("absent", reason, None) if reason is not None else ("removed", None, leaves_at)
        if (row.status, row.status_detail, row.leaves_at) == state:
            continue
        rules.set_missing(conn, [row.id], *state)
        told = (
            {"why": reason} if reason is not None else {"why": "removed", "leaves_at": from_ms(leaves_at).isoformat()}
        )
        log.append(Entry(Reason.HELD_ABSENT, row.id, detail={"runs": rules.hold_runs(conn, [row.id]), **told}))
    write_log(conn, now, log)
    return {id_: "removed" if reason is None else "absent" for id_, reason in why.items()}


def _absence(row: AnyRow, read: Sequence[str], unsure: set[str]) -> str | None:
    """Why a missing rule can't be taken for removed; None when it can."""
    if row.status == "absent" and row.status_detail in (MANY, RESTORED):
        return str(row.status_detail)  # somebody was asked already, or has spoken
    if row.version_id is None:  # it was never right: nobody is inside
        return None
    if row.file is None or row.file not in read:
        return UNREAD
    return UNSURE if row.file in unsure else None


def _unsure(project: Project, published: rules.Published) -> set[str]:
    """Files with a broken rule that never ran under its id: it may be any of those that are missing."""
    broken = [*project.checked.broken, *(project.canary.project.checked.broken if project.canary else ())]
    known = published.known
    return {rule.file for rule in broken if rule.id not in known or known[rule.id].version_id is None}


def _known(conn: Connection, key: str) -> AnyRow:
    row = rules.lock_rule(conn, key)
    if row is None:
        names = [one.key for one in rules.list_rules(conn)]
        raise RemovalError("removal.unknown", **offer(key, names), known=", ".join(names) or "–")
    return row
