"""What every event has besides its properties, and rules and templates may name like one: `event.occurred_at`,
`event.channel`, `event.source`.

A property of the same name, where the catalogue declares one, goes before, even for an event that lacks it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from automation.catalogue.dates import moment_text
from automation.catalogue.model import EVENT_FIELDS, EventDef
from automation.clock import from_ms

FROM_CASES = ("channel", "source")
"""What a test case may say of an event; when it happened follows from the case's times."""


class Happened(Protocol):
    """An event as it is stored. `occurred_at` is in milliseconds UTC; an empty source is none."""

    @property
    def name(self) -> str: ...
    @property
    def properties(self) -> Mapping[str, Any]: ...
    @property
    def occurred_at(self) -> int: ...
    @property
    def source(self) -> str: ...
    @property
    def channel(self) -> str | None: ...


def whole(event: Happened, declared: Mapping[str, EventDef]) -> dict[str, Any]:
    """An event as rules and templates see it, its time as a moment's text. `declared`: the catalogue's events."""
    known = declared.get(event.name)
    found = dict(event.properties)
    own = {"occurred_at": moment_text(from_ms(event.occurred_at)), "channel": event.channel, "source": event.source}
    for name, value in own.items():
        if known is None or name not in known.properties:
            if value:
                found[name] = value
            else:
                found.pop(name, None)
    return found


def is_own(event: EventDef, name: str) -> bool:
    """Whether a field is the event's own, and no property: it stands in a column of its table."""
    return name in EVENT_FIELDS and name not in event.properties
