"""Chinese workdays, with the days that are worked instead (调休) and the holidays the State Council has announced."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING

from automation.calendars.lunar import CalendarError

if TYPE_CHECKING:
    from collections.abc import Iterator

SATURDAY = 5


@dataclass(frozen=True)
class WorkCalendar:
    """Which days are worked: as the package knows them, or as a project's own holidays.yaml says for whole years.

    `years` are those that the project names; in them `holidays` are the days off and `workdays` the weekend days that
    are worked. `usable` is False when its file has mistakes: then no day is known, because a guess would send.
    """

    years: frozenset[int] = frozenset()
    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()
    usable: bool = True

    def is_workday(self, day: date) -> bool:
        """CalendarError for a year whose holidays are not known: a guess would send on a holiday."""
        if not self.usable:
            raise CalendarError("calendars.unusable_holidays")
        if day.year in self.years:
            return day in self.workdays or (day.weekday() < SATURDAY and day not in self.holidays)
        return is_workday(day)

    def known_until(self) -> int:
        """The last year, counted on without a gap from what the package knows."""
        last = known_years()[-1]
        while last + 1 in self.years:
            last += 1
        return last

    def differences(self) -> Iterator[date]:
        """The days of the project's years about which the package knows otherwise."""
        for year in sorted(self.years & set(known_years())):
            day = date(year, 1, 1)
            while day.year == year:
                if self.is_workday(day) != is_workday(day):
                    yield day
                day += timedelta(days=1)


OFFICIAL = WorkCalendar()
"""What the package knows."""


def is_workday(day: date) -> bool:
    """What the package knows. CalendarError for a year whose holidays were not announced when it was made."""
    import chinese_calendar

    if day.year not in known_years():
        years = known_years()
        raise CalendarError("calendars.unknown_year", year=day.year, first=years[0], last=years[-1])
    return bool(chinese_calendar.is_workday(day))


@cache
def known_years() -> range:
    """The years whose holidays the package knows."""
    from chinese_calendar.constants import holidays

    return range(min(holidays).year, max(holidays).year + 1)
