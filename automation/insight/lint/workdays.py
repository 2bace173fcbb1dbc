"""Workdays: holidays.yaml against what the package knows, and rules whose calendar soon ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from automation.catalogue.holidays import FILE
from automation.i18n import say
from automation.insight.lint.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from automation.insight.lint.bench import Bench
    from automation.rules.spec import RuleSpec

SOON_DAYS = 60
"""The State Council announces a year's holidays in the November before it."""
_SHOWN = 8


def holidays_differ(bench: Bench) -> Iterator[Finding]:
    """The days about which the project's own calendar and the package disagree: one of them has a mistake."""
    calendar = bench.project.calendar
    differing = list(calendar.differences()) if calendar.usable else []
    if differing:
        shown = [day.isoformat() for day in differing[:_SHOWN]] + (["…"] if len(differing) > _SHOWN else [])
        yield Finding("L801", FILE, 1, 1, {"days": say("conditions.list").join(shown), "count": len(differing)})


def calendar_ends(bench: Bench, rule: RuleSpec) -> Iterator[Finding]:
    """A rule that asks for workdays, and stands still once the year whose holidays are known is over."""
    calendar = bench.project.calendar
    if not calendar.usable or not _asks_for_workdays(rule.content):
        return
    last = calendar.known_until()
    today = bench.sampler.now.astimezone(rule.zone).date()
    if (date(last, 12, 31) - today).days < SOON_DAYS:
        yield Finding("L802", rule.file, rule.line, 1, {"rule": rule.id, "year": last, "next": last + 1})


def _asks_for_workdays(content: Any) -> bool:
    """Whether `workdays` stands anywhere in a rule, as a key or as a value."""
    if isinstance(content, Mapping):
        return any(key == "workdays" or _asks_for_workdays(value) for key, value in content.items())
    if isinstance(content, Sequence) and not isinstance(content, str):
        return any(map(_asks_for_workdays, content))
    return content in ("workdays", "days_off")
