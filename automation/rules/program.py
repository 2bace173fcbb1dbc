"""A rule's steps as one flat list of operations: a run's place is a number that never changes its meaning."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from automation.rules.spec import Do, If, RuleSpec, Split, Step, Stop, Wait

if TYPE_CHECKING:
    from pydantic import BaseModel

    from automation.rules.conditions.tree import Condition


@dataclass(frozen=True)
class Act:
    """Run an action."""

    path: str
    action: str
    params: BaseModel
    save_as: str | None
    on_error: Literal["stop", "continue"]


@dataclass(frozen=True)
class Pause:
    """Wait, then go on with the next operation."""

    path: str
    step: Wait


@dataclass(frozen=True)
class Branch:
    """Go on with the next operation if the condition holds, else with `otherwise`."""

    path: str
    condition: Condition
    otherwise: int


@dataclass(frozen=True)
class Jump:
    """Go on with `to`."""

    to: int


@dataclass(frozen=True)
class Fork:
    """Go on at the target of one arm, see `arm_of`. An arm is its name, its weight and its target."""

    path: str
    name: str
    arms: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class End:
    """The run is over: by a stop step, which has a path, or because nothing comes next."""

    path: str | None = None
    reason: str | None = None


Op: TypeAlias = Act | Pause | Branch | Jump | Fork | End


@dataclass(frozen=True)
class Program:
    """Runs begin at 0. The last operation is the End that everything else comes to."""

    ops: tuple[Op, ...]

    def __getitem__(self, position: int) -> Op:
        return self.ops[position]

    def __len__(self) -> int:
        return len(self.ops)


def compile_program(spec: RuleSpec) -> Program:
    """The same content always gives the same positions."""
    ops: list[Op] = []
    _steps(spec.steps, ops)
    ops.append(End())
    return Program(tuple(ops))


def arm_of(spec_id: str, split_name: str, contact_id: int, arms: Sequence[tuple[str, int, int]]) -> int:
    """The index of a contact's arm: the same for ever, by weight, and independent of other rules and splits."""
    digest = hashlib.blake2b(f"{spec_id}\0{split_name}\0{contact_id}".encode(), digest_size=8).digest()
    point = int.from_bytes(digest) * sum(weight for _, weight, _ in arms) >> 64
    for index, (_, weight, _) in enumerate(arms):
        point -= weight
        if point < 0:
            return index
    raise ValueError("a split needs arms with a weight")


def _steps(steps: Sequence[Step], ops: list[Op]) -> None:
    for step in steps:
        if isinstance(step, Do):
            ops.append(Act(step.path, step.action, step.params, step.save_as, step.on_error))
        elif isinstance(step, Wait):
            ops.append(Pause(step.path, step))
        elif isinstance(step, If):
            _branch(step, ops)
        elif isinstance(step, Split):
            _fork(step, ops)
        elif isinstance(step, Stop):
            ops.append(End(step.path, step.reason))


def _branch(step: If, ops: list[Op]) -> None:
    at = _hold(ops)
    _steps(step.then, ops)
    if not step.orelse:
        ops[at] = Branch(step.path, step.condition, len(ops))
        return
    leave = _hold(ops)
    ops[at] = Branch(step.path, step.condition, len(ops))
    _steps(step.orelse, ops)
    ops[leave] = Jump(len(ops))


def _fork(step: Split, ops: list[Op]) -> None:
    at = _hold(ops)
    targets, leaves = [], []
    for arm in step.arms:
        targets.append((arm.name, arm.weight, len(ops)))
        _steps(arm.steps, ops)
        leaves.append(_hold(ops))
    ops[at] = Fork(step.path, step.name, tuple(targets))
    for leave in leaves:
        ops[leave] = Jump(len(ops))


def _hold(ops: list[Op]) -> int:
    """The position of an operation whose target is not known yet."""
    ops.append(End())
    return len(ops) - 1
