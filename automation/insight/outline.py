"""A rule's steps as an outline: one stop for each step, and one for each side of a branch and arm of a split."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from automation.rules.conditions.sentence import sentence
from automation.rules.spec import Do, If, Repeat, RuleSpec, Split, Step, Wait, WaitFor

if TYPE_CHECKING:
    from automation.catalogue.model import Catalogue
    from automation.rules.positions import Positions


@dataclass(frozen=True)
class Stop:
    """`way`: a side of the step at `path` ("then", "else", an arm), "" for the step itself. Keywords stay English."""

    path: str
    depth: int
    label: str
    way: str = ""
    place: str = ""


def outline(spec: RuleSpec, catalogue: Catalogue) -> Iterator[Stop]:
    """In reading order; what stands below a branch is one deeper than its side."""
    yield from _Outline(catalogue, spec.positions).steps(spec.steps, 0)


@dataclass(frozen=True)
class _Outline:
    catalogue: Catalogue
    positions: Positions

    def steps(self, steps: tuple[Step, ...], depth: int) -> Iterator[Stop]:
        for step in steps:
            yield Stop(step.path, depth, self.label(step), "", self.positions.place(step.path))
            yield from self.below(step, depth)

    def below(self, step: Step, depth: int) -> Iterator[Stop]:
        if isinstance(step, If):
            yield from self.side(step.path, "then", step.then, depth)
            yield from self.side(step.path, "else", step.orelse, depth)
        elif isinstance(step, WaitFor):
            yield from self.steps(step.then, depth + 1)
            yield from self.steps(step.orelse, depth + 1)
        elif isinstance(step, Repeat):
            yield from self.steps(step.steps, depth + 1)
        elif isinstance(step, Split):
            for arm in step.arms:
                yield from self.side(step.path, arm.name, arm.steps, depth)

    def side(self, path: str, way: str, steps: tuple[Step, ...], depth: int) -> Iterator[Stop]:
        yield Stop(path, depth + 1, way, way, self.positions.place(f"{path}/arms/{way}"))
        yield from self.steps(steps, depth + 2)

    def label(self, step: Step) -> str:
        """As it is written, in short."""
        if isinstance(step, Do):
            template = getattr(step.params, "template", None)
            return f"{step.action} {template}" if isinstance(template, str) else step.action
        if isinstance(step, Wait):
            return f"wait {_until(step)}"
        if isinstance(step, WaitFor):
            return f"wait_for {step.event} ≤ {step.within}"
        if isinstance(step, If):
            return f"if {sentence(step.condition, self.catalogue, None, None)}"
        if isinstance(step, Split):
            return f"split {step.name}"
        if isinstance(step, Repeat):
            return f"repeat × {step.times}"
        return f"stop {step.reason or ''}".rstrip()


def _until(step: Wait) -> str:
    if step.for_ is not None:
        return str(step.for_)
    if step.ahead is not None:
        return f"{step.ahead}d, {step.at:%H:%M}" if step.at is not None else f"{step.ahead}d"
    if step.until is not None:
        return f"until {step.until:%H:%M}"
    return f"until {step.field}"
