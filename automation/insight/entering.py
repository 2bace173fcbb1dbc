"""The way in: the rule's state, its trigger, the audience, and the guards of the entry in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from automation.clock import to_ms
from automation.contacts.share import shown_share
from automation.engine.delivery.quiet import zone_of
from automation.engine.entry.guards import decide, guards_of, refusal_by
from automation.engine.limits import limits_of
from automation.errors import AutomationError
from automation.i18n import say
from automation.insight.account import Kind, Line
from automation.insight.details import shown_time, summary
from automation.reasons import Reason
from automation.rules.conditions.python import predicate
from automation.rules.conditions.sentence import sentence
from automation.rules.conditions.trace import trace
from automation.rules.conditions.tree import Group
from automation.rules.limits import period_sentence
from automation.triggers.base import ClockTrigger, EventTrigger

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from automation.catalogue.model import Catalogue
    from automation.insight.subject import Subject
    from automation.rules.conditions.tree import Condition
    from automation.rules.spec import Limit


def trigger_lines(subject: Subject, catalogue: Catalogue) -> Iterator[Line]:
    """Whether something has called this person, or when the clock will."""
    if isinstance(subject.rule.trigger, EventTrigger):
        yield from _event_lines(subject, subject.rule.trigger, catalogue)
    elif isinstance(subject.rule.trigger, ClockTrigger):
        yield from _clock_lines(subject, subject.rule.trigger)


def audience_lines(subject: Subject, catalogue: Catalogue) -> Iterator[Line]:
    """Each condition with the value seen."""
    audience = subject.rule.spec.audience
    if audience is None:
        yield Line("audience", True, say("insight.everybody"), path=f"{subject.rule.spec.path}/audience")
        return
    name = subject.event.name if subject.event is not None else None
    yield from _traced("audience", audience, subject, catalogue, name, 0)


def entry_lines(subject: Subject) -> Iterator[Line]:
    """Each guard, asked by itself; the engine stops at the first ✗."""
    for guard in guards_of(subject.rule):
        written = _WRITTEN.get(guard.reason, "")
        if guard.reason is Reason.SKIPPED_ALREADY_INSIDE and subject.rule.spec.digest is not None:
            written = "/digest"  # there the place is a digest's, whatever `mode` says
        path = f"{subject.rule.spec.path}{written}"
        try:
            found = guard.person(subject.candidate, subject.state)
        except Exception as error:  # fail closed, as in `decide`
            yield Line("entry", False, Reason.SKIPPED_ERROR.sentence(), f"{type(error).__name__}: {error}", path)
            continue
        told = _TOLD.get(guard.reason, _nothing)(subject)
        reason = refusal_by(guard, subject.candidate, subject.state) if found else guard.reason
        yield Line("entry", not found, _guard_sentence(reason, bool(found)), told, path)


def obstacle(subject: Subject, catalogue: Catalogue) -> str | None:
    """What the engine would say at the door, with the condition that fails or the values seen; None: come in."""
    refusal = decide(subject.candidate, subject.state)
    if refusal is None:
        return None
    audience = subject.rule.spec.audience
    if refusal.reason is Reason.SKIPPED_AUDIENCE and audience is not None:
        return f"{refusal.reason.sentence()} ({_failing(audience, subject, catalogue)})"
    seen = summary(refusal.detail, subject.rule.spec.zone)
    return f"{refusal.reason.sentence()} ({seen})" if seen else refusal.reason.sentence()


def trigger_obstacle(subject: Subject, catalogue: Catalogue, lines: Sequence[Line]) -> str | None:
    """What keeps the trigger from calling this person; None when nothing does."""
    refused = next((line for line in lines if line.ok is False), None)
    if refused is None:
        return None
    trigger = subject.rule.trigger
    if isinstance(trigger, EventTrigger) and subject.event is not None:
        where = trigger.where(subject.rule.spec.trigger.params)
        if where is not None:
            return say("insight.where_fails", condition=_failing(where, subject, catalogue))
    return f"{refused.sentence} ({refused.seen})" if refused.seen else refused.sentence


def _failing(condition: Condition, subject: Subject, catalogue: Catalogue) -> str:
    """The first condition of a list that does not hold, as a sentence with the value seen."""
    node = condition
    while isinstance(node, Group) and node.kind == "all" and node.items:
        node = next(item for item in node.items if not predicate(item)(subject.facts))
    event = subject.event.name if subject.event is not None else None
    seen = trace(node, subject.facts, catalogue, None, event)[0].seen
    return say("insight.unmet", condition=sentence(node, catalogue, None, event), seen=seen)


def _guard_sentence(reason: Reason, refused: bool) -> str:
    if refused:
        return reason.sentence()
    try:
        return say(f"insight.passes_{reason.value}")
    except LookupError:  # a guard that is newer than this table
        return reason.value


def _nothing(_: Subject) -> str:
    return ""


def _cooldown(subject: Subject) -> str:
    cooldown = subject.rule.spec.guards.cooldown
    if cooldown is None:
        return say("insight.not_set")
    last = subject.state.last.get((subject.contact_id, subject.rule.rule_id))
    told = say("insight.never_entered") if last is None else say("insight.last_entry", at=_time(subject, last))
    return say("insight.cooldown_of", duration=cooldown.sentence(), told=told)


def _holdout(subject: Subject) -> str:
    guards = subject.rule.spec.guards
    if not subject.rule.holdouts:
        return say("insight.not_set")
    return say("insight.holdout_of", rule=shown_share(guards.holdout), everything=shown_share(guards.global_holdout))


def _mode(subject: Subject) -> str:
    on_again, candidate = subject.rule.spec.mode.on_again, subject.candidate
    if subject.rule.spec.digest is not None:
        return ""
    inside = subject.state.inside.get((candidate.contact_id, candidate.rule.rule_id, candidate.mode_key or ""))
    return say("insight.would_queue", run=inside) if on_again == "queue" and inside else f"on_again: {on_again}"


def _limits(subject: Subject) -> str:
    limits = limits_of(subject.rule, "entries")
    if not limits:
        return say("insight.not_set")
    return ", ".join(
        limit_use(limit, subject.state.entries.count(limit, subject.contact_id, subject.rule, subject.state.now))
        for limit in limits
    )


def limit_use(limit: Limit, count: int) -> str:
    """How much of a limit is used up, in words."""
    return say("insight.limit_used", period=period_sentence(limit), max=limit.max, count=count)


_TOLD: dict[Reason, Callable[[Subject], str]] = {
    Reason.SKIPPED_COOLDOWN: _cooldown,
    Reason.SKIPPED_LIMIT: _limits,
    Reason.SKIPPED_HOLDOUT: _holdout,
    Reason.SKIPPED_ALREADY_INSIDE: _mode,
}
"""What each guard looks at, in words."""
_WRITTEN = {
    Reason.SKIPPED_AUDIENCE: "/audience",
    Reason.SKIPPED_HOLDOUT: "/guards/holdout",
    Reason.SKIPPED_COOLDOWN: "/guards/cooldown",
    Reason.SKIPPED_LIMIT: "/guards/limit",
    Reason.SKIPPED_ALREADY_INSIDE: "/mode",
}
"""Where each guard stands in its rule."""


def _event_lines(subject: Subject, trigger: EventTrigger, catalogue: Catalogue) -> Iterator[Line]:
    params, path = subject.rule.spec.trigger.params, f"{subject.rule.spec.path}/trigger"
    names = trigger.names(params)
    labels = ", ".join(catalogue.events[name].label.get() if name in catalogue.events else name for name in names)
    event = subject.event
    if event is None:
        key = "insight.no_event" if subject.rule.people is None else "insight.no_event_naming"
        yield Line("trigger", False, say(key, event=labels), path=path)
        return
    seen = say("insight.occurred", at=_time(subject, event.occurred_at), id=event.message_id)
    yield Line("trigger", True, say("insight.event_seen", event=labels), seen, path)
    where = trigger.where(params)
    if where is not None:
        yield from _traced("trigger", where, subject, catalogue, event.name, 1)


def own_turn(subject: Subject, trigger: ClockTrigger) -> datetime | None:
    """When it is this person's turn next, by their own zone where the trigger goes by it."""
    params: Any = subject.rule.spec.trigger.params
    return trigger.explain(params, _turning_zone(subject, trigger), subject.facts.contact, subject.now)


