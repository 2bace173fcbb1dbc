"""One step as one sentence, its branches left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from automation.calendars.duration import Duration
from automation.i18n import say
from automation.rules.days import days_sentence
from automation.rules.spec import Do, If, Repeat, Split, Step, Stop, Wait, WaitFor

if TYPE_CHECKING:
    from automation.insight.explain.subject import Subject


def step_sentence(subject: Subject, step: Step, *, brief: bool = False) -> str:
    """What the step does, led by the name it was given. `brief`: without what only the next steps need to know."""
    sentence = _SENTENCES[type(step)](subject, step)
    saved = step.save_as if isinstance(step, (Do, WaitFor)) else None
    if saved and not brief:
        sentence = say("explain.saved", sentence=sentence, name=saved)
    name = subject.step_name(step.path)
    return say("explain.named", name=name, sentence=sentence) if name else capital(sentence)


def capital(sentence: str) -> str:
    """With a capital letter in front, where the language has them."""
    return sentence[:1].upper() + sentence[1:]


def _do(subject: Subject, step: Do) -> str:
    told = subject.action_sentence(step)
    if step.on_error != subject.action(step).on_error_default:
        told = say(f"explain.on_error_{step.on_error}", sentence=told)
    return told


def _wait(subject: Subject, step: Wait) -> str:
    told = _wait_end(subject, step)
    if step.own_zone:
        told = say("explain.wait_own_zone", sentence=told)
    for name, policy in (("missing", step.if_missing), ("past", step.if_past)):
        if policy is not None:
            told = say(f"explain.if_{name}_{policy}", sentence=told)
    return told


def _wait_end(subject: Subject, step: Wait) -> str:
    if step.for_ is not None:
        return say("explain.wait", duration=step.for_.sentence())
    if step.ahead is not None:
        at = f"{step.at:%H:%M}" if step.at is not None else ""
        return say("explain.wait_ahead_1" if step.ahead == 1 else "explain.wait_ahead", days=step.ahead, at=at)
    if step.until is not None:
        told = say("explain.wait_time", until=f"{step.until:%H:%M}")
        return told if step.days is None else say("explain.wait_days", sentence=told, days=days_sentence(step.days))
    assert step.field is not None
    field, offset = subject.telling.field(step.field), step.offset
    if offset is None or not offset.amount:
        told = say("explain.wait_date", field=field)
    else:
        key = "explain.wait_before" if offset.amount < 0 else "explain.wait_after"
        told = say(key, field=field, offset=Duration(abs(offset.amount), offset.unit).sentence())
    return told if step.at is None else say("explain.wait_at", sentence=told, at=f"{step.at:%H:%M}")


def _wait_for(subject: Subject, step: WaitFor) -> str:
    telling = subject.telling
    where = telling.where(step.where, step.event)
    event = say("explain.happening", event=telling.happening(step.event), where=where)
    return say("explain.wait_for", event=event, within=step.within.sentence())


def _if(subject: Subject, step: If) -> str:
    return say("explain.if", condition=subject.telling.condition(step.condition))


def _split(_: Subject, step: Split) -> str:
    return say("explain.split", name=step.name)


def _repeat(subject: Subject, step: Repeat) -> str:
    told = say("explain.repeat", times=step.times)
    if step.every is not None:
        told = say("explain.repeat_every", sentence=told, every=step.every.sentence())
    if step.until is not None:
        told = say("explain.repeat_until", sentence=told, condition=subject.telling.condition(step.until))
    return told


def _stop(_: Subject, step: Stop) -> str:
    return say("explain.stop_because", reason=step.reason) if step.reason else say("explain.stop")


_SENTENCES: dict[type, Callable[[Subject, Any], str]] = {
    Do: _do,
    Wait: _wait,
    WaitFor: _wait_for,
    If: _if,
    Split: _split,
    Repeat: _repeat,
    Stop: _stop,
}
