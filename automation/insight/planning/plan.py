"""The plan: the edited files against what runs now, lived through ahead of time on two copies of the live data."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias
from zoneinfo import ZoneInfo

from automation.clock import to_ms
from automation.errors import AutomationError
from automation.insight.planning.changes import RuleChange, changes
from automation.insight.planning.circles import circles
from automation.insight.planning.hashing import plan_hash
from automation.insight.planning.inside import Inside, inside
from automation.insight.rehearsal.feed import EMITTED, feed
from automation.insight.rehearsal.outlook import RuleOutlook, read_outlook
from automation.insight.rehearsal.rehearsal import Rehearsal, Scratch
from automation.rules.checker import Checked, respec
from automation.rules.published import newest_project
from automation.store.planning import alive, calls, only_in, overlaps, people_entered
from automation.store.rules import list_rules, load_version
from automation.store.scratch import forget_pauses

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from automation.calendars.duration import Duration
    from automation.rules.project import Project
    from automation.rules.spec import RuleSpec
    from automation.store.database import Database

SAMPLE = 5
"""How many of the people who would newly enter are named."""


@dataclass(frozen=True)
class PlannedRule:
    """One rule of the new files, or one that they no longer have. `before` is what it would do as it runs now."""

    change: RuleChange | None
    now: RuleOutlook | None  # None: the files no longer have it
    before: RuleOutlook | None  # None: it does not run yet
    people: int = 0  # who would enter, each counted once
    newcomers: int = 0
    leavers: int = 0
    some_newcomers: tuple[int, ...] = ()  # contact ids
    some_leavers: tuple[int, ...] = ()
    inside: Inside | None = None

    def as_dict(self) -> dict[str, Any]:
        return {
            "change": self.change.as_dict() if self.change else None,
            "planned": self.now.as_dict() if self.now else None,
            "running": self.before.as_dict() if self.before else None,
            "people": self.people, "would_newly_enter": self.newcomers, "would_no_longer_enter": self.leavers,
            "contacts_newly": list(self.some_newcomers), "contacts_no_longer": list(self.some_leavers),
            "inside": self.inside.as_dict() if self.inside else None,
        }  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """What publishing the files would change from `begin` on, until `end`. `running` names what runs now."""

    begin: datetime
    end: datetime
    files: str  # hash of the project's files
    publication: int | None  # what runs now
    running: str  # hash of the versions that run now
    rules: Mapping[str, PlannedRule]
    overlaps: Sequence[tuple[str, str, int]]
    circles: Sequence[Sequence[str]]
    unforeseen: Sequence[str] = ()  # enabled rules, new or changed, of which the horizon shows nobody
    canary: int | None = None  # the share of the contacts for whom it would run, in 1/10,000; None: everybody

    @property
    def changes(self) -> list[RuleChange]:
        return [rule.change for rule in self.rules.values() if rule.change is not None]

    @property
    def hash(self) -> str:
        """Names the plan: the files, what runs now, and its reach in two digits.

        On a living database the last person changes from minute to minute; that voids no plan, a tenth more does.
        """
        shown = [self.running, f"{self.reach:.1e}", list(self.unforeseen), self.canary]
        return plan_hash(self.files, self.publication, shown)

    @property
    def reach(self) -> int:
        """How many people would enter rules that are new or have changed, summed over these rules."""
        return sum(rule.people for rule in self.rules.values() if rule.change is not None)

    def as_dict(self) -> dict[str, Any]:
        return {
            "hash": self.hash, "from": self.begin.isoformat(), "to": self.end.isoformat(), "files": self.files,
            "running": self.publication, "canary": self.canary, "reach": self.reach,
            "unforeseen": list(self.unforeseen),
            "changes": [change.as_dict() for change in self.changes],
            "rules": {key: rule.as_dict() for key, rule in self.rules.items()},
            "overlaps": [{"rules": [one, two], "people": people} for one, two, people in self.overlaps],
            "circles": [list(circle) for circle in self.circles],
        }  # fmt: skip


class PlanError(AutomationError):
    """Files that can't be planned."""


