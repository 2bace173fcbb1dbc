"""Which parameters of a plugin hold references (see params.py), found in its model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from automation.rules import params as marks

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from automation.catalogue.model import Catalogue, EventDef


@dataclass(frozen=True)
class Mark:
    """A field of a Params model that holds references."""

    attribute: str
    key: str
    reference: marks.Reference


@cache
def marked(model: type[BaseModel]) -> tuple[Mark, ...]:
    """The marks of a model, events first: they say what `event.*` means to the others."""
    found = [
        Mark(name, field.alias or name, reference)
        for name, field in model.model_fields.items()
        for reference in _references(field)
    ]
    return tuple(sorted(found, key=lambda mark: not isinstance(mark.reference, marks.EventName)))


def named_event(params: BaseModel, catalogue: Catalogue) -> EventDef | None:
    """The event that a trigger's parameters name; of several, what they have in common. None when one is unknown."""
    for mark in marked(type(params)):
        if isinstance(mark.reference, marks.EventName):
            value = getattr(params, mark.attribute)
            names = value if isinstance(value, (list, tuple)) else [value]
            events = [catalogue.events.get(str(name)) for name in names]
            return _common([event for event in events if event]) if all(events) else None
    return None


def names_events(params: BaseModel) -> bool:
    """Whether a parameter holds an event's name, known or not."""
    return any(isinstance(mark.reference, marks.EventName) for mark in marked(type(params)))


def named_templates(params: BaseModel) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The templates that a step's parameters name, with the channels for which each is wanted."""
    for mark in marked(type(params)):
        if isinstance(mark.reference, marks.TemplateName):
            name = getattr(params, mark.attribute)
            asked: Any = mark.reference.channel or getattr(params, "channels", ())
            channels = (asked,) if isinstance(asked, str) else tuple(dict.fromkeys(asked))
            if isinstance(name, str) and channels:
                yield name, channels


def _references(field: FieldInfo) -> list[marks.Reference]:
    found = [item for item in field.metadata if isinstance(item, marks.Reference)]
    return (found or list(_inside(field.annotation)))[:1]


def _inside(annotation: Any) -> Iterator[marks.Reference]:
    """Marks inside Optional, list, dict …"""
    yield from (item for item in getattr(annotation, "__metadata__", ()) if isinstance(item, marks.Reference))
    for argument in get_args(annotation):
        if not isinstance(argument, marks.Reference):
            yield from _inside(argument)


def _common(events: list[EventDef]) -> EventDef | None:
    if not events:
        return None
    shared = {
        name: prop
        for name, prop in events[0].properties.items()
        if all(name in other.properties and other.properties[name].type is prop.type for other in events)
    }
    return replace(events[0], properties=shared)
