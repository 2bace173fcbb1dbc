"""What every event has besides its properties, and rules and templates may name like one: `event.occurred_at`.

A property of the same name, where the catalogue has one, goes before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automation.catalogue.dates import moment_text
from automation.catalogue.model import EventDef
from automation.clock import from_ms


def whole(properties: Mapping[str, Any], occurred_at: int) -> dict[str, Any]:
    """An event as rules and templates see it. `occurred_at` is in milliseconds UTC, and becomes a moment's text."""
    return {"occurred_at": moment_text(from_ms(occurred_at)), **properties}


def whole_by_id(events: Mapping[int, tuple[Mapping[str, Any], int]]) -> dict[int, dict[str, Any]]:
    """The same for events by their id, each with its properties and its time."""
    return {id_: whole(*event) for id_, event in events.items()}


def is_own(event: EventDef, name: str) -> bool:
    """Whether a field is the event's own, and no property: it stands in a column of its table."""
    return name in event.fields and name not in event.properties
