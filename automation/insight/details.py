"""What a log row saw, on one line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from automation.calendars.local import in_zone
from automation.clock import from_ms
from automation.contacts.masking import masker

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

LONGEST = 100
_MOMENTS = frozenset(("until", "due_at", "leaves_at", "expired_at", "found_at", "queued_since", "last_entry"))
"""What the log's details call moments: milliseconds, or ISO texts."""


def summary(detail: Mapping[str, Any] | None, zone: ZoneInfo, longest: int = LONGEST) -> str:
    """`channel=sms, until=…`, times in `zone`; what is longer than `longest` ends in … Personal data are masked."""
    shown = masker().value(dict(detail or {}))
    text = ", ".join(_pair(key, value, zone) for key, value in shown.items() if value != {})
    return text if len(text) <= longest else text[: longest - 1] + "…"


def shown_time(ms: int, zone: ZoneInfo) -> str:
    """A stored moment as people read it."""
    return f"{in_zone(from_ms(ms), zone):%Y-%m-%d %H:%M}"


def _pair(key: str, value: Any, zone: ZoneInfo) -> str:
    if key == "channels" and isinstance(value, list):
        return "; ".join(_channel(item, zone) for item in value)
    if key in _MOMENTS and isinstance(value, (int, str)):
        return f"{key}={shown_time(value, zone) if isinstance(value, int) else _local(value, zone)}"
    if key == "winner" and isinstance(value, Mapping):
        return f"{key}={value.get('rule')}" + (f" #{value['message']}" if "message" in value else "")
    if key in ("outputs", "skipped") and isinstance(value, Mapping):
        return ", ".join(_pair(name, item, zone) for name, item in value.items())
    return f"{key}={value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)}"


def _channel(item: Any, zone: ZoneInfo) -> str:
    """Why one channel was passed over."""
    if not isinstance(item, Mapping):
        return str(item)
    rest = [_pair(key, value, zone) for key, value in item.items() if key not in ("channel", "reason")]
    return f"{item.get('channel')}: {item.get('reason')}" + (f" ({', '.join(rest)})" if rest else "")


def _local(text: str, zone: ZoneInfo) -> str:
    try:
        return f"{in_zone(datetime.fromisoformat(text).astimezone(UTC), zone):%Y-%m-%d %H:%M}"
    except ValueError:
        return text