def plan(
    database: Database,
    project: Project,
    now: datetime,
    horizon: Duration,
    progress: Callable[[int], None] | None = None,
) -> Plan:
    """Live through `horizon` from `now` on with the new files, and with what runs now; `database` is only read.

    Events that will come can't be known: those of the time just past, as long as the horizon, come again. PlanError
    when a file can't be read; RehearsalError when rules call each other without end.
    """
    if project.fatal:
        raise PlanError("planning.fatal")
    old, wanted = newest_project(project.settings, database) or as_published(database, project), project.newest
    stretch = _Stretch(database, now, horizon.after(now, ZoneInfo(project.settings.timezone)), progress)
    found = changes(_replaced(old, project), wanted)
    with ExitStack() as copies:
        new_copy = copies.enter_context(Scratch(database)).database
        old_copy = copies.enter_context(Scratch(new_copy)).database if found else None
        inside_now = stretch.live(new_copy, project)
        outlook = read_outlook(new_copy, wanted, now)
        with new_copy.read() as conn:
            entered = people_entered(conn, to_ms(now))
            met, called = overlaps(conn, to_ms(now)), calls(conn, to_ms(now), EMITTED)
        before, newly, no_longer = outlook, _NOBODY, _NOBODY
        if old_copy is not None:
            stretch.live(old_copy, old, tolerant=True)
            before = read_outlook(old_copy, old.newest, now)
            newly, no_longer = _only_in(new_copy, old_copy, now), _only_in(old_copy, new_copy, now)
    enabled = {spec.id for spec in wanted.checked.rules if spec.enabled}
    entering = {key: count for key, count in entered.items() if key in enabled}  # of others a canary's people are none
    rules = {
        key: _planned(key, found, outlook, before, inside_now, newly, no_longer, entering.get(key, 0))
        for key in dict.fromkeys([*(spec.id for spec in wanted.checked.rules), *(change.id for change in found)])
    }
    unforeseen = [key for key, rule in rules.items() if rule.change and key in enabled and not rule.people]
    running, share = _fingerprint(old), project.canary.part.below if project.canary is not None else None
    together = met, circles(called), unforeseen
    return Plan(now, stretch.end, wanted.fingerprint, old.running, running, rules, *together, share)


def _replaced(old: Project, project: Project) -> Project:
    """The files that go: the others', as a rule, and a canary's where everybody goes back to what the others run."""
    back = project.canary is None and project.fingerprint == old.fingerprint
    return old.newest if back else old


def as_published(database: Database, project: Project) -> Project:
    """`project` with the rules as the database has them active, whatever the files say now.

    A rule whose version no longer fits the catalogue or the plugins is left out.
    """
    with database.read() as conn:
        rows = [row for row in list_rules(conn) if row.status == "active" and row.version_id is not None]
        versions = [version for row in rows if (version := load_version(conn, row.version_id)) is not None]
    specs: list[RuleSpec] = []
    for version in versions:
        with suppress(AutomationError, LookupError):
            specs.append(respec(version.content, project.env))
    return replace(project, checked=Checked(tuple(specs), (), ()))


@dataclass(frozen=True)
class _Stretch:
    """The time to come, on one copy after the other."""

    source: Database
    begin: datetime
    end: datetime
    progress: Callable[[int], None] | None

    def live(self, copy: Database, project: Project, *, tolerant: bool = False) -> dict[str, Inside]:
        """Publish the project in a copy and live through the time; returns what publishing does to those inside."""
        with copy.write() as conn:
            forget_pauses(conn)
            before = alive(conn)
        rehearsal = Rehearsal(copy, project, self.begin, tolerant=tolerant)
        try:
            rehearsal.settle()
            with copy.read() as conn:
                after = alive(conn)
            long = self.end - self.begin
            rehearsal.live(self.end, feed(self.source, self.begin - long, self.begin, long), self.progress)
        finally:
            rehearsal.close()
        return inside(before, after)


_Some: TypeAlias = Mapping[str, tuple[int, list[int]]]
_NOBODY: _Some = {}


def _only_in(one: Database, other: Database, since: datetime) -> _Some:
    assert other.file is not None
    return {key: (count, some) for key, count, some in only_in(one, other.file, to_ms(since), SAMPLE)}


def _planned(
    key: str, found: Sequence[RuleChange], outlook: Mapping[str, RuleOutlook], before: Mapping[str, RuleOutlook],
    inside_now: Mapping[str, Inside], newly: _Some, no_longer: _Some, people: int,
) -> PlannedRule:  # fmt: skip
    newcomers, some_newcomers = newly.get(key, (0, []))
    leavers, some_leavers = no_longer.get(key, (0, []))
    return PlannedRule(
        next((change for change in found if change.id == key), None), outlook.get(key), before.get(key),
        people, newcomers, leavers, tuple(some_newcomers), tuple(some_leavers), inside_now.get(key),
    )  # fmt: skip


def _fingerprint(project: Project) -> str:
    """Of the versions that run."""
    both = [project] if project.canary is None else [project, project.newest]
    versions = "\n".join(f"{spec.id} {spec.version} {spec.enabled}" for one in both for spec in one.checked.rules)
    return hashlib.sha256(versions.encode()).hexdigest()[:16]
