"""What a step branches into: the ways on from `if`, `split`, `wait_for`, `repeat`, each with its name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from automation.i18n import say
from automation.rules.spec import If, Repeat, Split, Step, WaitFor

if TYPE_CHECKING:
    from automation.insight.explain.subject import Subject


@dataclass(frozen=True)
class Branch:
    """One way on. `bare`: the steps below follow at once, as in a loop; `path` is set where a condition is asked."""

    title: str
    steps: tuple[Step, ...]
    path: str = ""
    bare: bool = False


def branches_of(subject: Subject, step: Step) -> tuple[Branch, ...]:
    """In reading order; an `if` with `elif` is one chain, as it was written."""
    if isinstance(step, If):
        first, *others = chain(step)
        ways = [Branch(say("explain.if_so"), first.then)]
        ways += [
            Branch(say("explain.elif", condition=subject.telling.condition(each.condition)), each.then, each.path)
            for each in others
        ]
        return (*ways, Branch(say("explain.else"), (others or [first])[-1].orelse))
    if isinstance(step, WaitFor):
        return (Branch(say("explain.came"), step.then), Branch(say("explain.missed"), step.orelse))
    if isinstance(step, Split):
        total = sum(arm.weight for arm in step.arms)
        return tuple(Branch(arm_title(arm.name, arm.weight, total), arm.steps) for arm in step.arms)
    return (Branch("", step.steps, bare=True),) if isinstance(step, Repeat) else ()


def chain(step: If) -> list[If]:
    """The `if` and its `elif`s, whose paths say that they are."""
    found = [step]
    while len(found[-1].orelse) == 1:
        (below,) = found[-1].orelse
        if not isinstance(below, If) or below.path != f"{step.path}/elif/{len(found) - 1}":
            break
        found.append(below)
    return found


def arm_title(name: str, weight: int, total: int) -> str:
    return say("explain.arm", arm=name, share=f"{100 * weight / total:.4g}%")