def _turning_zone(subject: Subject, trigger: ClockTrigger) -> ZoneInfo:
    spec = subject.rule.spec
    own = zone_of(subject.facts.contact, spec.zone) if trigger.by_own_zone(spec.trigger.params) else None
    return own or spec.zone


def _clock_lines(subject: Subject, trigger: ClockTrigger) -> Iterator[Line]:
    spec, path = subject.rule.spec, f"{subject.rule.spec.path}/trigger"
    params: Any = spec.trigger.params
    try:
        firing = trigger.next(params, _turning_zone(subject, trigger), subject.now)
        own = own_turn(subject, trigger)
    except Exception as error:  # a plugin, or a year whose holidays nobody knows yet
        text = error.text() if isinstance(error, AutomationError) else f"{type(error).__name__}: {error}"
        yield Line("trigger", False, say("insight.trigger_stands_still"), text, path)
        return
    seen = say("insight.at", at=_time(subject, to_ms(firing.at))) if firing else ""
    yield Line("trigger", firing is not None, say("insight.fires" if firing else "insight.never_fires"), seen, path)
    if own is not None:
        seen = say("insight.at", at=_time(subject, to_ms(own)))
        yield Line("trigger", True, say("insight.own_turn"), seen, path, 1)
    elif type(trigger).explain is not ClockTrigger.explain:
        yield Line("trigger", False, say("insight.no_own_turn"), "", path, 1)
    else:
        yield Line("trigger", None, say("insight.turn_unknown"), "", path, 1)


def _traced(
    kind: Kind, condition: Condition, subject: Subject, catalogue: Catalogue, event: str | None, depth: int
) -> Iterator[Line]:
    try:
        for line in trace(condition, subject.facts, catalogue, None, event):
            yield Line(kind, line.ok, line.sentence, line.seen, line.path, depth + line.depth)
    except Exception as error:  # a crashed condition lets nobody in
        yield Line(kind, False, Reason.SKIPPED_ERROR.sentence(), f"{type(error).__name__}: {error}", "", depth)


def _time(subject: Subject, ms: int) -> str:
    return shown_time(ms, subject.rule.spec.zone)
