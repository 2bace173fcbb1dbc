"""`schedule`: fires by the clock, for everyone whom the rule's audience lets in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, model_validator
from pydantic_core import PydanticCustomError

from automation import plugin
from automation.i18n import Text, say
from automation.plugin import param
from automation.rules.params import Interval, LocalDate, TimeOfDay
from automation.triggers.base import ClockTrigger, Firing, Window
from automation.triggers.cron import check_cron, cron_walls
from automation.triggers.cron_words import cron_sentence
from automation.triggers.ticks import Walls, days_from, first_firing, next_every, refuse_at

if TYPE_CHECKING:
    from sqlalchemy import Select

    from automation.calendars.workdays import WorkCalendar
    from automation.rules.telling import Telling

FORMS = ("cron", "every", "dates", "workdays")
Workdays = Literal[True, "first_of_month", "last_of_month"]


class ScheduleTrigger(ClockTrigger):
    """Fires by `cron`, `every` so often, on given `dates`, or on Chinese `workdays`; a key is a local date-time.

    `every` counts from local midnight of Monday, 1970-01-05, so that a restart shifts nothing.
    """

    type = "schedule"
    title = Text("定时", "a schedule")

    class Params(plugin.Params):
        cron: Annotated[str, AfterValidator(check_cron)] | None = param(
            None,
            zh="cron 五段：分 时 日 月 周，如 0 9 * * mon；周日为 0 或 7；日写 L 为最后一天、LW 为最后一个周一至周五，"
            "周写 mon#2 为第二个周一、friL 为最后一个周五",
            en="cron's five fields: minute hour day month weekday, e.g. 0 9 * * mon; Sunday is 0 or 7; the day L is "
            "the month's last, LW its last Monday to Friday; mon#2 is the second Monday, friL the last Friday",
        )
        every: Interval | None = param(None, zh="每隔多久，如 30m、1d", en="how often, e.g. 30m or 1d")
        dates: tuple[LocalDate, ...] | None = param(None, zh="指定日期", en="on these dates", min_length=1)
        workdays: Workdays | None = param(
            None,
            zh="工作日（含调休）：true 每个、first_of_month 每月首个、last_of_month 每月末个",
            en="Chinese workdays, 调休 included: true (each), first_of_month or last_of_month",
        )
        at: TimeOfDay | None = param(
            None,
            zh="当地时间几点（配合 dates、workdays，或以天、周计的 every）",
            en="the local time of day (with dates, workdays, or every in days or weeks)",
        )

        zone: Literal["contact", "rule"] = param(
            "rule",
            zh="contact：按各人自己的时区（timezone 字段，没有的按规则的时区）",
            en="contact: by each person's own time zone (the field timezone, or else the rule's)",
        )

        @model_validator(mode="after")
        def _one_form(self) -> ScheduleTrigger.Params:
            given = [form for form in FORMS if getattr(self, form) is not None]
            if len(given) != 1:
                found = ", ".join(given) or "–"
                raise PydanticCustomError("triggers.schedule_one_of", "not one form", {"found": found})
            if self.at is None and given[0] in ("dates", "workdays"):
                raise PydanticCustomError("triggers.at_missing", "no time of day", {"form": given[0]})
            if self.at is not None and (self.cron or (self.every and not self.every.days)):
                refuse_at(given[0])
            if self.zone == "contact" and self.every is not None and not self.every.days:
                raise PydanticCustomError("triggers.zone_not_with_every", "no time of day", {"found": str(self.every)})
            return self

    def next(self, params: Params, zone: ZoneInfo, after: datetime) -> Firing | None:
        """CalendarError when a workday falls into a year whose holidays are not announced."""
        if params.every is not None:
            return next_every(params.every, params.at, zone, after)
        return first_firing(lambda wall: _walls(params, self.calendar, wall), zone, after)

    def by_own_zone(self, params: Params) -> bool:
        return params.zone == "contact"

    def people(self, params: Params, zone: ZoneInfo, firing: Firing, window: Window) -> Select[Any]:
        from automation.store.people import everyone

        return everyone()

    def explain(self, params: Params, zone: ZoneInfo, contact: Mapping[str, Any], now: datetime) -> datetime | None:
        firing = self.next(params, zone, now)
        return firing.at if firing else None

    def sentence(self, params: Params, telling: Telling) -> str:
        told = self._when(params, telling)
        return say("explain.own_zone", sentence=told) if params.zone == "contact" else told

    def _when(self, params: Params, telling: Telling) -> str:
        at = telling.value(params.at) if params.at is not None else ""
        if params.cron is not None:
            return cron_sentence(params.cron)
        if params.every is not None:
            return say("explain.every_at" if at else "explain.every", duration=params.every.sentence(), at=at)
        if params.dates is not None:
            return say("explain.on_dates", dates=telling.value(sorted(set(params.dates))), at=at)
        which = {"first_of_month": "workdays_first", "last_of_month": "workdays_last"}
        return say(f"explain.{which.get(str(params.workdays), 'workdays')}", at=at)


def _walls(params: ScheduleTrigger.Params, calendar: WorkCalendar, after: datetime) -> Walls:
    if params.cron is not None:
        return cron_walls(params.cron, after)
    assert params.at is not None
    at = params.at
    days = sorted(set(params.dates)) if params.dates is not None else days_from(after.date())
    return (
        wall
        for wall in (datetime.combine(day, at) for day in days)
        if wall > after and (params.workdays is None or _is_chosen(calendar, wall.date(), params.workdays))
    )


def _is_chosen(calendar: WorkCalendar, day: date, which: Workdays) -> bool:
    if not calendar.is_workday(day):
        return False
    if which is True:
        return True
    return not any(map(calendar.is_workday, _rest_of_month(day, -1 if which == "first_of_month" else 1)))


def _rest_of_month(day: date, step: int) -> list[date]:
    """The days of the month before `day` (step -1) or after it (step 1)."""
    return [
        day.replace(day=number)
        for number in range(1, 32)
        if (number - day.day) * step > 0 and _exists(day, number)
    ]  # fmt: skip


def _exists(day: date, number: int) -> bool:
    from calendar import monthrange

    return number <= monthrange(day.year, day.month)[1]
