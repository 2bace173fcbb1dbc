"""A polled row as an event on the wire, so that it comes in by the same door as every other event."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from automation.store.bulk import to_json

if TYPE_CHECKING:
    from automation.catalogue.model import EventDef
    from automation.triggers.base import Poll


def payload_of(row: Mapping[str, Any], name: str, poll: Poll, event: EventDef, source: str) -> str:
    """The row's JSON; `name` tells it from all others of `source`."""
    values = {column: plain(value) for column, value in row.items() if value is not None}
    found: dict[str, Any] = {"name": poll.event, "message_id": name, "source": source, "properties": values}
    if poll.occurred_at in values:
        found["occurred_at"] = str(values[poll.occurred_at])
    if poll.contact in values:
        found["contact"] = {str(event.properties[str(poll.contact)].identity): str(values[poll.contact])}
    return to_json(found)


def plain(value: Any) -> Any:
    """A database's value as JSON has it. Moments with a zone are written in UTC, wherever the session is."""
    if isinstance(value, (bool, int, str)) or value is None:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value).isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).decode("utf-8", "backslashreplace")
    if isinstance(value, Mapping):
        return {str(key): plain(below) for key, below in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(item) for item in value]
    return str(value)
