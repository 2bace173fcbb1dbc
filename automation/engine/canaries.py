"""Which rules of a project run in two versions while a canary runs, and whether they can."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from automation.errors import AutomationError
from automation.rules.canary import variants
from automation.triggers.base import ClockTrigger, EventTrigger

if TYPE_CHECKING:
    from automation.rules.project import Project
    from automation.rules.spec import RuleSpec


def apart(project: Project) -> Mapping[str, RuleSpec | None]:
    """`variants`, checked. AutomationError for a rule of which the engine can't run two versions at once."""
    found = variants(project)
    here = {spec.id: spec for spec in project.checked.rules}
    broken = {rule.id for rule in project.checked.broken}
    for key, theirs in found.items():
        ours = here.get(key)
        if theirs is None:
            continue
        if key in broken or (ours is not None and not ours.enabled):  # people wait inside, who are everybody's
            raise AutomationError("canary.enables", rule=key)
        if ours is not None and ours.priority != theirs.priority:
            raise AutomationError("canary.other_priority", rule=key)
        if _source(project, theirs) != (_source(project, ours) if ours is not None else None):
            raise AutomationError("canary.other_source", rule=key)
    return found


def _source(project: Project, spec: RuleSpec) -> Any:
    """The segment or the query that a trigger follows: one state is kept of it, and it is everybody's."""
    trigger, params = project.registry.triggers[spec.trigger.type](), spec.trigger.params
    if isinstance(trigger, ClockTrigger):
        watch = trigger.watches(params)
        return None if watch is None else (watch, spec.zone.key)
    return trigger.polls(params) if isinstance(trigger, EventTrigger) else None
