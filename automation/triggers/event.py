"""`event`: fires when something happened."""

from __future__ import annotations

from typing import Annotated, Any

from automation import plugin
from automation.i18n import Text
from automation.plugin import param
from automation.rules.conditions.tree import Condition
from automation.rules.params import Conditions, EventName, EventProperty
from automation.triggers import base


class EventTrigger(base.EventTrigger):
    """Fires for each event `name` whose properties satisfy `where`, for the event's contact or for those it names."""

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

    def names(self, params: Params) -> tuple[str, ...]:
        return (params.name,)

    def where(self, params: Params) -> Condition | None:
        condition: Condition | None = params.where
        return condition

    def people(self, params: Params) -> str | None:
        return None if params.contact is None else str(params.contact.name)
