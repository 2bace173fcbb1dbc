"""A canary in numbers: for each rule in two versions, what each has come to since they part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import TYPE_CHECKING, Any, TypeAlias

from automation.clock import from_ms
from automation.contacts.share import WHOLE
from automation.insight.rehearsal.outlook import UNITS
from automation.reasons import Reason
from automation.rules.canary import variants
from automation.store import canaries as store

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from automation.rules.project import Project
    from automation.rules.spec import RuleSpec
    from automation.store.database import Database

_Z = 1.96
_SENT, _FAILED = ("accepted",), ("failed", "unknown")

Ids: TypeAlias = Mapping[tuple[str, str], int]
"""The ids of versions, by rule and version."""


@dataclass
class Side:
    """One version of a rule among its people. `cost` is in 1/10,000 of the currency unit."""

    version: str
    contacts: int
    entered: int = 0
    people: int = 0  # who entered, each counted once
    goals: int = 0
    codes: Counter[str] = field(default_factory=Counter)  # how often each reason was logged
    sent: int = 0
    failed: int = 0
    cost: int = 0
    coupons: Counter[str] = field(default_factory=Counter)  # by batch

    def as_dict(self) -> dict[str, Any]:
        """JSON-able; `cost` in the currency unit."""
        return {**vars(self), "cost": self.cost / UNITS}


@dataclass(frozen=True)
class Difference:
    """A rate among the canary's people less that among the others, with its 95 % interval; as fractions."""

    new: float
    old: float
    low: float
    high: float


@dataclass(frozen=True)
class Compared:
    """One rule. None: one of the two groups doesn't meet it."""

    rule: str
    name: str
    new: Side | None
    old: Side | None

    def rates(self) -> Iterator[tuple[str, Difference]]:
        """What tells which version is better: who enters, what fails, who reaches the goal."""
        if self.new is None or self.old is None:
            return
        one, other = self.new, self.old
        pairs = {
            "of_people": ((one.people, one.contacts), (other.people, other.contacts)),
            "failed_rate": ((one.failed, one.sent + one.failed), (other.failed, other.sent + other.failed)),
            "goal_rate": ((one.goals, one.entered), (other.goals, other.entered)),
        }
        for name, (new, old) in pairs.items():
            if new[1] and old[1] and (new[0] or old[0]):
                yield name, difference(*new, *old)

    def as_dict(self) -> dict[str, Any]:
        sides = {"canary": self.new, "others": self.old}
        return {
            "rule": self.rule, "name": self.name,
            **{name: side and side.as_dict() for name, side in sides.items()},
            "differences": {name: vars(rate) for name, rate in self.rates()},
        }  # fmt: skip


@dataclass(frozen=True)
class CanaryReport:
    """The canary `publication` of `of`, for `below`/10,000 of the contacts."""

    publication: int
    of: int
    below: int
    since: datetime
    rules: Sequence[Compared]

    def as_dict(self) -> dict[str, Any]:
        return {
            "publication": self.publication, "of": self.of, "share": self.below / WHOLE,
            "since": self.since.isoformat(), "rules": [rule.as_dict() for rule in self.rules],
        }  # fmt: skip


def read_canary(database: Database, project: Project) -> CanaryReport | None:
    """The numbers of the canary that runs in a project; None where none runs.

    Only those who entered since it began count, so that both sides had the same time.
    """
    canary, divided = project.canary, variants(project)
    if canary is None or canary.publication is None:
        return None
    part, ours = canary.part, {spec.id: spec for spec in project.checked.rules if spec.enabled}
    with database.read() as conn:
        since = store.canary_since(conn, part.of, canary.project.files.hash)
        ids, share = store.version_ids(conn, divided), part.share
        inside, outside = store.count_share(conn, share.multiplier, share.offset, share.below)
        sides = _sides(divided.values(), ids, inside) | _sides((ours.get(key) for key in divided), ids, outside)
        _fill(conn, sides, since)
    rules = [_compared(key, theirs, ours.get(key), ids, sides) for key, theirs in divided.items()]
    return CanaryReport(canary.publication, part.of, part.below, from_ms(since), rules)


def _sides(specs: Iterable[RuleSpec | None], ids: Ids, contacts: int) -> dict[int, Side]:
    """By version id; without those that the database doesn't know yet."""
    known = ((spec, ids.get((spec.id, spec.version))) for spec in specs if spec is not None)
    return {id_: Side(spec.version, contacts) for spec, id_ in known if id_ is not None}


def _fill(conn: Connection, sides: Mapping[int, Side], since: int) -> None:
    versions = sorted(sides)
    for version, codes in store.count_codes(conn, versions, since).items():
        sides[version].codes = codes
    for row in store.count_runs(conn, versions, since):
        side = sides[row.version]
        side.entered, side.people, side.goals = row.entered, row.people, row.goals
    for row in store.count_messages(conn, versions, since):
        side = sides[row.version]
        side.sent += row.amount if row.status in _SENT else 0
        side.failed += row.amount if row.status in _FAILED else 0
        side.cost += int(row.cost)
    for row in store.count_coupons(conn, versions, since):
        sides[row.version].coupons[row.batch] += row.amount


def _compared(
    key: str, theirs: RuleSpec | None, ours: RuleSpec | None, ids: Ids, sides: Mapping[int, Side]
) -> Compared:
    new, old = (None if spec is None else sides.get(ids.get((key, spec.version), 0)) for spec in (theirs, ours))
    spec = theirs or ours
    return Compared(key, spec.name if spec is not None else key, new, old)


def difference(new: int, of_new: int, old: int, of_old: int) -> Difference:
    """Of two proportions, with the interval of Agresti and Caffo, which stands with small numbers too."""
    one, other = (new + 1) / (of_new + 2), (old + 1) / (of_old + 2)
    width = _Z * sqrt(one * (1 - one) / (of_new + 2) + other * (1 - other) / (of_old + 2))
    return Difference(new / of_new, old / of_old, max(one - other - width, -1.0), min(one - other + width, 1.0))


def reasons(side: Side, prefixes: tuple[str, ...]) -> dict[Reason, int]:
    """What was logged with codes that begin so."""
    return {Reason(code): count for code, count in sorted(side.codes.items()) if code.startswith(prefixes)}
