"""`inactivity`: fires when an event has not happened for some time after the last one."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import model_validator

from automation import plugin
from automation.clock import to_ms
from automation.i18n import Text, say
from automation.plugin import param
from automation.rules.params import Conditions, EventName, Interval, PositiveDuration, TimeOfDay
from automation.triggers.base import ClockTrigger, Firing, Window
from automation.triggers.ticks import daily, first_firing, next_every, refuse_at

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select

    from automation.rules.telling import Telling


class InactivityTrigger(ClockTrigger):
    """Looks every day at `at` (or every `every`) for those whose last event is more than `for` ago.

    An event exactly `for` later is in time. Somebody who lapses, comes back and lapses again enters again: a person's
    occurrence is named by the last event. Events that arrive late count as if they had come in time, but
    nobody is called twice about one silence: who was called after the time of a late event waits for another one.
    """

    type = "inactivity"
    title = Text("沉默（某事件一段时间未发生）", "inactivity (an event has not happened for some time)")
    missed: ClassVar[Literal["latest", "all"]] = "all"

    class Params(plugin.Params):
        event: Annotated[str, EventName()] = param(zh="事件名", en="the name of the event")
        for_: PositiveDuration = param(
            alias="for",
            zh="距最近一次超过多久；天与周按当地日历日计",
            en="how long since the last one; days and weeks are local calendar days",
        )
        where: Annotated[Any, Conditions("event")] = param(
            None, zh="只看属性满足这些条件的事件", en="only events whose properties satisfy this count"
        )
        at: TimeOfDay = param(time(10), zh="每天当地时间几点检查", en="the local time of day at which it looks")
        every: Interval | None = param(
            None,
            zh="每隔多久检查一次（代替 at，用于较短的时长）",
            en="how often it looks, instead of `at`: for short durations",
        )

        @model_validator(mode="after")
        def _at_or_every(self) -> InactivityTrigger.Params:
            if self.every is not None and "at" in self.model_fields_set:
                refuse_at("every")
            return self

    def next(self, params: Params, zone: ZoneInfo, after: datetime) -> Firing | None:
        step = params.every
        if step is None:
            return first_firing(lambda wall: daily(params.at, wall), zone, after)
        return next_every(step, None, zone, after)

    def people(self, params: Params, zone: ZoneInfo, firing: Firing, window: Window) -> Select[Any]:
        """Last events between two boundaries: `for` before the firing, and `for` before the firing before it.

        The earlier boundary belongs to this firing and the later one to the next, so nobody falls between two firings
        and nobody is taken by both.
        """
        from automation.store.people import later_event, not_seen_since
        from automation.store.schema import event

        return not_seen_since(
            params.event,
            from_ms=to_ms(params.for_.before(window.since, zone)),
            to_ms=to_ms(params.for_.before(firing.at, zone)),
            late_after_id=window.since_event_id,
            late_from_ms=to_ms(params.for_.before(window.active_since, zone)),
            where=_clause(params.where, event.c.properties),
            later_where=_clause(params.where, later_event().c.properties),
            called=(window.rule_id, to_ms(firing.at)),
        )

    def sentence(self, params: Params, telling: Telling) -> str:
        where = telling.where(params.where, params.event)
        values = {
            "event": say("explain.happening", event=telling.happening(params.event), where=where),
            "duration": params.for_.sentence(),
        }
        if params.every is not None:
            return say("explain.inactivity_every", **values, every=params.every.sentence())
        return say("explain.inactivity_daily", **values, at=telling.value(params.at))


def _clause(condition: Any, properties: Any) -> ColumnElement[bool] | None:
    if condition is None:
        return None
    from automation.rules.conditions.sql import event_where

    return event_where(condition, properties)
