"""Personal data in listings: enough to recognise it, not enough to copy it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any


def mask(value: str) -> str:
    """`138****8000`, `l***@example.com`, `o********`; of a web address, what comes before its parameters."""
    from automation.templating.filters import mask as mask_text

    return value.partition("?")[0] if value.startswith(("http://", "https://")) else mask_text(value)


def mask_identity(named: str) -> str:
    """`phone:138****8000` of `phone:+8613800138000`."""
    kind, colon, value = named.partition(":")
    return kind + colon + mask(value) if colon else mask(named)


def mask_fields(values: Mapping[str, Any], personal: Collection[str]) -> dict[str, Any]:
    """A profile with the values of its `personal` fields masked."""
    return {name: _masked(value) if name in personal else value for name, value in values.items()}


def _masked(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_masked(item) for item in value]
    return mask(value) if isinstance(value, str) else "*"
