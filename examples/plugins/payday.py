"""A clock trigger of our own: fires once a month on payday, or on the Friday before when that is a weekend."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from automation import plugin
from automation.calendars.local import local_moment, wall_time
from automation.i18n import Text
from automation.plugin import param
from automation.rules.params import TimeOfDay
from automation.triggers.base import ClockTrigger, Firing, Window

if TYPE_CHECKING:
    from sqlalchemy import Select


class Payday(ClockTrigger):
    """A firing's key is its month: moving payday from the 15th to the 10th pays nobody twice."""

    type = "payday"
    title = Text("发薪日", "payday")

    class Params(plugin.Params):
        day: int = param(
            zh="每月几号；超出则为月末", en="the day of the month; the last day where there is none", ge=1, le=31
        )
        at: TimeOfDay = param(time(10), zh="当地时间几点触发", en="the local time of day at which it fires")

    def next(self, params: Any, zone: ZoneInfo, after: datetime) -> Firing | None:
        month = wall_time(after, zone).date().replace(day=1)
        while True:
            moment = local_moment(payday_in(month, params.day), params.at, zone)
            if moment > after:
                return Firing(f"{month:%Y-%m}", moment)
            month = (month + timedelta(days=31)).replace(day=1)

    def people(self, params: Any, zone: ZoneInfo, firing: Firing, window: Window) -> Select[Any]:
        from automation.store.people import everyone

        return everyone()


def payday_in(month: date, day: int) -> date:
    """The payday of the month that begins on `month`."""
    found = month.replace(day=min(day, monthrange(month.year, month.month)[1]))
    return found - timedelta(days=max(0, found.weekday() - 4))
