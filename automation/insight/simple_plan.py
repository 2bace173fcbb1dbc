"""A plan without a forecast: which rules would change, and at most how many people that can reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from automation.insight.planning.changes import RuleChange, changes
from automation.insight.planning.hashing import plan_hash
from automation.rules.published import published_project, running_id
from automation.store.contacts import count_contacts

if TYPE_CHECKING:
    from datetime import datetime

    from automation.calendars.duration import Duration
    from automation.rules.project import Project
    from automation.store.database import Database


@dataclass(frozen=True)
class SimplePlan:
    """`reach` is everybody as soon as an enabled rule is new or changes: nobody asked who it would really be."""

    files: str
    running: int | None
    changes: Sequence[RuleChange]
    reach: int

    @cached_property
    def hash(self) -> str:
        return plan_hash(self.files, self.running, self.reach)

    def as_dict(self) -> dict[str, Any]:
        changed = [change.as_dict() for change in self.changes]
        return {"hash": self.hash, "running": self.running, "reach": self.reach, "changes": changed}


def simple_plan(database: Database, project: Project, now: datetime, horizon: Duration) -> SimplePlan:
    """What would change if `project` ran from now on; it looks at neither the clock nor the horizon."""
    base = running_id(database)
    old = () if base is None else published_project(project.settings, database, base).checked.rules
    found = changes(old, project.checked.rules)
    entering = {spec.id for spec in project.checked.rules if spec.enabled} & {change.id for change in found}
    with database.read() as conn:
        reach = count_contacts(conn) if entering else 0
    return SimplePlan(project.files.hash, base, found, reach)
