"""The door: a rule of a project, or any rule at all, with everything that it says put into words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automation.catalogue.nearest import offer
from automation.errors import AutomationError
from automation.insight.explain.chart import draw
from automation.insight.explain.explanation import Explanation, Part
from automation.insight.explain.parts import PARTS
from automation.insight.explain.subject import Subject

if TYPE_CHECKING:
    from automation.catalogue.model import Catalogue
    from automation.plugin import Registry
    from automation.rules.project import Project
    from automation.rules.spec import RuleSpec


def explain(project: Project, key: str) -> Explanation:
    """The rule `key` as the files have it. AutomationError for one that nobody knows, or that has a mistake."""
    spec = next((spec for spec in project.checked.rules if spec.id == key), None)
    if spec is not None:
        return explain_rule(spec, project.catalogue, project.registry)
    broken = next((rule for rule in project.checked.broken if rule.id == key), None)
    if broken is not None:
        reason = broken.problems[0].shown() if broken.problems else ""
        raise AutomationError("explain.broken", rule=key, reason=reason)
    known = sorted([*(rule.id for rule in project.checked.rules), *(rule.id for rule in project.checked.broken)])
    raise AutomationError("insight.no_rule", **offer(key, known), known=", ".join(known) or "–")


def explain_rule(spec: RuleSpec, catalogue: Catalogue, registry: Registry) -> Explanation:
    """Any rule, a stored version too, in the language of the moment."""
    subject = Subject(spec, catalogue, registry)
    parts = tuple(Part(part.key, lines) for part in PARTS if (lines := tuple(part.tell(subject))))
    return Explanation(spec.id, spec.name, spec.version, parts, draw(subject))
