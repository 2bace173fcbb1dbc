"""`event`: fires when something happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from automation import plugin
from automation.i18n import Text, say
from automation.plugin import param
from automation.rules.conditions.tree import Condition
from automation.rules.params import Conditions, EventMatch, EventName, EventPattern, EventProperty
from automation.triggers import base

if TYPE_CHECKING:
    from automation.rules.telling import Telling


class EventTrigger(base.EventTrigger):
    """Fires for each event `name` whose properties satisfy `where`, for the event's contact or for those it names.

    `after` and `not_followed_by` look at the same person's other events, by the times at which they happened.
    """

    type = "event"
    title = Text("事件发生时", "when an event happens")

    class Params(plugin.Params):
        name: Annotated[str, EventName()] = param(zh="事件名", en="the name of the event")
        where: Annotated[Any, Conditions("event")] = param(
            None, zh="事件属性须满足的条件", en="what the event's properties must satisfy"
        )
        contact: Annotated[Any, EventProperty(identity=True)] = param(
            None,
            zh="指明联系人（或多个联系人）的事件属性；不写则为事件本身的联系人",
            en="the event property that names the person or persons; without it, the event's own contact",
        )
        after: Annotated[Any, EventMatch()] = param(
            None,
            zh="此人在该事件之前 within 之内须已发生的另一事件",
            en="another event that the person must have had before this one, not longer than `within` ago",
        )
        not_followed_by: Annotated[Any, EventMatch()] = param(
            None,
            zh="此人在该事件之后 within 之内不得发生的另一事件；等 within 过去才决定是否进入",
            en="another event that the person must not have within `within` after this one; the entry waits that long",
        )

    def names(self, params: Params) -> tuple[str, ...]:
        return (params.name,)

    def where(self, params: Params) -> Condition | None:
        condition: Condition | None = params.where
        return condition

    def after(self, params: Params) -> EventPattern | None:
        pattern: EventPattern | None = params.after
        return pattern

    def not_followed_by(self, params: Params) -> EventPattern | None:
        pattern: EventPattern | None = params.not_followed_by
        return pattern

    def people(self, params: Params) -> str | None:
        return None if params.contact is None else str(params.contact.name)

    def sentence(self, params: Params, telling: Telling) -> str:
        where = telling.where(params.where, params.name)
        told = say("explain.event", event=say("explain.happening", event=telling.happening(params.name), where=where))
        if params.contact is not None:
            told = say("explain.event_people", sentence=told, field=telling.field(params.contact))
        for key, other in (("event_after", params.after), ("event_not_followed", params.not_followed_by)):
            if other is not None:
                duration = other.within.sentence()
                told = say(f"explain.{key}", sentence=told, event=telling.pattern(other), duration=duration)
        return told
