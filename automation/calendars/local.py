"""Local time: the moments that a local date and time means, also where clocks are put forward or back.

Every wall time becomes a moment here and nowhere else (`tests/calendars/test_wall_times.py`): one that the clocks skip
means the first moment after the gap; one that comes twice means the first, unless the next one after a moment is asked
for and the first has passed.

A date that means "for ever" (9999-12-31), or a year 1 that somebody typed, leads out of the calendar of any zone. Here
such a moment stands still at FIRST or LAST: it is as far away as before, and it stops nobody else's.
"""

from __future__ import annotations

from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, time
    from zoneinfo import ZoneInfo


FIRST, LAST = datetime(2, 1, 1, tzinfo=UTC), datetime(9998, 12, 31, tzinfo=UTC)


def bounded(moment: datetime) -> datetime:
    """The moment, which is no earlier than FIRST and no later than LAST."""
    return min(max(moment, FIRST), LAST)


def later(moment: datetime, by: timedelta) -> datetime:
    """`moment` (aware, or naive for a wall time) and so much more, or less, as far as the calendar goes."""
    first, last = (FIRST, LAST) if moment.tzinfo is not None else (_FIRST_WALL, _LAST_WALL)
    try:
        return min(max(moment + by, first), last)
    except OverflowError:
        return last if by > timedelta() else first


_FIRST_WALL, _LAST_WALL = FIRST.replace(tzinfo=None), LAST.replace(tzinfo=None)


def local_moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The moment, in UTC, at which `zone` shows `day` and `at`; see `moment_of`."""
    return moment_of(datetime.combine(day, at), zone)


def moment_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first moment, in UTC, at which `zone` shows the naive `wall`, or the first moment after a gap with it."""
    return moments_of(wall, zone)[0]


def exact_moment(wall: datetime, zone: ZoneInfo) -> datetime:
    """What somebody wrote, kept at the ends of the calendar too. OverflowError where that is no moment in UTC."""
    far = wall.year in (MINYEAR, MAXYEAR)
    return wall.replace(tzinfo=zone).astimezone(UTC) if far else moment_of(wall, zone)


def next_moment(wall: datetime, zone: ZoneInfo, after: datetime) -> datetime | None:
    """The first moment strictly after `after` that `wall` means in `zone`; None when all have passed."""
    return next((moment for moment in moments_of(wall, zone) if moment > after), None)


def next_time_of_day(at: time, zone: ZoneInfo, after: datetime) -> datetime:
    """The first moment (UTC) strictly after `after` at which it is `at` in `zone`."""
    day = wall_time(after, zone).date()
    while (moment := next_moment(datetime.combine(day, at), zone, after)) is None:
        day += timedelta(days=1)
    return moment


def moments_of(wall: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """The moments, in UTC, that a naive local date-time means: two where clocks are put back, else one."""
    wall = min(max(wall, _FIRST_WALL), _LAST_WALL)
    first = wall.replace(tzinfo=zone, fold=0)
    second = wall.replace(tzinfo=zone, fold=1)
    before, after = first.utcoffset(), second.utcoffset()
    assert before is not None
    assert after is not None
    if after == before:
        return (first.astimezone(UTC),)
    if after < before:
        return first.astimezone(UTC), second.astimezone(UTC)
    low, high = second.replace(microsecond=0), first.replace(microsecond=0)
    return (_transition(low.astimezone(UTC), high.astimezone(UTC), zone),)


def wall_time(moment: datetime, zone: ZoneInfo) -> datetime:
    """What a clock on the wall in `zone` shows at `moment`: a naive date-time."""
    return in_zone(moment, zone).replace(tzinfo=None, fold=0)


def in_zone(moment: datetime, zone: ZoneInfo) -> datetime:
    """The same moment as `zone` shows it."""
    return bounded(moment).astimezone(zone)


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The moment, in UTC, at which `day` begins in `zone`."""
    return moment_of(datetime(day.year, day.month, day.day), zone)  # noqa: DTZ001 (a wall time is naive)


def _transition(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """The moment between `low` and `high` at which the offset changes: zones change on whole seconds."""
    old = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == old:
            low = middle
        else:
            high = middle
    return high
