"""The `sources` of the catalogue file: how a system that sends events writes times, and what it calls our fields."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from automation.catalogue.model import SourceDef
from automation.catalogue.nearest import offer
from automation.catalogue.reading import EVENT_NAME, found
from automation.i18n import Text
from automation.yamltree import Scalar

if TYPE_CHECKING:
    from automation.catalogue.model import Catalogue
    from automation.catalogue.reading import Reader
    from automation.yamltree import Node

ENVELOPE = ("name", "contact", "occurred_at", "message_id", "channel")
"""What an event has beside its properties and its source."""
PROPERTY = "event."
CONTACT = "contact."
UNITS = {"seconds": 1_000, "milliseconds": 1, "microseconds": 0.001}
"""Milliseconds in one of each."""
_KEYS = ("label", "time", "zone", "fields", "events")
_SAMPLE = datetime(2026, 12, 31, 23, 45, tzinfo=UTC)


def read_sources(reader: Reader, node: Node | None, catalogue: Catalogue) -> dict[str, SourceDef]:
    """Every source; each wrong key leaves a problem."""
    sources: dict[str, SourceDef] = {}
    for key, value in reader.named(node, "sources", EVENT_NAME):
        name, path = key.text, f"sources/{key.text}"
        spec = reader.mapping(value, path, _KEYS)
        sources[name] = SourceDef(
            key=name,
            label=reader.label(spec.get("label"), path, Text(name, name)),
            time=_time(reader, spec.get("time"), path),
            zone=_zone(reader, spec.get("zone"), path),
            fields=_fields(reader, spec.get("fields"), path, catalogue),
            events=_events(reader, spec.get("events"), path, catalogue),
        )
    return sources


def _time(reader: Reader, node: Node | None, path: str) -> str | None:
    """A unit, or a pattern with at least year, month and day that reads what it writes."""
    text = reader.text(node, path)
    if text is None or node is None or text in UNITS:
        return text
    if "%" not in text:
        reader.report(node, "not_a_time_form", path, known=" / ".join(UNITS), **offer(text, UNITS))
        return None
    try:
        right = datetime.strptime(_SAMPLE.strftime(text), text).date() == _SAMPLE.date()  # noqa: DTZ007 -- a day
    except ValueError:
        right = False
    if not right:
        reader.report(node, "bad_time_pattern", path, found=found(node))
        return None
    return text


def _zone(reader: Reader, node: Node | None, path: str) -> str | None:
    text = reader.text(node, path)
    if text is None or node is None:
        return None
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        reader.report(node, "unknown_zone", path, found=text)
        return None


def _fields(reader: Reader, node: Node | None, path: str, catalogue: Catalogue) -> dict[str, str]:
    """{its field: ours}: `occurred_at`, `contact.phone`, `event.sku` …"""
    fields: dict[str, str] = {}
    properties = {name for event in catalogue.events.values() for name in event.properties}
    known = [
        *ENVELOPE,
        *(CONTACT + kind for kind in catalogue.identity_kinds),
        *(PROPERTY + name for name in properties),
    ]
    taken: dict[str, str] = {}
    for entry in reader.mapping(node, f"{path}/fields").entries:
        target = entry.value.text if isinstance(entry.value, Scalar) else ""
        if target not in known:
            reader.report(entry.value, "no_such_target", f"{path}/fields", **offer(target, known))
        elif target in taken:
            reader.report(entry.value, "target_twice", f"{path}/fields", found=target, other=taken[target])
        else:
            fields[entry.key.text] = target
            taken[target] = entry.key.text
    return fields


def _events(reader: Reader, node: Node | None, path: str, catalogue: Catalogue) -> dict[str, str]:
    """{its name of an event: ours}."""
    events: dict[str, str] = {}
    for entry in reader.mapping(node, f"{path}/events").entries:
        target = entry.value.text if isinstance(entry.value, Scalar) else ""
        if target not in catalogue.events:
            reader.report(entry.value, "no_such_event", f"{path}/events", **offer(target, catalogue.events))
        else:
            events[entry.key.text] = target
    return events
