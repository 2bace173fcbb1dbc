"""`segment`: fires for those who come to belong to a segment, or leave it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo

from automation import plugin
from automation.calendars.duration import Duration
from automation.i18n import Text, say
from automation.plugin import param
from automation.rules.params import Interval, SegmentName
from automation.triggers.base import ClockTrigger, Firing, Watch, Window
from automation.triggers.ticks import next_every

if TYPE_CHECKING:
    from sqlalchemy import Select

    from automation.rules.telling import Telling


class SegmentTrigger(ClockTrigger):
    """Follows one of `segments:`. Who is in it when the rule begins (or the segment changes) is noted and not called.

    An event that the segment's `did` names, or an action that changes a person, is seen at once; what time alone
    changes (`within: 30d` falls off) and imports are seen by a sweep every `sweep`.
    """

    type = "segment"
    title = Text("进入或离开分群", "somebody enters or leaves a segment")

    class Params(plugin.Params):
        name: Annotated[Any, SegmentName()] = param(zh="segments 里的分群名", en="the name of one of `segments:`")
        on: Literal["entered", "left"] = param(
            "entered", zh="进入（entered）或离开（left）时触发", en="on coming into it (entered) or leaving it (left)"
        )
        sweep: Interval = param(
            Duration(1, "h"),
            zh="每隔多久全面核对一次（时间推移、导入等不经事件的变化）",
            en="how often everybody is looked at, for what changes without an event",
        )

    def next(self, params: Params, zone: ZoneInfo, after: datetime) -> Firing | None:
        return next_every(params.sweep, None, zone, after)

    def people(self, params: Params, zone: ZoneInfo, firing: Firing, window: Window) -> Select[Any]:
        """Those whose membership, as last seen, is no longer what the condition says."""
        from automation.store.segments import came, went

        watch = self.watches(params)
        members = watch.key(window.rule_id), watch.fingerprint(zone)
        holds = watch.holds(window.now or firing.at, zone)
        return came(*members, holds) if watch.on == "entered" else went(*members, holds)

    def watches(self, params: Params) -> Watch:
        return Watch(params.name.name, params.name.condition, params.on)

    def sentence(self, params: Params, telling: Telling) -> str:
        condition = telling.condition(params.name.condition)
        told = say(f"explain.segment_{params.on}", name=params.name.name, condition=condition)
        return say("explain.segment_sweep", sentence=told, duration=params.sweep.sentence())
