"""Why a person enters a rule or does not: the engine's own decisions, asked again for one, nothing changed."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from automation.catalogue.nearest import offer
from automation.clock import to_ms
from automation.contacts.profile import ContactError
from automation.errors import AutomationError
from automation.i18n import say
from automation.insight.account import Account, Line
from automation.insight.details import shown_time
from automation.insight.entering import audience_lines, entry_lines, obstacle, trigger_lines, trigger_obstacle
from automation.insight.past import outcome, past_lines, past_runs
from automation.insight.sending import Sending, sendings
from automation.insight.subject import Subject, load_subject
from automation.store.contacts import merged_ids, survivors
from automation.store.rules import list_rules
from automation.store.why import rule_row
from automation.triggers.base import ClockTrigger

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from automation.rules.checker import BrokenRule
    from automation.rules.project import Project
    from automation.rules.spec import RuleSpec
    from automation.store.database import Database
    from automation.store.types import AnyRow

__all__ = ["Account", "Line", "why"]


def why(database: Database, project: Project, rule_key: str, contact_id: int, now: datetime) -> Account:
    """The account for anybody. AutomationError for an unknown rule, ContactError for an unknown contact.

    `project` is what the files say now; the rule need not have been published, the daemon need not run.
    """
    with database.read() as conn:
        people = _people(conn, contact_id)
        known, runs = rule_row(conn, rule_key), []
        spec = next((spec for spec in project.checked.rules if spec.id == rule_key), None)
        broken = next((rule for rule in project.checked.broken if rule.id == rule_key), None)
        if known is None and spec is None and broken is None:
            raise _unknown(conn, project, rule_key)
        zone = spec.zone if spec is not None else ZoneInfo(project.settings.timezone)
        if known is not None:
            runs = past_runs(conn, known.id, people)
        state = _state_lines(spec, broken, known)
        past = past_lines(conn, rule_key, runs, people, zone)
        if spec is None:
            lines, conclusion = (
                [*state, *past],
                _joined([_entered(runs, zone), _first_obstacle(state[0].sentence, again=bool(runs))]),
            )
        else:
            subject = load_subject(conn, project, spec, people, now)
            lines, conclusion = _examine(conn, project, subject, state, runs)
            lines += past
    return Account(rule_key, people[0], tuple(lines), conclusion)


def _people(conn: Connection, contact_id: int) -> tuple[int, ...]:
    """The contact as it is today, and those that were merged into it: older rows name those."""
    today = survivors(conn, [contact_id]).get(contact_id)
    if today is None:
        raise ContactError("contacts.unknown_id", id=contact_id)
    return (today, *merged_ids(conn, today))


def _unknown(conn: Connection, project: Project, key: str) -> AutomationError:
    known = sorted({spec.id for spec in project.checked.rules} | {row.key for row in list_rules(conn)})
    return AutomationError("insight.no_rule", **offer(key, known), known=", ".join(known) or "–")


def _state_lines(spec: RuleSpec | None, broken: BrokenRule | None, known: AnyRow | None) -> list[Line]:
    """Whether the rule runs at all, and whether the database knows it as the files have it."""
    path = f"rules/{spec.id}" if spec else ""
    if spec is None:
        seen = broken.problems[0].shown() if broken is not None and broken.problems else ""
        return [Line("rule", False, say("insight.is_broken" if broken else "insight.is_removed"), seen, path)]
    lines = [
        Line("rule", spec.enabled, say(f"insight.is_{'active' if spec.enabled else 'disabled'}"), spec.version, path)
    ]
    if known is None:
        lines.append(Line("rule", None, say("insight.unpublished"), "", path, 1))
    elif (known.status, known.version) != ("active" if spec.enabled else "disabled", spec.version):
        seen = f"{say(f'insight.rule_{known.status}')}, {known.version or '–'}"
        lines.append(Line("rule", None, say("insight.published_otherwise"), seen, path, 1))
    return lines


def _examine(
    conn: Connection, project: Project, subject: Subject, state: Sequence[Line], runs: Sequence[AnyRow]
) -> tuple[list[Line], str]:
    """Everything that the engine would ask, and what follows from it."""
    catalogue = project.catalogue
    trigger = list(trigger_lines(subject, catalogue))
    messages = sendings(conn, project, subject)
    lines = [*state, *trigger, *audience_lines(subject, catalogue), *entry_lines(subject)]
    lines += [line for sending in messages for line in sending.lines]
    first = state[0].sentence if not state[0].ok else None
    first = first or trigger_obstacle(subject, catalogue, trigger) or obstacle(subject, catalogue)
    alive = bool(runs) and runs[0].ended_at is None
    parts = [_entered(runs, subject.rule.spec.zone)]
    parts.append(_would_enter(subject) if first is None else _first_obstacle(first, again=bool(runs)))
    if alive or first is None:
        parts.append(_unsent(messages))
    return lines, _joined(parts)


def _entered(runs: Sequence[AnyRow], zone: ZoneInfo) -> str | None:
    if not runs:
        return None
    return say("insight.was_entered", at=shown_time(runs[0].entered_at, zone), outcome=outcome(runs[0], zone))


def _first_obstacle(sentence: str, *, again: bool) -> str:
    return say("insight.obstacle_again" if again else "insight.obstacle", sentence=sentence)


def _would_enter(subject: Subject) -> str:
    trigger, spec = subject.rule.trigger, subject.rule.spec
    if not isinstance(trigger, ClockTrigger):
        return say("insight.would_enter")
    own = trigger.explain(spec.trigger.params, spec.zone, subject.facts.contact, subject.now)
    if own is None:
        return say("insight.would_enter_by_clock")
    return say("insight.would_enter_at", at=shown_time(to_ms(own), spec.zone))


def _unsent(messages: Sequence[Sending]) -> str | None:
    """The first message that no channel would let through now."""
    stuck = next((sending for sending in messages if sending.refusal is not None), None)
    return None if stuck is None else say("insight.unsent", step=stuck.path, reason=stuck.refusal)


def _joined(parts: Sequence[str | None]) -> str:
    return say("insight.then").join(part for part in parts if part)
