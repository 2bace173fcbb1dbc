"""A rule's steps as one flat list of operations: a run's place is a number that never changes its meaning."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from automation.rules.spec import Digest, Do, If, Repeat, RuleSpec, Split, Step, Stop, Wait, WaitFor

if TYPE_CHECKING:
    from pydantic import BaseModel

    from automation.calendars.duration import Duration
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
    """Wait, then go on with the next operation. `skip_to`: where those go on who leave out the steps behind it."""

    path: str
    step: Wait
    skip_to: int = 0


@dataclass(frozen=True)
class Await:
    """Wait for an event: when it comes, go on with the next operation; after `within`, with `otherwise`."""

    path: str
    event: str
    where: Condition | None
    within: Duration
    save_as: str | None
    otherwise: int


@dataclass(frozen=True)
class Collect:
    """Wait while the person's events are collected."""

    path: str
    digest: Digest


@dataclass(frozen=True)
class Gather:
    """Take what was collected, and go on once for all of it."""

    path: str


@dataclass(frozen=True)
class Round:
    """Begin one more round with the next operation; after `times` of them, or when `until` holds, go on at `leave`.

    `loop` names the counter of the rounds: the step's id where it has one, so that it outlives an edit, or its path.
    """

    path: str
    loop: str
    times: int
    until: Condition | None
    leave: int


@dataclass(frozen=True)
class Rest:
    """A round is over: pause for `every` and go on at `begin`; at `leave` when no round is left to begin."""

    path: str
    loop: str
    times: int
    every: Duration | None
    begin: int
    leave: int


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


Op: TypeAlias = Act | Pause | Await | Collect | Gather | Branch | Round | Rest | Jump | Fork | End


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
    return Program(tuple(_Compiler().compile(spec)))


def step_positions(spec: RuleSpec) -> dict[str, int]:
    """Where each step that has an id begins in the rule's program. No two steps begin at the same position."""
    compiler = _Compiler()
    compiler.compile(spec)
    return compiler.places


def arm_of(spec_id: str, split_name: str, contact_id: int, arms: Sequence[tuple[str, int, int]]) -> int:
    """The index of a contact's arm: the same for ever, by weight, and independent of other rules and splits."""
    digest = hashlib.blake2b(f"{spec_id}\0{split_name}\0{contact_id}".encode(), digest_size=8).digest()
    point = int.from_bytes(digest) * sum(weight for _, weight, _ in arms) >> 64
    for index, (_, weight, _) in enumerate(arms):
        point -= weight
        if point < 0:
            return index
    raise ValueError("a split needs arms with a weight")


class _Compiler:
    """Lays steps out one after the other; `places` keeps where those with an id begin."""

    def __init__(self) -> None:
        self.ops: list[Op] = []
        self.places: dict[str, int] = {}

    def compile(self, spec: RuleSpec) -> list[Op]:
        if spec.digest is not None:
            self.ops += [Collect(spec.digest.path, spec.digest), Gather(spec.digest.path)]
        self._steps(spec.steps)
        self.ops.append(End())
        return self.ops

    def _steps(self, steps: Sequence[Step]) -> None:
        skipping: list[int] = []
        for step in steps:
            if isinstance(step, (Wait, WaitFor)):
                self._land(skipping)
            if step.id is not None:
                self.places[step.id] = len(self.ops)
            if isinstance(step, Wait) and step.may_skip:
                skipping.append(len(self.ops))
            self._step(step)
        self._land(skipping)

    def _land(self, skipping: list[int]) -> None:
        """Who left out the steps behind these pauses goes on here: before the next wait, or behind the list."""
        for position in skipping:
            pause = self.ops[position]
            assert isinstance(pause, Pause)
            self.ops[position] = replace(pause, skip_to=len(self.ops))
        skipping.clear()

    def _step(self, step: Step) -> None:
        if isinstance(step, Do):
            self.ops.append(Act(step.path, step.action, step.params, step.save_as, step.on_error))
        elif isinstance(step, Wait):
            self.ops.append(Pause(step.path, step))
        elif isinstance(step, WaitFor):
            self._await(step)
        elif isinstance(step, If):
            at = self._hold()
            self.ops[at] = Branch(step.path, step.condition, self._either(step.then, step.orelse))
        elif isinstance(step, Repeat):
            self._repeat(step)
        elif isinstance(step, Split):
            self._fork(step)
        elif isinstance(step, Stop):
            self.ops.append(End(step.path, step.reason))

    def _await(self, step: WaitFor) -> None:
        at = self._hold()
        otherwise = self._either(step.then, step.orelse)
        self.ops[at] = Await(step.path, step.event, step.where, step.within, step.save_as, otherwise)

    def _either(self, then: Sequence[Step], orelse: Sequence[Step]) -> int:
        """Both branches, one after the other; returns where the second one begins."""
        self._steps(then)
        if not orelse:
            return len(self.ops)
        leave = self._hold()
        otherwise = len(self.ops)
        self._steps(orelse)
        self.ops[leave] = Jump(len(self.ops))
        return otherwise

    def _repeat(self, step: Repeat) -> None:
        begin, loop = self._hold(), step.id or step.path
        self._steps(step.steps)
        end = self._hold()
        self.ops[begin] = Round(step.path, loop, step.times, step.until, len(self.ops))
        self.ops[end] = Rest(step.path, loop, step.times, step.every, begin, len(self.ops))

    def _fork(self, step: Split) -> None:
        at = self._hold()
        targets, leaves = [], []
        for arm in step.arms:
            targets.append((arm.name, arm.weight, len(self.ops)))
            self._steps(arm.steps)
            leaves.append(self._hold())
        self.ops[at] = Fork(step.path, step.name, tuple(targets))
        for leave in leaves:
            self.ops[leave] = Jump(len(self.ops))

    def _hold(self) -> int:
        """The position of an operation whose target is not known yet."""
        self.ops.append(End())
        return len(self.ops) - 1
