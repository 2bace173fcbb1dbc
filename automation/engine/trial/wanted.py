"""What somebody wants tested: a rule of the files, or a template."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from automation.catalogue.nearest import offer
from automation.errors import AutomationError

if TYPE_CHECKING:
    from automation.rules.project import Project
    from automation.rules.spec import RuleSpec


class Wanted(NamedTuple):
    """The rule, or else the template's name."""

    rule: RuleSpec | None
    template: str = ""


def wanted(project: Project, text: str) -> Wanted:
    """`order_thanks`, or `rule:order_thanks` where a template has the same name.

    AutomationError when there is neither, when both are meant, or when the rule is broken.
    """
    prefix, colon, rest = text.partition(":")
    scope = prefix if colon and prefix in ("rule", "template") else None
    name = rest if scope else text
    rules = {spec.id: spec for spec in project.checked.rules} if scope != "template" else {}
    broken = {rule.id: rule for rule in project.checked.broken} if scope != "template" else {}
    templates = project.templates.names() if scope != "rule" else set()
    if name in templates and (name in rules or name in broken):
        raise AutomationError("trial.both", found=name)
    if name in rules:
        return Wanted(rules[name])
    if name in broken:
        shown = broken[name].problems[0].shown() if broken[name].problems else ""
        raise AutomationError("trial.broken_rule", rule=name, problem=shown)
    if name in templates:
        return Wanted(None, name)
    known = {*rules, *templates}
    raise AutomationError("trial.nothing_named", **offer(name, known), known=", ".join(sorted(known)) or "–")
