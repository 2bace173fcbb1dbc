"""Simulate: the stored events and the dates of a stretch of the past go through rules once more, on a copy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from automation.catalogue.nearest import offer
from automation.clock import from_ms, to_ms
from automation.errors import AutomationError
from automation.insight.rehearsal.feed import feed
from automation.insight.rehearsal.outlook import RuleOutlook, read_outlook
from automation.insight.rehearsal.rehearsal import Rehearsal, Scratch

if TYPE_CHECKING:
    from datetime import datetime

    from automation.rules.project import Project
    from automation.store.database import Database


@dataclass(frozen=True)
class Simulated:
    """What a stretch of time came to. `rules`: those that were asked about; all rules of the project took part."""

    begin: datetime
    end: datetime
    events: int
    rules: dict[str, RuleOutlook]

    def as_dict(self) -> dict[str, Any]:
        return {
            "from": self.begin.isoformat(), "to": self.end.isoformat(), "events": self.events,
            "rules": [rule.as_dict() for rule in self.rules.values()],
        }  # fmt: skip


class SimulationError(AutomationError):
    """A stretch of time, or a rule, that can't be simulated."""


def simulate(
    database: Database,
    project: Project,
    begin: datetime,
    end: datetime,
    *,
    rule: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> Simulated:
    """Replay [begin, end) through the project's rules; nothing is sent, and `database` is only read.

    SimulationError for an unknown rule or a stretch that ends before it begins. `progress` gets the number of events
    of each batch. Profiles, tags and consents are as they are now; nobody is inside when it begins.
    """
    _check(project, rule, begin, end)
    events = 0

    def count(taken: int) -> None:
        nonlocal events
        events += taken
        if progress is not None:
            progress(taken)

    with Scratch(database) as scratch:
        scratch.as_of(begin)
        rehearsal = Rehearsal(scratch.database, project, begin)
        try:
            last = end - timedelta(milliseconds=1)
            rehearsal.live(last, feed(database, begin, end), count)
        finally:
            rehearsal.close()
        rules = read_outlook(scratch.database, project, from_ms(to_ms(begin)), None if rule is None else [rule])
    return Simulated(begin, end, events, rules)


def _check(project: Project, rule: str | None, begin: datetime, end: datetime) -> None:
    if begin >= end:
        raise SimulationError("simulation.no_time", begin=begin.isoformat(), end=end.isoformat())
    known = sorted(spec.id for spec in project.checked.rules)
    if rule is not None and rule not in known:
        raise SimulationError("insight.no_rule", **offer(rule, known), known=", ".join(known) or "–")
