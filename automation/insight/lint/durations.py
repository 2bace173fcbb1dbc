"""Durations that probably mean something else, and waits for a date that do not say what becomes of those without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from automation.calendars.duration import Duration
from automation.insight.lint.finding import Finding
from automation.rules.spec import Wait, each_step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from automation.insight.lint.bench import Bench
    from automation.rules.spec import RuleSpec

_LONG = frozenset({"within", "cooldown", "per", "for", "valid_for", "expires_after", "window", "older_than"})
"""Keys whose durations are seldom minutes."""
_MONTHS = frozenset({1, 2, 3, 4, 6, 9, 12, 18, 24, 36})
"""Amounts that people write of months; 5, 10, 15, 30 and the like are minutes."""


def minutes_for_months(_bench: Bench, rule: RuleSpec) -> Iterator[Finding]:
    """`within: 1m` is a minute, where a month was likely meant."""
    for path, key, value in _durations(rule.content, rule.path):
        if value.unit == "m" and value.amount in _MONTHS:
            params = {"key": key, "found": str(value), "month": f"{value.amount}mo"}
            yield Finding("L803", rule.file, rule.positions.line(path) or rule.line, 1, params)


def waits_without_policy(_bench: Bench, rule: RuleSpec) -> Iterator[Finding]:
    """A wait for a date says nothing of those who have none, or whose date is past: they go on at once."""
    for step in each_step(rule.steps):
        if isinstance(step, Wait) and step.field is not None:
            missing = [name for name in ("if_missing", "if_past") if getattr(step, name) is None]
            if missing:
                line = rule.positions.line(step.path) or rule.line
                yield Finding("L804", rule.file, line, 1, {"field": str(step.field), "keys": ", ".join(missing)})


def _durations(value: Any, path: str) -> Iterator[tuple[str, str, Duration]]:
    if isinstance(value, Mapping):
        for key, below in value.items():
            duration = Duration.parse(below) if key in _LONG and isinstance(below, str) else None
            if duration is not None:
                yield f"{path}/{key}", key, duration
            yield from _durations(below, f"{path}/{key}")
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for index, below in enumerate(value):
            yield from _durations(below, f"{path}/{index}")
