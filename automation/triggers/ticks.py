"""Wall times that come round, and the firings they make.

A trigger thinks in naive local date-times: a firing's key is one of them, so a time that the clocks show twice fires
once, at the first, and times that the clocks skip fire together once, at the first moment after the gap. Only intervals
in minutes and hours go on while the clocks repeat themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, TypeAlias

from pydantic_core import PydanticCustomError

from automation.calendars.local import moment_of, wall_time
from automation.triggers.base import Firing

if TYPE_CHECKING:
    from datetime import date
    from zoneinfo import ZoneInfo

    from automation.calendars.duration import Duration

Walls: TypeAlias = Iterator[datetime]
BEGINNING = datetime(1970, 1, 5)  # noqa: DTZ001 (a Monday, so that weeks begin on Mondays)


def first_firing(
    walls: Callable[[datetime], Walls], zone: ZoneInfo, after: datetime, key: Callable[[datetime], str] | None = None
) -> Firing | None:
    """The first of `walls(…)` (ascending, strictly after its argument) whose moment lies strictly after `after`."""
    for wall in walls(wall_time(after, zone)):
        moment = moment_of(wall, zone)
        if moment > after:
            return Firing((key or wall_key)(wall), moment)
    return None


def next_every(step: Duration, at: time | None, zone: ZoneInfo, after: datetime) -> Firing | None:
    """The first firing of `every` strictly after `after`.

    Where the clocks are put back, minutes and hours go on by elapsed time as long as a whole step fits in before the
    next wall time: every 15 minutes has 15 minutes between any two. Such a firing's key says the offset.
    """
    following = first_firing(lambda wall: every(step, at, wall), zone, after)
    if following is None or not step.is_elapsed:
        return following
    width = timedelta(minutes=step.minutes)
    before = moment_of(datetime.fromisoformat(following.key) - width, zone)
    between = before + ((after - before) // width + 1) * width
    if between + width > following.at:
        return following
    return Firing(between.astimezone(zone).isoformat(timespec="minutes"), between)


def wall_key(wall: datetime) -> str:
    """ "2026-08-03T09:00"."""
    return wall.isoformat(timespec="minutes")


def daily(at: time, after: datetime) -> Walls:
    """Every day at `at`."""
    return (datetime.combine(day, at) for day in days_from(after.date()) if datetime.combine(day, at) > after)


def every(step: Duration, at: time | None, after: datetime) -> Walls:
    """Every `step`, counted from the local midnight of Monday, 1970-01-05; days and weeks at `at`."""
    width = timedelta(days=step.days) or timedelta(minutes=step.minutes)
    start = datetime.combine(BEGINNING, at or time())
    wall = start + ((after - start) // width + 1) * width
    while True:
        yield wall
        wall += width


def days_from(day: date) -> Iterator[date]:
    while True:
        yield day
        day += timedelta(days=1)


def refuse_at(form: str) -> None:
    """The error of a time of day where the times follow from `form`."""
    raise PydanticCustomError("triggers.at_not_with", "a time of day too many", {"form": form})
