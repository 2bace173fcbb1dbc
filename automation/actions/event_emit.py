"""`event.emit`: an event that rules may listen to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from automation.actions.base import Action, ActionContext, Done, Item, Result
from automation.clock import to_ms
from automation.i18n import Text, say
from automation.plugin import Params, param
from automation.rules.params import EventName, EventValues

if TYPE_CHECKING:
    from automation.rules.telling import Telling
    from automation.store.events import NewEvent


class EventEmitParams(Params):
    name: Annotated[str, EventName()] = param(zh="事件名", en="the event's name")
    properties: Annotated[dict[str, Any], EventValues()] = param(
        {},
        zh="事件属性，可引用 event.x、contact.x 等，文本可含 {{ }}",
        en="the event's properties: event.x and contact.x refer to values, texts may hold {{ }}",
    )


class EventEmit(Action):
    """Stores an event of the contact, in the run's transaction; other rules may be triggered by it."""

    type = "event.emit"
    title = Text("产生一个事件", "emit an event")
    changes_contacts = False

    Params: ClassVar[Any] = EventEmitParams

    def run(self, params: Any, items: Sequence[Item], context: ActionContext) -> Sequence[Result]:
        context.emit([own_event(params.name, item, context, item.params.properties) for item in items])
        return [Done() for _ in items]

    def sentence(self, params: Any, telling: Telling) -> str:
        event = telling.happening(params.name)
        if not params.properties:
            return say("explain.emit", event=event)
        return say("explain.emit_with", event=event, properties=_told(params, telling))


def own_event(
    name: str, item: Item, context: ActionContext, properties: Mapping[str, Any], at_ms: int | None = None
) -> NewEvent:
    """An event that a step emits; the same run and step give the same event again, until a loop's next round."""
    from automation.store.events import NewEvent

    at = to_ms(context.now) if at_ms is None else at_ms
    visit = f":{item.visit}" if item.visit else ""
    return NewEvent(name, item.contact_id, at, "automation", f"{item.run_id}:{context.step}{visit}", properties)


def _told(params: Any, telling: Telling) -> str:
    event = telling.catalogue.events.get(params.name)
    labels = {name: defn.label.get() for name, defn in event.properties.items()} if event else {}
    return telling.listed(
        say("explain.parameter", label=labels.get(name, name), value=telling.value(value))
        for name, value in params.properties.items()
    )
