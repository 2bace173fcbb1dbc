"""Limits that hold nothing: of coupons or messages in a rule that gives none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automation.insight.lint.finding import Finding
from automation.rules.spec import Do, each_step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from automation.insight.lint.bench import Bench
    from automation.rules.spec import RuleSpec

_GIVES = {"coupons": "issues_coupons", "messages": "sends"}


def idle_limits(bench: Bench, rule: RuleSpec) -> Iterator[Finding]:
    """A limit that the rule itself names, of what none of its steps gives."""
    line = rule.positions.line(f"{rule.path}/guards/limit")
    if not rule.guards.limit or line is None or line < rule.line:  # that of `defaults:` is for rules of all kinds
        return
    actions = [
        bench.project.registry.actions.get(step.action) for step in each_step(rule.steps) if isinstance(step, Do)
    ]
    for of, attribute in _GIVES.items():
        given = any(getattr(action, attribute, False) for action in actions)
        if not given and any(limit.of == of and limit.scope == "rule" for limit in rule.guards.limit):
            yield Finding("L805", rule.file, line, 1, {"of": of})
