"""When a wait ends."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from automation.calendars.local import local_moment, next_time_of_day, wall_time
from automation.rules.conditions.values import value_of

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from automation.calendars.duration import Duration
    from automation.rules.conditions.facts import Facts
    from automation.rules.spec import Wait

_MIDNIGHT = time(0, 0)


def wake_at(wait: Wait, facts: Facts, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The moment (UTC) at which the wait ends; None: at once, because there is nothing (left) to wait for."""
    if wait.for_ is not None:
        return wait.for_.after(now, zone)
    if wait.until is not None:
        return _next_or_now(wait.until, now, zone)
    assert wait.field is not None
    moment = _date_moment(value_of(wait.field, facts), wait.offset, wait.at, zone)
    return moment if moment is not None and moment > now else None


def _next_or_now(at: time, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The next moment (UTC) at which it is `at` in `zone`; None when that is now."""
    moment = next_time_of_day(at, zone, now - timedelta(microseconds=1))
    return None if moment == now else moment


def _date_moment(value: Any, offset: Duration | None, at: time | None, zone: ZoneInfo) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        if len(value) == 10:
            base = local_moment(date.fromisoformat(value), at or _MIDNIGHT, zone)
        else:
            base = datetime.fromisoformat(value).astimezone(UTC)
            if at is not None:
                base = local_moment(wall_time(base, zone).date(), at, zone)
    except ValueError:
        return None
    return base if offset is None else offset.after(base, zone)
