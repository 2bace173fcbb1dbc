"""Which event names somebody inside a rule listens to: so that an event nobody waits for costs one look-up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from automation.calendars.duration import Duration
from automation.rules.spec import WaitFor, each_step

if TYPE_CHECKING:
    from automation.engine.book import LoadedRule

_NAMING = frozenset({"event", "did", "did_not", "wait_for", "goal"})
"""Keys whose text may be an event's name. One too many does no harm."""


@dataclass(frozen=True)
class Listeners:
    """The rules that hear a name, and how long after the entry it can meet a goal at most (0: it is nobody's goal)."""

    rule_ids: frozenset[int]
    goal_ms: int = 0

    def __or__(self, other: Listeners) -> Listeners:
        return Listeners(self.rule_ids | other.rule_ids, max(self.goal_ms, other.goal_ms))


def listeners(rules: Iterable[LoadedRule], older: Iterable[tuple[int, Mapping[str, Any]]]) -> dict[str, Listeners]:
    """By event name. `older`: rule id and content of versions that people may still be inside of."""
    found: dict[str, Listeners] = {}
    for name, one in [*_of_rules(rules), *_of_contents(older)]:
        found[name] = found[name] | one if name in found else one
    return found


def _of_rules(rules: Iterable[LoadedRule]) -> Iterator[tuple[str, Listeners]]:
    for rule in rules:
        ids = frozenset({rule.rule_id})
        names = rule.exit_names | {step.event for step in each_step(rule.spec.steps) if isinstance(step, WaitFor)}
        yield from ((name, Listeners(ids)) for name in names)
        goal = rule.spec.goal
        if goal is not None:
            patience = rule.not_followed_by  # a goal counts from when nothing had followed
            waited = _longest(patience.within) if patience is not None else 0
            yield goal.event, Listeners(ids, _longest(goal.within) + waited)


def _of_contents(older: Iterable[tuple[int, Mapping[str, Any]]]) -> Iterator[tuple[str, Listeners]]:
    for rule_id, content in older:
        ids = frozenset({rule_id})
        trigger = content.get("trigger")
        called = trigger.get("with") if isinstance(trigger, Mapping) else None
        patience = called.get("not_followed_by") if isinstance(called, Mapping) else None
        goal_ms = _within(content.get("goal"))
        goal_ms += _within(patience) if goal_ms else 0
        yield from ((name, Listeners(ids, goal_ms)) for name in set(_names(content)))


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, below in value.items():
            if key in _NAMING and isinstance(below, str):
                yield below
            else:
                yield from _names(below)
    elif isinstance(value, list):
        for below in value:
            yield from _names(below)


def _within(content: Any) -> int:
    """The milliseconds of its `within`; 0 without one."""
    text = content.get("within") if isinstance(content, Mapping) else None
    within = Duration.parse(text) if isinstance(text, str) else None
    return 0 if within is None else _longest(within)


def _longest(within: Duration) -> int:
    """In milliseconds."""
    return within.longest // timedelta(milliseconds=1)
