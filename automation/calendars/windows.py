"""Windows of the local day: from one time to another, on some days; and when a clock next leaves them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from automation.calendars.local import moments_of, wall_time
from automation.calendars.lunar import CalendarError
from automation.calendars.workdays import OFFICIAL, WorkCalendar

if TYPE_CHECKING:
    from datetime import date
    from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_KINDS = ("workdays", "days_off")
MIDNIGHT = time(0)
MOST_DAYS = 70
"""A window that lets nobody through for so long never does: no holiday lasts longer."""

_WINDOW = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)[-–—~～至到]([01]?\d|2[0-4]):([0-5]\d)\Z", re.ASCII)


@dataclass(frozen=True)
class Days:
    """Weekdays, 0 being Monday; or by `kind` the Chinese workdays or days off, 调休 included."""

    weekdays: tuple[int, ...] = ()
    kind: Literal["workdays", "days_off"] | None = None
    calendar: WorkCalendar = field(default=OFFICIAL, compare=False, repr=False)

    def has(self, day: date) -> bool:
        """CalendarError for a year whose holidays `calendar` does not know."""
        if self.kind is None:
            return day.weekday() in self.weekdays
        return self.calendar.is_workday(day) == (self.kind == "workdays")

    def written(self) -> list[str] | str:
        """As it stands in a rule."""
        return self.kind or [WEEKDAYS[day] for day in self.weekdays]


@dataclass(frozen=True)
class Window:
    """From `start` to `end`, half-open; crosses midnight where `start` >= `end`, and is then of the day it begins on.

    One that begins and ends at the same time is a whole day. `days` None: every day.
    """

    start: time
    end: time
    days: Days | None = None

    def holds(self, wall: datetime, *, unsure: bool) -> bool:
        """Whether a clock on the wall shows a time in it. `unsure`: what holds where nobody knows the holidays."""
        clock, today = wall.time(), wall.date()
        if self.start < self.end:
            return self.start <= clock < self.end and self._is_on(today, unsure=unsure)
        began = clock >= self.start and self._is_on(today, unsure=unsure)
        return began or (clock < self.end and self._is_on(today - timedelta(days=1), unsure=unsure))

    def _is_on(self, day: date, *, unsure: bool) -> bool:
        if self.days is None:
            return True
        try:
            return self.days.has(day)
        except CalendarError:
            return unsure

    def __str__(self) -> str:
        """`22:00-08:00`."""
        return f"{self.start:%H:%M}-{end_text(self)}"


def never_ends(windows: Sequence[Window]) -> bool:
    """Whether these windows together leave no moment of any week; those that go by holidays always leave some."""
    every = [window for window in windows if window.days is None or window.days.kind is None]
    edges = {MIDNIGHT, *(window.end for window in every)}
    week = [datetime(2024, 1, day) for day in range(1, 8)]  # noqa: DTZ001 (wall times; a Monday first)
    walls = [datetime.combine(day, at) for day in week for at in edges]
    return all(any(window.holds(wall, unsure=True) for window in every) for wall in walls)


def end_text(window: Window) -> str:
    """`08:00`; a whole day ends at `24:00`."""
    return "24:00" if window.start == window.end == MIDNIGHT else f"{window.end:%H:%M}"


def is_outside_calendar(windows: Iterable[Window], day: date) -> bool:
    """Whether some window goes by holidays that nobody has announced yet for `day`."""
    return any(window.days is not None and _is_unknown(window.days, day) for window in windows)


def first_outside(
    blocked: Callable[[datetime], bool], edges: Iterable[time], now: datetime, zone: ZoneInfo
) -> datetime | None:
    """The first moment (UTC) after `now` at which a clock in `zone` shows one of `edges` and what it shows is not
    `blocked`; None when there is none within MOST_DAYS.
    """
    times, first = sorted(set(edges)), wall_time(now, zone).date()
    for ahead in range(MOST_DAYS):
        day = first + timedelta(days=ahead)
        coming = sorted(m for at in times for m in moments_of(datetime.combine(day, at), zone) if m > now)
        for moment in coming:
            if not blocked(wall_time(moment, zone)):
                return moment
    return None


@lru_cache(maxsize=4096)
def parse_windows(text: str) -> tuple[Window, ...] | None:
    """The windows of `22:00-08:00, 12:30-14:00`; None when it is not of that form."""
    parts = [part.strip() for part in re.split(r"[,，;；、]", text.replace("：", ":").replace(" ", ""))]
    found = [_window(part) for part in parts if part]
    return tuple(window for window in found if window) if found and all(found) else None


def _window(text: str) -> Window | None:
    match = _WINDOW.match(text)
    if match is None:
        return None
    start, end = time(int(match[1]), int(match[2])), match[3] + match[4]
    if match[3] == "24":
        return Window(start, MIDNIGHT) if end == "2400" else None
    window = Window(start, time(int(match[3]), int(match[4])))
    return window if window.start != window.end else None


def _is_unknown(days: Days, day: date) -> bool:
    try:
        days.has(day)
    except CalendarError:
        return True
    return False
