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
    own = rule.content.get("guards", {}).get("limit")
    line = rule.positions.line(f"{rule.path}/guards/limit")
    if not own or line is None:
        return
    actions = [
        bench.project.registry.actions.get(step.action) for step in each_step(rule.steps) if isinstance(step, Do)
    ]
    for of, attribute in _GIVES.items():
        given = any(getattr(action, attribute, False) for action in actions)
        if not given and any(limit.of == of and limit.scope == "rule" for limit in rule.guards.limit):
            yield Finding("L805", rule.file, line, 1, {"of": of})
