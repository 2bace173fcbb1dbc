"""The parts of an explanation in reading order, each with the fields of a rule that it tells.

A field that stands in no part and not in NOT_TOLD is one that somebody forgot to explain; a test looks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from automation.i18n import say
from automation.insight.explain.explanation import Line
from automation.insight.explain.guards import entry_sentences, message_sentences
from automation.insight.explain.handling import HANDLING, handling_sentences
from automation.insight.explain.outline import outline
from automation.rules.conditions.tree import Group

if TYPE_CHECKING:
    from automation.insight.explain.subject import Subject

NOT_TOLD = {
    "id": "the heading has it",
    "name": "the heading has it",
    "positions": "where each path stands in its file: for editors, not for readers",
}


@dataclass(frozen=True)
class PartOf:
    """One part: its heading's key, the fields of RuleSpec behind it, and its lines."""

    key: str
    fields: tuple[str, ...]
    tell: Callable[[Subject], Iterable[Line]]


def _about(subject: Subject) -> Iterator[Line]:
    spec = subject.spec
    if spec.owner:
        yield Line(say("explain.owner", owner=spec.owner))
    if not spec.enabled:
        yield Line(say("explain.disabled"))
    yield Line(say("explain.zone", zone=spec.zone.key))
    key = "explain.version" if spec.file else "explain.version_alone"
    yield Line(say(key, version=spec.version, file=spec.file, line=spec.line))


def _trigger(subject: Subject) -> Iterator[Line]:
    yield Line(subject.trigger_sentence())


def _audience(subject: Subject) -> Iterator[Line]:
    audience, telling = subject.spec.audience, subject.telling
    if audience is None:
        yield Line(say("explain.everybody"))
    elif isinstance(audience, Group) and audience.kind == "all" and len(audience.items) > 1:
        yield Line(say("explain.all_conditions"))
        yield from (Line(telling.condition(item), 1) for item in audience.items)
    else:
        yield Line(say("explain.one_condition", condition=telling.condition(audience)))


def _exit(subject: Subject) -> Iterator[Line]:
    if subject.spec.exit_when is not None:
        yield Line(say("explain.exit", condition=subject.telling.condition(subject.spec.exit_when)))


def _goal(subject: Subject) -> Iterator[Line]:
    goal, telling = subject.spec.goal, subject.telling
    if goal is not None:
        where = telling.where(goal.where, goal.event)
        event = say("explain.happening", event=telling.happening(goal.event), where=where)
        yield Line(say("explain.goal", event=event, within=goal.within.sentence()))


def _plain(sentences: Callable[[Subject], Iterable[str]]) -> Callable[[Subject], Iterable[Line]]:
    return lambda subject: (Line(sentence) for sentence in sentences(subject))


PARTS = (
    PartOf("about", ("owner", "enabled", "zone", "version", "file", "line"), _about),
    PartOf("trigger", ("trigger",), _trigger),
    PartOf("audience", ("audience",), _audience),
    PartOf("entry", ("guards", "mode", "digest", "max_audience"), _plain(entry_sentences)),
    PartOf("steps", ("steps",), outline),
    PartOf("message", ("guards",), _plain(message_sentences)),
    PartOf("exit", ("exit_when",), _exit),
    PartOf("goal", ("goal",), _goal),
    PartOf("handling", (*HANDLING, "content", "cases"), _plain(handling_sentences)),
)
