"""The steps as a numbered outline: branches stand below what they branch from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from automation.i18n import say
from automation.insight.explain.branches import Branch, branches_of
from automation.insight.explain.explanation import Line
from automation.insight.explain.sentences import capital, step_sentence

if TYPE_CHECKING:
    from automation.insight.explain.subject import Subject
    from automation.rules.spec import Step


def outline(subject: Subject) -> Iterator[Line]:
    """Every step of the rule, in reading order."""
    yield from _listed(subject, subject.spec.steps, 0)


def _listed(subject: Subject, steps: Sequence[Step], depth: int) -> Iterator[Line]:
    for number, step in enumerate(steps, 1):
        branches = branches_of(subject, step)
        sentence = step_sentence(subject, step)
        text = say("explain.then", sentence=sentence) if branches else sentence
        yield Line(text, depth, number, step.path)
        for branch in branches:
            yield from _branch(subject, branch, depth + 1)


def _branch(subject: Subject, branch: Branch, depth: int) -> Iterator[Line]:
    """A loop's body has no name of its own, a branch has; an empty one goes on."""
    if branch.bare:
        yield from _listed(subject, branch.steps, depth)
        return
    line = Line(say("explain.then", sentence=capital(branch.title)), depth, None, branch.path)
    if branch.steps:
        yield line
        yield from _listed(subject, branch.steps, depth + 1)
    else:
        yield replace(line, text=line.text + _gap() + say("explain.nothing"))


def _gap() -> str:
    return "" if say("explain.yes") == "是" else " "
