"""Why a person enters a rule or does not: the engine's own decisions, asked again for one, nothing changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automation.clock import to_ms
from automation.contacts.share import shown_share
from automation.engine.switches import paused_now
from automation.i18n import say
from automation.insight.account import Account, Line, placed
from automation.insight.as_of import Moment
from automation.insight.considered import considered_lines
from automation.insight.coupons import coupon_lines
from automation.insight.details import shown_time
from automation.insight.entering import (
    audience_lines,
    entry_lines,
    obstacle,
    own_turn,
    trigger_lines,
    trigger_obstacle,
)
from automation.insight.past import outcome, past_lines
from automation.insight.question import Question, ask_about, loaded_version
from automation.insight.sending import Sending, sendings
from automation.insight.subject import Subject, load_subject
from automation.insight.upcoming import upcoming_lines
from automation.rules.positions import Positions
from automation.triggers.base import ClockTrigger

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from automation.rules.project import Project
    from automation.rules.spec import RuleSpec
    from automation.store.database import Database
    from automation.store.types import AnyRow

__all__ = ["Account", "Line", "why"]


def why(
    database: Database, project: Project, rule_key: str, contact_id: int, now: datetime, at: datetime | None = None
) -> Account:
    """The account for anybody. AutomationError for an unknown rule, ContactError for an unknown contact.

    `project` is what the files say now; the rule need not have been published, the daemon need not run.
    With `at`, what the decisions were at that moment, or would be if nothing happened until then.
    """
    moment = Moment(at or now, now, asked=at is not None)
    with database.read() as conn:
        question = ask_about(conn, project, rule_key, contact_id, moment)
        lines, conclusion = _not_running(question) if question.spec is None else _examine(question, question.spec)
        lines += past_lines(conn, rule_key, question.runs, question.people, question.zone, moment)
        lines += _upcoming(question)
    positions = question.spec.positions if question.spec is not None else Positions()
    told = at.astimezone(question.zone).isoformat() if at is not None else None
    return Account(rule_key, question.people[0], placed(lines, positions), conclusion, told)


def _not_running(question: Question) -> tuple[list[Line], str]:
    """A rule that is broken, or no longer in the files: nothing else can be asked."""
    broken = question.broken
    seen = broken.problems[0].shown() if broken is not None and broken.problems else ""
    state = Line("rule", False, say("insight.is_broken" if broken else "insight.is_removed"), seen)
    obstacle = _first_obstacle(state.sentence, again=bool(question.runs))
    return [state, *_canary_lines(question)], _joined([_entered(question), obstacle])


def _state_lines(question: Question, spec: RuleSpec) -> list[Line]:
    """Whether the rule runs at all, and whether the database knows it as the files have it."""
    known, status = question.known, "active" if spec.enabled else "disabled"
    lines = [Line("rule", spec.enabled, say(f"insight.is_{status}"), spec.version, spec.path), *_canary_lines(question)]
    if question.moment.past:
        return lines + question.version_lines(spec)
    if known is None:
        lines.append(Line("rule", None, say("insight.unpublished"), "", spec.path, 1))
    elif (known.status, known.version) != (status, spec.version):
        seen = f"{say(f'insight.rule_{known.status}')}, {known.version or '–'}"
        lines.append(Line("rule", None, say("insight.published_otherwise"), seen, spec.path, 1))
    return lines


def _canary_lines(question: Question) -> list[Line]:
    """Which of two versions this person meets."""
    canary = question.canary
    if canary is None or question.moment.past:
        return []
    inside = canary.part.holds(question.people[0])
    told = say(
        f"canary.why_{'in' if inside else 'out'}", publication=canary.publication, share=shown_share(canary.part.below)
    )
    return [Line("rule", None, told, "", "", 1)]


def _pause_lines(question: Question, spec: RuleSpec) -> list[Line]:
    """What stands still for now: people may enter, and wait."""
    return [
        Line("rule", None, say("insight.is_paused", what=row["what"]), row["reason"], spec.path, 1)
        for row in paused_now(question.conn)
        if row["what"] in ("all", f"rule:{spec.id}") and row["at"] <= question.moment.bound
    ]


def _examine(question: Question, spec: RuleSpec) -> tuple[list[Line], str]:
    """Everything that the engine would ask, and what follows from it."""
    conn, project = question.conn, question.project
    catalogue = project.catalogue
    subject = load_subject(conn, project, spec, question.people, question.moment)
    state = _state_lines(question, spec) + _pause_lines(question, spec)
    trigger = list(trigger_lines(subject, catalogue))
    considered = considered_lines(conn, project, subject, question.known)
    coupons = list(coupon_lines(conn, subject))
    messages = sendings(conn, project, subject)
    lines = [*_as_of_lines(subject), *state, *trigger, *considered]
    lines += [*audience_lines(subject, catalogue), *entry_lines(subject)]
    lines += [*coupons, *(line for sending in messages for line in sending.lines)]
    first = next((line.sentence for line in state if line.ok is False), None)
    first = first or trigger_obstacle(subject, catalogue, trigger) or obstacle(subject, catalogue)
    return lines, _conclusion(question, subject, first, considered, messages)


def _conclusion(
    question: Question, subject: Subject, first: str | None, considered: Sequence[Line], messages: Sequence[Sending]
) -> str:
    """In short: what happened, what the rule last said, what stands in the way, and whether a message could go."""
    runs = question.runs
    parts = [_entered(question), None if runs else _considered(considered, first)]
    parts.append(_would_enter(subject) if first is None else _first_obstacle(first, again=bool(runs)))
    if first is None or (runs and _told_run(question).ended_at is None):
        parts.append(_unsent(messages))
    return _joined(parts)


def _considered(lines: Sequence[Line], first: str | None) -> str | None:
    """What the newest occurrence came to, unless what stands in the way says the same."""
    told = next((line for line in lines if line.ok is not None), lines[0] if lines else None)
    if told is None or (first is not None and first.startswith(told.sentence)):
        return None
    return say("why.last_time", told=told.sentence + (f" ({told.seen})" if told.seen else ""))


def _as_of_lines(subject: Subject) -> list[Line]:
    """The moment, and what is not known as of then."""
    moment, zone = subject.moment, subject.rule.spec.zone
    if not moment.asked:
        return []
    lines = [Line("asof", None, say("why.asked_as_of", at=shown_time(to_ms(moment.at), zone)))]
    if moment.past:
        back = say("why.put_back", fields=", ".join(subject.put_back)) if subject.put_back else ""
        lines += [Line("asof", None, say("why.known_then")), Line("asof", None, say("why.known_today"), back)]
    elif moment.future:
        lines.append(Line("asof", None, say("why.nothing_until_then")))
    return lines


def _upcoming(question: Question) -> list[Line]:
    """What comes next for the runs that are inside now."""
    if question.moment.past:
        return []
    lines: list[Line] = []
    for run in question.runs:
        rule = loaded_version(question, run) if run.ended_at is None and run.status != "queued" else None
        if rule is not None:
            lines += upcoming_lines(rule, run, question.project.catalogue)
    return lines


def _entered(question: Question) -> str | None:
    if not question.runs:
        return None
    run, zone = _told_run(question), question.zone
    told = say("insight.was_entered", at=shown_time(run.entered_at, zone), outcome=outcome(run, zone, question.moment))
    others = len(question.runs) - 1
    return told + (say("insight.other_runs", count=others) if others else "")


def _told_run(question: Question) -> AnyRow:
    """Of several runs the one that is inside, else the newest; the others stand below it with their path."""
    inside = (run for run in question.runs if run.ended_at is None or run.ended_at > question.moment.bound)
    return next(inside, question.runs[0])


def _first_obstacle(sentence: str, *, again: bool) -> str:
    return say("insight.obstacle_again" if again else "insight.obstacle", sentence=sentence)


def _would_enter(subject: Subject) -> str:
    trigger, spec = subject.rule.trigger, subject.rule.spec
    if not isinstance(trigger, ClockTrigger):
        return say("insight.would_enter")
    own = own_turn(subject, trigger)
    if own is None:
        return say("insight.would_enter_by_clock")
    return say("insight.would_enter_at", at=shown_time(to_ms(own), spec.zone))


def _unsent(messages: Sequence[Sending]) -> str | None:
    """The first message that no channel would let through now."""
    stuck = next((sending for sending in messages if sending.refusal is not None), None)
    return None if stuck is None else say("insight.unsent", step=stuck.path, reason=stuck.refusal)


def _joined(parts: Sequence[str | None]) -> str:
    return say("insight.then").join(part for part in parts if part)
