"""Why a person enters a rule or does not: the engine's own decisions, asked again for one, nothing changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from automation.catalogue.nearest import offer
from automation.clock import to_ms
from automation.contacts.names import ContactError
from automation.engine.switches import paused_now
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
        question = _question(conn, project, rule_key, contact_id, now)
        lines, conclusion = _not_running(question) if question.spec is None else _examine(question, question.spec)
        lines += past_lines(conn, rule_key, question.runs, question.people, question.zone)
    return Account(rule_key, question.people[0], tuple(lines), conclusion)


@dataclass(frozen=True)
class _Question:
    """`spec` is None where the files have no such rule that could run; `known` where the database has none."""

    conn: Connection
    project: Project
    people: tuple[int, ...]
    now: datetime
    spec: RuleSpec | None
    broken: BrokenRule | None
    known: AnyRow | None
    runs: Sequence[AnyRow]

    @property
    def zone(self) -> ZoneInfo:
        return self.spec.zone if self.spec is not None else ZoneInfo(self.project.settings.timezone)


def _question(conn: Connection, project: Project, key: str, contact_id: int, now: datetime) -> _Question:
    people = _people(conn, contact_id)
    spec = next((spec for spec in project.checked.rules if spec.id == key), None)
    broken = next((rule for rule in project.checked.broken if rule.id == key), None)
    known = rule_row(conn, key)
    if known is None and spec is None and broken is None:
        raise _unknown(conn, project, key)
    runs = past_runs(conn, known.id, people) if known is not None else []
    return _Question(conn, project, people, now, spec, broken, known, runs)


def _people(conn: Connection, contact_id: int) -> tuple[int, ...]:
    """The contact as it is today, and those that were merged into it: older rows name those."""
    today = survivors(conn, [contact_id]).get(contact_id)
    if today is None:
        raise ContactError("contacts.unknown_id", id=contact_id)
    return (today, *merged_ids(conn, today))


def _unknown(conn: Connection, project: Project, key: str) -> AutomationError:
    known = sorted({spec.id for spec in project.checked.rules} | {row.key for row in list_rules(conn)})
    return AutomationError("insight.no_rule", **offer(key, known), known=", ".join(known) or "–")


def _not_running(question: _Question) -> tuple[list[Line], str]:
    """A rule that is broken, or no longer in the files: nothing else can be asked."""
    broken = question.broken
    seen = broken.problems[0].shown() if broken is not None and broken.problems else ""
    state = Line("rule", False, say("insight.is_broken" if broken else "insight.is_removed"), seen)
    obstacle = _first_obstacle(state.sentence, again=bool(question.runs))
    return [state], _joined([_entered(question.runs, question.zone), obstacle])


def _state_lines(spec: RuleSpec, known: AnyRow | None) -> list[Line]:
    """Whether the rule runs at all, and whether the database knows it as the files have it."""
    status = "active" if spec.enabled else "disabled"
    lines = [Line("rule", spec.enabled, say(f"insight.is_{status}"), spec.version, spec.path)]
    if known is None:
        lines.append(Line("rule", None, say("insight.unpublished"), "", spec.path, 1))
    elif (known.status, known.version) != (status, spec.version):
        seen = f"{say(f'insight.rule_{known.status}')}, {known.version or '–'}"
        lines.append(Line("rule", None, say("insight.published_otherwise"), seen, spec.path, 1))
    return lines


def _pause_lines(conn: Connection, spec: RuleSpec) -> list[Line]:
    """What stands still for now: people may enter, and wait."""
    return [
        Line("rule", None, say("insight.is_paused", what=row["what"]), row["reason"], spec.path, 1)
        for row in paused_now(conn)
        if row["what"] in ("all", f"rule:{spec.id}")
    ]


def _examine(question: _Question, spec: RuleSpec) -> tuple[list[Line], str]:
    """Everything that the engine would ask, and what follows from it."""
    catalogue, runs = question.project.catalogue, question.runs
    subject = load_subject(question.conn, question.project, spec, question.people, question.now)
    state = _state_lines(spec, question.known) + _pause_lines(question.conn, spec)
    trigger = list(trigger_lines(subject, catalogue))
    messages = sendings(question.conn, question.project, subject)
    lines = [*state, *trigger, *audience_lines(subject, catalogue), *entry_lines(subject)]
    lines += [line for sending in messages for line in sending.lines]
    first = state[0].sentence if not state[0].ok else None
    first = first or trigger_obstacle(subject, catalogue, trigger) or obstacle(subject, catalogue)
    parts = [_entered(runs, spec.zone)]
    parts.append(_would_enter(subject) if first is None else _first_obstacle(first, again=bool(runs)))
    if first is None or (runs and runs[0].ended_at is None):
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
