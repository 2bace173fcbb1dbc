"""Parts of a rule in words: what a plugin's `sentence` may ask for, and the sentence of one that has none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from automation.calendars.duration import Duration
from automation.channels import CHANNELS
from automation.i18n import Text, current_language, say
from automation.rules.conditions.sentence import Teller
from automation.rules.conditions.tree import Compare, FieldRef, Group, History, Ref
from automation.rules.marked import marked
from automation.rules.params import ChannelName, CouponBatch, EventName, EventPattern, SegmentRef

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from pydantic.fields import FieldInfo

    from automation.catalogue.model import Catalogue
    from automation.rules.conditions.tree import Condition

_VARIABLE = re.compile(r"\{\{\s*(\w+)\.(\w+)\s*\}\}")


@dataclass(frozen=True)
class Telling:
    """Tells values with the catalogue's labels, in the language of the moment. `event` is what `event.*` means."""

    catalogue: Catalogue
    zone: ZoneInfo
    event: str | None = None

    def condition(self, condition: Condition) -> str:
        """A condition as a sentence."""
        return Teller(self.catalogue, current_language(), self.event, self.zone).tell(condition)

    def where(self, condition: Condition | None, event: str) -> str:
        """What an event's own properties must satisfy, in brackets to go behind its name; "" for nothing."""
        if condition is None:
            return ""
        inner = Teller(self.catalogue, current_language(), event, self.zone, bare=True, own=self.event)
        return say("conditions.where", items=inner.tell(condition))

    def happening(self, event: str) -> str:
        """The label of an event."""
        known = self.catalogue.events.get(event)
        return known.label.get() if known else event

    def pattern(self, pattern: EventPattern) -> str:
        """`“order paid” (where …)`."""
        where = self.where(pattern.where, pattern.event)
        return say("explain.happening", event=self.happening(pattern.event), where=where)

    def field(self, ref: FieldRef) -> str:
        """The label of a field; of an event's, that it is the event's."""
        label = Teller(self.catalogue, current_language(), self.event).definition(ref).label.get()
        return say("conditions.of_event", field=label) if ref.namespace == "event" else label

    def reference(self, ref: Ref) -> str:
        """`the triggering event's cart`."""
        return Teller(self.catalogue, current_language(), self.event, self.zone).referring(ref)

    def contact_field(self, name: str) -> str:
        """The label of a contact field that is named as text, with or without `contact.`."""
        known = self.catalogue.fields.get(name.removeprefix("contact."))
        return known.label.get() if known else name

    def named_field(self, name: str) -> str:
        """As `field`, of one that is named as text: `event.store_id`."""
        namespace, _, rest = name.partition(".")
        label = self._variable(namespace, rest)
        return say("conditions.of_event", field=label) if namespace == "event" and label != name else label

    def coupon(self, batch: str) -> str:
        """The label of a coupon batch."""
        known = self.catalogue.coupons.get(batch)
        return known.label.get() if known else batch

    def channel(self, name: str) -> str:
        return CHANNELS[name].title.get() if name in CHANNELS else name

    def text(self, text: str) -> str:
        """A text with variables, each simple one shown by its label: `Dear [name]`."""
        return _VARIABLE.sub(lambda found: say("explain.variable", label=self._variable(*found.groups())), text)

    def listed(self, items: Any) -> str:
        """`a, b, c`."""
        return say("conditions.list").join(str(item) for item in items)

    def value(self, value: Any, reference: object = None) -> str:
        """Any parameter's value. `reference` is its mark of params.py, where it has one."""
        if isinstance(value, str):
            return self._named(value, reference)
        if isinstance(value, (list, tuple, set, frozenset)):
            return self.listed(self.value(item, reference) for item in value)
        if isinstance(value, Mapping):
            return self.listed(f"{name}={self.value(item)}" for name, item in value.items())
        for kind, tell in _TOLD.items():
            if isinstance(value, kind):
                return str(tell(self, value))
        return str(value)

    def parameters(self, params: BaseModel) -> str:
        """`label: value; label: value` of those that are not as they would be anyway; "" when there is none."""
        references = {mark.attribute: mark.reference for mark in marked(type(params))}
        told = [
            say("explain.parameter", label=_label(name, field), value=self.value(value, references.get(name)))
            for name, field in type(params).model_fields.items()
            if (value := getattr(params, name)) is not None and not _as_always(field, value)
        ]
        return say("explain.semicolon").join(told)

    def plain_sentence(self, title: Text, params: BaseModel) -> str:
        """`title (label: value; …)`: what is said of a plugin that has no sentence of its own."""
        told = self.parameters(params)
        return say("explain.titled", title=title.get(), parameters=told) if told else title.get()

    def _named(self, text: str, reference: object) -> str:
        if isinstance(reference, EventName):
            return self.happening(text)
        if isinstance(reference, CouponBatch):
            return self.coupon(text)
        return self.channel(text) if isinstance(reference, ChannelName) else self.text(text)

    def _variable(self, namespace: str, name: str) -> str:
        if namespace == "contact":
            return self.contact_field(name)
        events = self.catalogue.events
        event = events.get(self.event or "") if namespace == "event" else None
        known = event.fields.get(name) if event else None
        return known.label.get() if known else f"{namespace}.{name}"


def _label(name: str, field: FieldInfo) -> str:
    """The first clause of a parameter's label: what follows explains how to write it."""
    extra = field.json_schema_extra
    label = extra if isinstance(extra, dict) else {}
    text = Text(str(label.get("zh", name)), str(label.get("en", name))).get()
    return re.split(r"[，；：（,;:(]| e\.g\. ", text, maxsplit=1)[0].strip()


def _as_always(field: FieldInfo, value: Any) -> bool:
    default = field.get_default(call_default_factory=True) if not field.is_required() else PydanticUndefined
    return default is not PydanticUndefined and bool(value == default)


_TOLD: dict[type, Any] = {
    bool: lambda _, value: say("explain.yes" if value else "explain.no"),
    Duration: lambda _, value: value.sentence(),
    time: lambda _, value: f"{value:%H:%M}",
    date: lambda _, value: value.isoformat(),
    FieldRef: Telling.field,
    Ref: Telling.reference,
    EventPattern: Telling.pattern,
    SegmentRef: lambda _, value: value.name,
    Compare: Telling.condition,
    History: Telling.condition,
    Group: Telling.condition,
    BaseModel: Telling.parameters,
}
