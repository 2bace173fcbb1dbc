"""The Chinese lunar calendar, 1900 to 2099: which lunar day a solar day is, and whose lunar birthday it is."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Literal

from automation.calendars.lunar_table import FIRST_DAY, FIRST_YEAR, YEARS
from automation.errors import AutomationError

FIRST = date(1900, 1, 1)
LAST = date(2099, 12, 31)
_FIRST_ORDINAL = FIRST.toordinal()
_DAYS = LAST.toordinal() - _FIRST_ORDINAL + 1

LeapMonth = Literal["regular", "leap"]
"""When a birthday in a leap month is kept in a year that has that leap month: in the month before it, or in it."""


class CalendarError(AutomationError):
    """A day outside what a calendar knows."""


def lunar_month_day(day: date) -> str:
    """ "06-22", in a leap month "L06-22"; "" outside 1900 to 2099."""
    place = day.toordinal() - _FIRST_ORDINAL
    return _table()[place] if 0 <= place < _DAYS else ""


def birthdays_on(day: date, leap_month: LeapMonth = "regular") -> tuple[str, ...]:
    """The lunar month-days whose birthday is kept on `day`. CalendarError outside 1900 to 2099.

    1. Everyone who was born on this lunar day.
    2. Those born in a leap month that this year lacks keep it in the ordinary month of that number; in a year that
       has it once: in the ordinary month, or with `leap_month="leap"` in the leap one.
    3. Those born on day 30 keep it on day 29 when the month has only 29 days.
    """
    today = lunar_month_day(day)
    if not today:
        raise CalendarError("calendars.lunar_out_of_range", day=day.isoformat(), first=FIRST.year, last=LAST.year)
    month = today[-5:-3]
    days = ("29", "30") if today.endswith("29") and _ends_a_month(day) else (today[-2:],)
    return tuple(f"{kind}{month}-{number}" for kind in _kinds(today, day, leap_month) for number in days)


def leap_month_of(year: int) -> int:
    """The number of the month that a leap month follows in the lunar year that begins in `year`; 0 for none."""
    if not FIRST_YEAR <= year < FIRST_YEAR + len(YEARS):
        raise CalendarError("calendars.lunar_out_of_range", day=str(year), first=FIRST.year, last=LAST.year)
    return YEARS[year - FIRST_YEAR] >> 13


def _kinds(today: str, day: date, leap_month: LeapMonth) -> tuple[str, ...]:
    """Which births share the month of `day`: "" those of the ordinary month, "L" those of the leap month."""
    if today.startswith("L"):
        return ("L",) if leap_month == "leap" else ()
    year_has_it = leap_month_of(_lunar_year(today, day)) == int(today[:2])
    return ("",) if year_has_it and leap_month == "leap" else ("", "L")


def _lunar_year(today: str, day: date) -> int:
    """Months 10 to 12 may reach into the next solar year, never beyond its March."""
    return day.year - 1 if int(today[:2]) >= 10 and day.month <= 3 else day.year


def _ends_a_month(day: date) -> bool:
    """Whether the day after `day` begins a month. The lunar month that holds 2099-12-31 ends later."""
    return lunar_month_day(day + timedelta(days=1)).endswith("-01")


@cache
def _table() -> tuple[str, ...]:
    """The lunar month-day of each day from FIRST to LAST."""
    days: list[str] = []
    for packed in YEARS:
        for name, length in _months(packed):
            days.extend(f"{name}-{number:02}" for number in range(1, length + 1))
    start = _FIRST_ORDINAL - FIRST_DAY
    return tuple(days[start : start + _DAYS])


def _months(packed: int) -> list[tuple[str, int]]:
    """The names ("06", "L06") and lengths of a year's months."""
    leap = packed >> 13
    names = [f"{number:02}" for number in range(1, 13)]
    if leap:
        names.insert(leap, f"L{leap:02}")
    return [(name, 30 if packed >> place & 1 else 29) for place, name in enumerate(names)]
