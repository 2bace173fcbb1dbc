"""A quarantined item as it may be shown: what names a field or an event stays, what may be somebody's is masked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from automation.i18n import Text, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automation.catalogue.model import Catalogue
    from automation.store.types import AnyRow

_PLAIN_PARAMS = {
    "allowed", "channel", "choices", "country", "currency", "event", "expected", "field", "kept", "kind", "kinds",
    "known", "label", "max", "min", "name", "property", "type", "source", "hint", "found_nearest",
    "form", "at", "length",
}  # fmt: skip
"""Of a reason: what comes from the catalogue and from us, and not from the sender."""
_ABOUT_TIMES = ("ingest.bad_time", "ingest.future")
_PLAIN_MEMBERS = ("name", "occurred_at", "source", "channel")
"""Of an event, beside its properties: what says nothing about a person."""


def as_row(row: AnyRow, catalogue: Catalogue) -> dict[str, Any]:
    """Through the masker of the block."""
    from automation.contacts.masking import masker

    show = masker()
    return {
        "id": row.id, "at": row.at, "origin": show.text(row.origin),
        "reason": say(row.code, **{name: _param(row.code, name, value) for name, value in row.detail.items()}),
        "item": row.payload if show.revealed else _item(row.payload, catalogue),
    }  # fmt: skip


def _param(code: str, name: str, value: Any) -> Any:
    from automation.contacts.masking import masker

    if isinstance(value, list):
        return Text(*value)
    if name in _PLAIN_PARAMS:
        return value
    if code in _ABOUT_TIMES:
        return masker().text(str(value))
    return masker().error(str(value)) if name == "reason" else masker().personal(str(value))


def _item(payload: str, catalogue: Catalogue) -> str:
    """What can't be read as an event is counted only."""
    from automation.cli.output import to_json

    try:
        item = json.loads(payload)
    except (ValueError, RecursionError):
        item = None
    if not isinstance(item, dict):
        return say("privacy.characters", count=len(payload))
    return to_json({key: _member(key, value, item, catalogue) for key, value in item.items()})


def _member(key: str, value: Any, item: Mapping[str, Any], catalogue: Catalogue) -> Any:
    from automation.contacts.masking import masked_event, masker

    show = masker()
    if key in _PLAIN_MEMBERS and isinstance(value, str):
        return show.text(value)
    if key == "properties" and isinstance(value, dict):
        return _deep(masked_event(catalogue, value, item.get("name")))
    return _deep(value, everything=True)


def _deep(value: Any, *, everything: bool = False) -> Any:
    """Lists and mappings below it too; with `everything`, each text and number is masked."""
    from automation.contacts.masking import masker

    if isinstance(value, dict):
        return {key: _deep(item, everything=everything or not isinstance(item, str)) for key, item in value.items()}
    if isinstance(value, list):
        return [_deep(item, everything=everything) for item in value]
    if everything and value is not None and not isinstance(value, bool):
        return masker().personal(value)
    return value
