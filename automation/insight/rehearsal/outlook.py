"""The outlook: what a rehearsal came to, rule by rule and day by day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from automation.clock import from_ms, to_ms
from automation.insight.report import read_report
from automation.store.outlook import SLOT_MS, codes_used, entry_slots, message_slots, run_states

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from automation.insight.report import RuleReport
    from automation.rules.project import Project
    from automation.store.database import Database
    from automation.store.types import AnyRow

UNITS = 10_000
"""A cost is in this part of the currency unit."""


@dataclass
class RuleOutlook:
    """One rule. Days are local dates of the rule's zone (`2026-08-01`); `cost` is in 1/10,000 of the currency unit."""

    rule: str
    name: str
    entered: int = 0
    days: Counter[str] = field(default_factory=Counter)
    skipped: dict[str, int] = field(default_factory=dict)  # at the door, by reason
    unsent: dict[str, int] = field(default_factory=dict)  # before a message, by reason
    left: dict[str, int] = field(default_factory=dict)  # before the end, by reason
    messages: dict[str, Counter[str]] = field(default_factory=dict)  # {channel: {day: count}}
    costs: Counter[str] = field(default_factory=Counter)  # by day
    coupons: dict[str, int] = field(default_factory=dict)  # by batch
    goals: int = 0
    inside: int = 0

    @property
    def sent(self) -> int:
        return sum(days.total() for days in self.messages.values())

    @property
    def cost(self) -> int:
        return self.costs.total()

    def as_dict(self) -> dict[str, Any]:
        """JSON-able; `cost` in the currency unit."""
        return {
            "rule": self.rule, "name": self.name, "entered": self.entered, "entered_by_day": _sorted(self.days),
            "skipped": self.skipped, "unsent": self.unsent, "left": self.left,
            "messages": {channel: _sorted(days) for channel, days in sorted(self.messages.items())},
            "cost": self.cost / UNITS, "cost_by_day": {day: cost / UNITS for day, cost in _sorted(self.costs).items()},
            "coupons": self.coupons, "goals": self.goals, "inside": self.inside,
        }  # fmt: skip


def read_outlook(
    scratch: Database, project: Project, since: datetime, rules: Collection[str] | None = None
) -> dict[str, RuleOutlook]:
    """What the rehearsal on `scratch` has done since a moment, by rule; of all rules, or of some."""
    begin = to_ms(since)
    reports = {report.rule: report for report in read_report(scratch, begin)}
    zones = {spec.id: spec.zone for spec in project.checked.rules}
    usual = ZoneInfo(project.settings.timezone)
    found = {
        key: _begun(report)
        for key, report in reports.items()
        if (rules is None and key in zones) or key in (rules or ())
    }
    with scratch.read() as conn:
        entries, messages = entry_slots(conn, begin), message_slots(conn, begin)
        codes, states = codes_used(conn, begin), run_states(conn, begin)
    for row in entries:
        if row.key in found:
            found[row.key].days[_day(row.slot, zones.get(row.key, usual))] += row.amount
    for row in messages:
        if row.key in found:
            _sum_message(found[row.key], row, _day(row.slot, zones.get(row.key, usual)))
    _sum_up(found, codes, states)
    return found


def _begun(report: RuleReport) -> RuleOutlook:
    skipped, unsent, left = (
        {reason.value: count for reason, count in counts.items()}
        for counts in (report.skipped, report.unsent, report.left)
    )
    return RuleOutlook(report.rule, report.name, report.entered, skipped=skipped, unsent=unsent, left=left)


def _sum_message(rule: RuleOutlook, row: AnyRow, day: str) -> None:
    rule.messages.setdefault(row.channel, Counter())[day] += row.amount
    rule.costs[day] += int(row.cost)


def _sum_up(found: Mapping[str, RuleOutlook], codes: Sequence[AnyRow], states: Sequence[AnyRow]) -> None:
    for row in codes:
        if row.key in found:
            found[row.key].coupons[row.batch] = row.amount
    for row in states:
        if row.key in found:
            found[row.key].goals, found[row.key].inside = row.goals, row.inside


def _day(slot: float, zone: ZoneInfo) -> str:
    return from_ms(int(slot) * SLOT_MS).astimezone(zone).date().isoformat()


def _sorted(days: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(days.items()))
