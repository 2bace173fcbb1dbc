"""What of a rule its cases have reached: steps, sides of branches, and guards that held somebody back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from automation.engine.delivery.message_guards import TRANSACTIONAL
from automation.i18n import say
from automation.insight.rule_tests.record import reasons_in
from automation.reasons import Reason
from automation.rules.spec import Do, If, Split, Stop, WaitFor, each_step

if TYPE_CHECKING:
    from automation.insight.rule_tests.record import Record
    from automation.plugin import Registry
    from automation.rules.spec import Guards, RuleSpec
    from automation.store.types import AnyRow

_Guard: TypeAlias = tuple[str, str, "Sequence[Reason]"]
"""What can hold people back: its name, where it stands in the rule, and the reasons that show it at work."""


@dataclass(frozen=True)
class Unit:
    """One thing that a case can reach. `key` tells it from the others of its rule; `guard`: it holds people back."""

    key: tuple[str, str]  # a path and a side of it
    what: str
    place: str  # `rules.yaml:42`, or the path
    guard: bool = False


@dataclass(frozen=True)
class Coverage:
    """Of one rule."""

    rule: str
    units: Sequence[Unit]
    reached: frozenset[tuple[str, str]]

    @property
    def never(self) -> list[Unit]:
        return [unit for unit in self.units if unit.key not in self.reached]

    def count(self, *, guards: bool) -> tuple[int, int]:
        """How many were reached and how many there are, of the guards or of the steps and branches."""
        units = [unit for unit in self.units if unit.guard is guards]
        return sum(unit.key in self.reached for unit in units), len(units)

    @property
    def percent(self) -> int:
        """Rounded down, so that 100 means all."""
        return 100 * (len(self.units) - len(self.never)) // len(self.units) if self.units else 100

    def as_dict(self) -> dict[str, Any]:
        never = [
            {"what": unit.what, "path": unit.key[0], "side": unit.key[1], "place": unit.place} for unit in self.never
        ]
        reached = len(self.units) - len(self.never)
        return {
            "rule": self.rule,
            "reached": reached,
            "total": len(self.units),
            "percent": self.percent,
            "never": never,
        }


def coverage_of(spec: RuleSpec, registry: Registry, records: Iterable[Record]) -> Coverage:
    """What all cases of a rule have reached together."""
    guards = list(_guards(spec, registry))
    units = [*_of_steps(spec), *_of_guards(spec, guards)]
    reached = frozenset(key for record in records for row in record.rows for key in _reached(spec, guards, row))
    return Coverage(spec.id, units, reached)


# ---------------------------------------------------------------- what there is


def _of_steps(spec: RuleSpec) -> Iterator[Unit]:
    for step in each_step(spec.steps):
        place = spec.positions.place(step.path) or step.path
        name = step.path.removeprefix(f"{spec.path}/")
        if isinstance(step, If):
            yield Unit((step.path, "then"), f"{name}: {say('tests.branch_then')}", place)
            yield Unit((step.path, "else"), f"{name}: {say('tests.branch_else')}", place)
        elif isinstance(step, WaitFor):
            yield Unit((step.path, "came"), f"{name}: {say('tests.wait_came', event=step.event)}", place)
            yield Unit((step.path, "missing"), f"{name}: {say('tests.wait_missing', event=step.event)}", place)
        elif isinstance(step, Split):
            for arm in step.arms:
                yield Unit((step.path, arm.name), f"{name}: {say('tests.split_arm', arm=arm.name)}", place)
        else:
            kind = step.action if isinstance(step, Do) else "stop" if isinstance(step, Stop) else "wait"
            yield Unit((step.path, ""), f"{name} ({kind})", place)


def _of_guards(spec: RuleSpec, guards: Iterable[_Guard]) -> Iterator[Unit]:
    for name, path, _ in guards:
        place = spec.positions.place(f"{spec.path}/{path}") or f"{spec.path}/{path}"
        yield Unit((f"{spec.path}/{path}", name), say(f"tests.guard_{name}"), place, guard=True)


def _guards(spec: RuleSpec, registry: Registry) -> Iterator[_Guard]:
    """Those of one rule, in the order in which they are asked."""
    guards, again = spec.guards, spec.mode.on_again
    if spec.audience is not None:
        yield "audience", "audience", (Reason.SKIPPED_AUDIENCE,)
    if guards.holdout or guards.global_holdout:
        yield "holdout", "guards/holdout", (Reason.SKIPPED_HOLDOUT,)
    if guards.cooldown is not None:
        yield "cooldown", "guards/cooldown", (Reason.SKIPPED_COOLDOWN,)
    if guards.limit:
        yield "limit", "guards/limit", (Reason.SKIPPED_LIMIT,)
    if spec.digest is not None:
        yield "collected", "digest", (Reason.SKIPPED_COLLECTED,)
    elif again in _AGAIN:
        name, reason = _AGAIN[again]
        yield name, "mode", (reason,)
    if spec.exit_when is not None:
        yield "exit", "exit_when", (Reason.EXITED_CONDITION,)
    actions = {step.action for step in each_step(spec.steps) if isinstance(step, Do)}
    if any(getattr(registry.actions.get(name), "sends", False) for name in actions):
        yield from _message_guards(guards)


_AGAIN: Mapping[str, tuple[str, Reason]] = {
    "skip": ("already_inside", Reason.SKIPPED_ALREADY_INSIDE),
    "restart": ("restart", Reason.EXITED_RESTARTED),
    "queue": ("queue", Reason.QUEUED_BEHIND),
}


_QUIET = (Reason.HELD_QUIET_HOURS, Reason.SKIPPED_QUIET_HOURS)


def _message_guards(guards: Guards) -> Iterator[_Guard]:
    marketing = guards.purpose != TRANSACTIONAL
    if marketing:
        yield "consent", "guards/consent", (Reason.SKIPPED_CONSENT,)
    if guards.frequency_cap and marketing:
        yield "frequency_cap", "guards/frequency_cap", (Reason.SKIPPED_FREQUENCY_CAP,)
    if guards.quiet_hours:
        yield "quiet_hours", "guards/quiet_hours", _QUIET
    if guards.send_window:
        yield "send_window", "guards/send_window", _QUIET
    if guards.budget is not None:
        yield "budget", "guards/budget", (Reason.SKIPPED_BUDGET,)


# ---------------------------------------------------------------- what was reached


def _reached(spec: RuleSpec, guards: Iterable[_Guard], row: AnyRow) -> Iterator[tuple[str, str]]:
    if row.step is not None:
        yield row.step, ""
        yield row.step, _side(row)
    reasons = reasons_in(row)
    for name, path, shown_by in guards:
        if not reasons.isdisjoint(reason.value for reason in shown_by):
            yield f"{spec.path}/{path}", name


def _side(row: AnyRow) -> str:
    """The side of a branch, the arm of a split, whether an event came."""
    if row.code in (Reason.EVENT_CAME, Reason.EVENT_MISSING):
        return "came" if row.code == Reason.EVENT_CAME else "missing"
    detail = row.detail or {}
    return str(detail.get("branch") or detail.get("arm") or "")
