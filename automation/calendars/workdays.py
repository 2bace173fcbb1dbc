"""Chinese workdays, with the days that are worked instead (调休) and the holidays the State Council has announced."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from automation.calendars.lunar import CalendarError

if TYPE_CHECKING:
    from datetime import date


def is_workday(day: date) -> bool:
    """CalendarError for a year whose holidays are not announced: a guess would send on a holiday."""
    import chinese_calendar

    if day.year not in known_years():
        years = known_years()
        raise CalendarError("calendars.unknown_year", year=day.year, first=years[0], last=years[-1])
    return bool(chinese_calendar.is_workday(day))


@cache
def known_years() -> range:
    """The years whose holidays are known."""
    from chinese_calendar.constants import holidays

    return range(min(holidays).year, max(holidays).year + 1)
