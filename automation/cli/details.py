"""What a log row saw, on one line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from automation.cli.context import project_zone
from automation.cli.masking import mask_identity
from automation.cli.output import local_time, to_json, visible

LONGEST = 100


def masked(detail: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The detail with the identity that an event named masked."""
    if detail is None or not isinstance(detail.get("identity"), str):
        return None if detail is None else dict(detail)
    return {**detail, "identity": mask_identity(detail["identity"])}


def summary(detail: Mapping[str, Any] | None, longest: int = LONGEST) -> str:
    """`channel=sms, until=…`; what is longer than `longest` ends in …"""
    text = visible(", ".join(_pair(key, value) for key, value in (detail or {}).items()))
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _pair(key: str, value: Any) -> str:
    if key == "channels" and isinstance(value, list):
        return "; ".join(_channel(item) for item in value)
    if key == "last_entry" and isinstance(value, int):
        return f"{key}={local_time(value)}"
    if key == "until" and isinstance(value, str):
        return f"{key}={_local(value)}"
    if key in ("outputs", "skipped") and isinstance(value, Mapping):
        return ", ".join(_pair(name, item) for name, item in value.items())
    return f"{key}={value if isinstance(value, str) else to_json(value)}"


def _local(text: str) -> str:
    """A moment with an offset, in the project's zone."""
    try:
        return f"{datetime.fromisoformat(text).astimezone(project_zone()):%Y-%m-%d %H:%M}"
    except ValueError:
        return text


def _channel(item: Any) -> str:
    """Why one channel was passed over."""
    if not isinstance(item, Mapping):
        return str(item)
    rest = {key: value for key, value in item.items() if key not in ("channel", "reason")}
    more = f" ({', '.join(_pair(key, value) for key, value in rest.items())})" if rest else ""
    return f"{item.get('channel')}: {item.get('reason')}{more}"
