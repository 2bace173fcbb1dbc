"""When a wait ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Literal

from automation.calendars.local import bounded, local_moment, next_time_of_day, wall_time
from automation.calendars.lunar import CalendarError
from automation.calendars.windows import MOST_DAYS
from automation.clock import to_ms
from automation.engine.delivery.quiet import zone_of
from automation.rules.conditions.values import value_of

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from automation.calendars.duration import Duration
    from automation.rules.conditions.facts import Facts
    from automation.rules.spec import Policy, Wait

_MIDNIGHT = time(0, 0)
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Wake:
    """When a wait ends. `at` None: it ends now, and then the run goes on, leaves out the steps up to the next wait, or
    stops. `why`: what is the matter with the date. `again`: nobody knows the holidays yet, so it is asked again then.
    """

    at: datetime | None = None
    then: Policy = "now"
    why: Literal["missing", "past"] | None = None
    again: bool = False


def wake_at(
    wait: Wait, facts: Facts, now: datetime, zone: ZoneInfo, since: datetime | None = None,
    *, waited_for: int | None = None,
) -> Wake:  # fmt: skip
    """`zone`: the rule's. `since`: from when durations and days count, if not from now; their end may have passed.

    `waited_for`: of a run that comes back from this wait, the moment for which it waited, in milliseconds: a date that
    has not changed is not past, however late it is.
    """
    if wait.own_zone:
        zone = zone_of(facts.contact, zone) or zone
    if wait.for_ is not None:
        return _unless_now(wait.for_.after(since or now, zone), now)
    if wait.ahead is not None:
        of_day, day = wait.at or _MIDNIGHT, wall_time(since or now, zone).date() + timedelta(days=wait.ahead)
        end = local_moment(day, of_day, zone)
        return _unless_now(end if end >= now else next_time_of_day(of_day, zone, now), now)
    if wait.until is not None:
        return _until_time(wait, wait.until, now, zone)
    assert wait.field is not None
    moment = _date_moment(value_of(wait.field, facts), wait.offset, wait.at, zone)
    if moment is None:
        return Wake(None, wait.if_missing or "now", "missing")
    if moment >= now or to_ms(moment) == waited_for:
        return _unless_now(moment, now)
    return Wake(None, wait.if_past or "now", "past")


def _until_time(wait: Wait, at: time, now: datetime, zone: ZoneInfo) -> Wake:
    """The next such time on one of the days; at once where that is now."""
    moment = now - _INSTANT
    for _ in range(MOST_DAYS if wait.days is not None else 1):
        moment = next_time_of_day(at, zone, moment)
        try:
            if wait.days is None or wait.days.has(wall_time(moment, zone).date()):
                return _unless_now(moment, now)
        except CalendarError:
            return Wake(moment if moment > now else next_time_of_day(at, zone, now), again=True)
    return Wake(moment, again=True)


def _unless_now(moment: datetime, now: datetime) -> Wake:
    return Wake(moment if moment > now else None)


def _date_moment(value: Any, offset: Duration | None, at: time | None, zone: ZoneInfo) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        if len(value) == 10:
            base = local_moment(date.fromisoformat(value), at or _MIDNIGHT, zone)
        else:
            base = bounded(datetime.fromisoformat(value))
            if at is not None:
                base = local_moment(wall_time(base, zone).date(), at, zone)
    except ValueError:
        return None
    return base if offset is None else offset.after(base, zone)
