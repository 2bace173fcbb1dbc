"""An opt-out that is wrong in some part: what can be read of it is done. It is never put aside for what can't."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from automation.catalogue.values import storable
from automation.engine.entry.reading import EventError, Parsed, message_id_of
from automation.engine.entry.unsubscribes import UNSUBSCRIBED
from automation.errors import AutomationError
from automation.store.bulk import to_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from automation.catalogue.model import SourceDef
    from automation.engine.entry.reading import EventReader
    from automation.store.identities import Pair


def read_opt_out(
    reader: EventReader, payload: bytes | str, now: int, repeat: int = 0, source: str = ""
) -> Parsed | None:
    """The opt-out in an event that can't be taken as it is; None when it is none, or names nobody that can be read.

    One whose time can't be read has none; a time ahead of our clock is now. Properties that are wrong are left out.
    """
    raw, declared = reader.translated_in_part(payload, source)
    if raw.get("name") != UNSUBSCRIBED:
        return None
    identities = tuple(dict.fromkeys(_identities(reader, raw.get("contact"))))
    if not identities:
        return None
    properties = _properties(reader, raw.get("properties"))
    at = _time(reader, raw.get("occurred_at"), declared, now)
    message_id = _text(raw.get("message_id"), 200) or message_id_of(payload, at, repeat)
    source, channel = _text(raw.get("source"), 80) or source, _text(raw.get("channel"), 40)
    return Parsed(UNSUBSCRIBED, identities, at, source, message_id, channel, properties, to_json(properties))


def _identities(reader: EventReader, contact: Any) -> Iterator[Pair]:
    for one in contact if isinstance(contact, list) else [contact]:
        parts = [{kind: value} for kind, value in one.items()] if isinstance(one, dict) else [one]
        for part in parts:
            try:
                yield from reader.identities(part)
            except (AutomationError, TypeError, ValueError):
                continue


def _properties(reader: EventReader, given: Any) -> dict[str, Any]:
    """Those that are right by themselves. A channel or purpose that is no text stays as one that nobody knows."""
    found: dict[str, Any] = {}
    for name, value in given.items() if isinstance(given, dict) else ():
        try:
            found[name] = reader.property_of(UNSUBSCRIBED, name, value)
        except AutomationError:
            if name == "purpose" and value not in (None, ""):
                found[name] = json.dumps(value)[:200]
    return {name: value for name, value in found.items() if _keepable([name, value])}


def _keepable(value: Any) -> bool:
    """Whether both databases can store it."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        return storable(text) and "\\u0000" not in text and bool(to_json(value))
    except (ValueError, TypeError, OverflowError, RecursionError):
        return False


def _time(reader: EventReader, given: Any, source: SourceDef | None, now: int) -> int | None:
    try:
        return None if given is None else min(reader.moment(given, source), now)
    except EventError:
        return None


def _text(value: Any, longest: int) -> str | None:
    text = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    return text[:longest] if text and _keepable(text) else None
