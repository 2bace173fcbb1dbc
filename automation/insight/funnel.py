"""Funnel: of those a rule looked at, who entered, how far they got, and why each of the others did not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from automation.catalogue.nearest import offer
from automation.errors import AutomationError
from automation.insight.outline import Stop, outline
from automation.reasons import Reason
from automation.store import funnels as store
from automation.store.rules import list_rules
from automation.store.why import rule_row

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.rules.project import Project
    from automation.rules.spec import RuleSpec
    from automation.store.database import Database
    from automation.store.types import AnyRow

ENDED = ("done", "exited", "failed")
_WAYS = (Reason.STEP_BRANCHED.value, Reason.STEP_SPLIT.value)


@dataclass(frozen=True)
class Level:
    """One step, or one side of a branch (`way`), and the runs that came to it: reached = passed + left + inside.

    `left` is by reason, `inside` by what they wait for; `seen` is what happened there, by code: runs, not times.
    """

    path: str
    depth: int
    label: str
    reached: int
    passed: int
    left: Mapping[str, int] = field(default_factory=dict)
    inside: Mapping[str, int] = field(default_factory=dict)
    seen: Mapping[str, int] = field(default_factory=dict)
    way: str = ""
    place: str = ""


@dataclass(frozen=True)
class Funnel:
    """looked_at = entered + skipped + undecided; entered = done + left + inside.

    `before` holds those who have not come to any step. `met`: runs whose goal was met, whenever.
    """

    rule: str
    name: str
    since: int | None
    until: int | None
    looked_at: int
    skipped: Mapping[str, int]
    undecided: Mapping[str, int]
    entered: int
    before: Level
    levels: tuple[Level, ...]
    done: Mapping[str, int]
    left: Mapping[str, int]
    inside: Mapping[str, int]
    met: int | None

    def as_dict(self) -> dict[str, Any]:
        return {**vars(self), "before": vars(self.before), "levels": [vars(level) for level in self.levels]}


def read_funnel(
    database: Database, project: Project, rule_key: str, since: int | None = None, until: int | None = None
) -> Funnel:
    """The people who came in a span of time (milliseconds UTC), as far as they have got now.

    AutomationError for a rule that was never published: nobody can have entered it.
    """
    spec = next((spec for spec in project.checked.rules if spec.id == rule_key), None)
    with database.read() as conn:
        known = rule_row(conn, rule_key)
        if known is None:
            keys = [row.key for row in list_rules(conn)]
            raise AutomationError("funnel.no_rule", **offer(rule_key, keys), known=", ".join(keys) or "–")
        return _read(conn, project, spec, known, store.Span(known.id, since, until))


def _read(conn: Connection, project: Project, spec: RuleSpec | None, known: AnyRow, span: store.Span) -> Funnel:
    runs, last = store.count_runs(conn, span), store.count_last(conn, span)
    skipped = Counter(store.count_skipped(conn, span)) + Counter(store.count_counted(conn, span))
    undecided = store.count_open(conn, span)
    entered = sum(row.people for row in runs)
    has_goal = spec is None or spec.goal is not None
    return Funnel(
        rule=known.key,
        name=known.name,
        since=span.since,
        until=span.until,
        looked_at=entered + sum(skipped.values()) + sum(undecided.values()),
        skipped=_sorted(skipped),
        undecided=undecided,
        entered=entered,
        before=_before(runs, last),
        levels=tuple(_levels(conn, project, spec, span, last)),
        done=_by_reason(row for row in runs if row.status == "done"),
        left=_by_reason(row for row in runs if row.status in ("exited", "failed")),
        inside=_sums((row.status, row.people) for row in runs if row.status not in ENDED),
        met=sum(row.people for row in runs if row.met) if has_goal else None,
    )


def _before(runs: Sequence[AnyRow], last: Sequence[AnyRow]) -> Level:
    """Those who entered, and of whom no step has anything to tell yet."""
    standing = Counter[tuple[str, str]]()
    for row in runs:
        standing[row.status, row.reason or ""] += row.people
    for row in last:
        standing[row.status, row.reason or ""] -= row.people
    left = _sums((reason, count) for (status, reason), count in standing.items() if status in ("exited", "failed"))
    inside = _sums((status, count) for (status, _), count in standing.items() if status not in ENDED)
    entered = sum(row.people for row in runs)
    return Level("", 0, "", entered, entered - sum(left.values()) - sum(inside.values()), left, inside)


def _levels(
    conn: Connection, project: Project, spec: RuleSpec | None, span: store.Span, last: Sequence[AnyRow]
) -> list[Level]:
    """The rule's steps in reading order, then those that only earlier versions had."""
    book = _Book(store.count_reached(conn, span), store.count_steps(conn, span), store.count_ways(conn, span), last)
    stops = list(outline(spec, project.catalogue)) if spec is not None else []
    paths = {stop.path for stop in stops}
    stops += [Stop(path, 0, path) for path in sorted(book.reached) if path not in paths]
    return [book.side(stop) if stop.way else book.level(stop) for stop in stops]


@dataclass(frozen=True)
class _Book:
    """The sums by step."""

    reached: Mapping[str, int]
    steps: Sequence[AnyRow]
    ways: Sequence[AnyRow]
    last: Sequence[AnyRow]

    def level(self, stop: Stop) -> Level:
        here = [row for row in self.last if row.step == stop.path]
        left = _sums((row.reason or row.status, row.people) for row in here if row.status in ("exited", "failed"))
        inside = _sums((_waits(row), row.people) for row in here if row.status not in ENDED)
        reached = self.reached.get(stop.path, 0)
        seen = {row.code: row.people for row in self.steps if row.step == stop.path and row.code not in _WAYS}
        passed = reached - sum(left.values()) - sum(inside.values())
        return Level(stop.path, stop.depth, stop.label, reached, passed, left, inside, _sorted(seen), place=stop.place)

    def side(self, stop: Stop) -> Level:
        people = sum(row.people for row in self.ways if (row.step, row.way) == (stop.path, stop.way))
        return Level(stop.path, stop.depth, stop.label, people, people, way=stop.way, place=stop.place)


def _waits(row: AnyRow) -> str:
    """What somebody inside stands at: the last decision, or that the run is held."""
    return "held" if row.status == "held" else str(row.code)


def _by_reason(rows: Any) -> dict[str, int]:
    return _sums((row.reason or row.status, row.people) for row in rows)


def _sums(pairs: Any) -> dict[str, int]:
    found = Counter[str]()
    for name, count in pairs:
        found[name] += count
    return _sorted(found)


def _sorted(counts: Mapping[str, int]) -> dict[str, int]:
    """The many first; what is nobody is left out."""
    return {name: count for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])) if count}
