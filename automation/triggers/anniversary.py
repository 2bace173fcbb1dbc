"""`anniversary`: fires on the day of a date field, every year, or some days before or after it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import field_validator
from pydantic_core import PydanticCustomError

from automation import plugin
from automation.calendars.duration import Duration
from automation.calendars.lunar import birthdays_on, lunar_month_day
from automation.catalogue.model import FieldType
from automation.i18n import Text, say
from automation.plugin import param
from automation.rules.params import ContactField, SignedDuration, TimeOfDay
from automation.triggers.base import ClockTrigger, Firing, Window
from automation.triggers.ticks import daily, first_firing

if TYPE_CHECKING:
    from sqlalchemy import Select

    from automation.rules.telling import Telling

LOOK_AHEAD = 366 * 9  # days; between 29 February 2096 and 2104 lie eight years


class AnniversaryTrigger(ClockTrigger):
    """Fires daily at `at`. A firing's key is the date of the anniversary, not of the firing: a rule that is edited
    from three to two days before does not greet anybody twice. The year of the field does not count.
    """

    type = "anniversary"
    title = Text("纪念日（生日等）", "an anniversary (birthdays and the like)")
    missed: ClassVar[Literal["latest", "all"]] = "all"

    class Params(plugin.Params):
        field: Annotated[Any, ContactField((FieldType.DATE,))] = param(
            zh="日期字段，如 contact.birthday", en="the date field, e.g. contact.birthday"
        )
        offset: SignedDuration = param(
            Duration(0, "d"),
            zh="提前（负）或推后几天，如 -3d",
            en="days before (negative) or after the day itself, e.g. -3d",
        )
        at: TimeOfDay = param(time(10), zh="当地时间几点触发", en="the local time of day at which it fires")
        zone: Literal["contact", "rule"] = param(
            "rule",
            zh="contact：按各人自己的时区（timezone 字段，没有的按规则的时区）",
            en="contact: by each person's own time zone (the field timezone, or else the rule's)",
        )
        calendar: Literal["solar", "lunar"] = param(
            "solar", zh="公历（solar）或农历（lunar）", en="solar or lunar calendar"
        )
        feb29: Literal["feb28", "mar1", "skip"] = param(
            "feb28",
            zh="2 月 29 日出生者在平年：2 月 28 日、3 月 1 日或跳过",
            en="for 29 February, in a year without it: 28 February, 1 March, or not at all",
        )
        leap_month: Literal["regular", "leap"] = param(
            "regular",
            zh="闰月出生者在有该闰月的年份：过平月（regular）或过闰月（leap）",
            en="for a lunar leap month, in a year that has it: in the regular month or in the leap month",
        )

        @field_validator("offset")
        @classmethod
        def _whole_days(cls, value: Duration) -> Duration:
            if value.amount and not value.days:
                raise PydanticCustomError("triggers.offset_days", "not whole days", {"found": str(value)})
            return value

    def next(self, params: Params, zone: ZoneInfo, after: datetime) -> Firing | None:
        offset = timedelta(days=params.offset.days)
        return first_firing(
            lambda wall: daily(params.at, wall), zone, after, key=lambda wall: (wall.date() - offset).isoformat()
        )

    def by_own_zone(self, params: Params) -> bool:
        return params.zone == "contact"

    def people(self, params: Params, zone: ZoneInfo, firing: Firing, window: Window) -> Select[Any]:
        from automation.store.people import on_month_days

        month_days = celebrated_on(date.fromisoformat(firing.key), params)
        return on_month_days(params.field.name, month_days, lunar=params.calendar == "lunar")

    def explain(self, params: Params, zone: ZoneInfo, contact: Mapping[str, Any], now: datetime) -> datetime | None:
        born = _date_of(contact.get(params.field.name))
        own = born and (lunar_month_day(born) if params.calendar == "lunar" else f"{born:%m-%d}")
        firing = self.next(params, zone, now) if own else None
        for _ in range(LOOK_AHEAD):
            if firing is None or own in celebrated_on(date.fromisoformat(firing.key), params):
                break
            firing = self.next(params, zone, firing.at)
        return firing.at if firing else None

    def sentence(self, params: Params, telling: Telling) -> str:
        offset = params.offset
        side = "on" if not offset.amount else "before" if offset.amount < 0 else "after"
        lunar = params.calendar == "lunar"
        told = say(
            f"explain.anniversary_{side}",
            field=telling.field(params.field),
            offset=Duration(abs(offset.amount), offset.unit).sentence(),
            at=telling.value(params.at),
            calendar=say("explain.calendar_lunar") if lunar else "",
        )
        note = f"leap_{params.leap_month}" if lunar else f"feb29_{params.feb29}"
        if params.zone == "contact":
            told = say("explain.own_zone", sentence=told)
        usual = note in ("leap_regular", "feb29_feb28")
        return told if usual else say("explain.with_note", sentence=told, note=say(f"explain.{note}"))


def celebrated_on(day: date, params: AnniversaryTrigger.Params) -> tuple[str, ...]:
    """The month-days, solar or lunar as `params` says, that are celebrated on `day`."""
    if params.calendar == "lunar":
        return birthdays_on(day, params.leap_month)
    month_day = f"{day:%m-%d}"
    stand_in = {"feb28": "02-28", "mar1": "03-01"}.get(params.feb29)
    return (month_day, "02-29") if month_day == stand_in and not _is_leap(day.year) else (month_day,)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _date_of(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) and value else None
