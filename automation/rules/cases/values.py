"""Values, moments and events in a case, read by the catalogue."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from automation.calendars.local import moment_of
from automation.catalogue.event_fields import FROM_CASES
from automation.catalogue.model import EVENT_FIELDS, FieldType
from automation.catalogue.values import ValueProblem, normalise
from automation.rules.cases.spec import Happening, Moment, Passing
from automation.rules.conditions.references import literal_text, looks_like_reference
from automation.rules.reader import shown
from automation.yamltree import Mapping, Node, Scalar, plain

if TYPE_CHECKING:
    from automation.calendars.duration import Duration
    from automation.catalogue.model import EventDef, FieldDef
    from automation.rules.cases.ground import Ground
    from automation.rules.reader import Reader

EVENT_KEYS = ("event", "properties", *FROM_CASES)
PAST_KEYS = (*EVENT_KEYS, "ago", "at")
_EXACT = (FieldType.TEXT, FieldType.MONEY, FieldType.DATE, FieldType.DATETIME)


class Values:
    """Reads single values for one rule's cases; None after a problem was said."""

    def __init__(self, reader: Reader, ground: Ground) -> None:
        self.reader, self.ground = reader, ground

    def value(self, known: FieldDef, node: Node, path: str) -> Any:
        """In the normal form of the field. Test data are written out: nothing in them is looked up."""
        if isinstance(node, Scalar) and looks_like_reference(node.value):
            self.reader.error(node, path, "reference_in_param", found=node.value)
            return None
        try:
            return normalise(known, written(known, node), self.ground.zone)
        except ValueProblem as error:
            self.reader.say(node, path, error.key, dict(error.params))
            return None

    def moment(self, node: Node, path: str) -> datetime | None:
        """`2026-08-01 10:00` in the rule's zone."""
        text = node.text if isinstance(node, Scalar) else ""
        try:
            wall = datetime.strptime(text, "%Y-%m-%d %H:%M")  # noqa: DTZ007  (local to the rule's zone)
        except ValueError:
            self.reader.error(node, path, "bad_moment", found=shown(node))
            return None
        return moment_of(wall, self.ground.zone)

    def past(self, node: Node, path: str) -> Happening | None:
        """An event that happened before."""
        mapping = self.reader.mapping(node, path, PAST_KEYS, ("event",))
        if mapping is None:
            return None
        event, ago, at = self._event(mapping, path), mapping.get("ago"), mapping.get("at")
        if (ago is None) == (at is None):
            self.reader.error(node, path, "tests.when")
            return None
        since = self.reader.duration(ago, path) if ago is not None else None
        moment = self.moment(at, path) if at is not None else None
        return event and replace(event, ago=since, at=moment)

    def coming(self, node: Node, path: str, given: AnyMapping[str, Any] | None = None) -> Moment | None:
        """An event that happens now, or time that goes by. `given`: properties that the event has besides."""
        if isinstance(node, Mapping) and node.get("advance") is not None:
            mapping = self.reader.mapping(node, path, ("advance",))
            by = self.duration(mapping.get("advance"), path) if mapping else None
            return Passing(by, node.line) if by else None
        mapping = self.reader.mapping(node, path, (*EVENT_KEYS, "advance"), ("event",))
        return self._event(mapping, path, given or {}) if mapping is not None else None

    def duration(self, node: Node | None, path: str) -> Duration | None:
        return self.reader.duration(node, path) if node is not None else None

    def _event(self, mapping: Mapping, path: str, besides: AnyMapping[str, Any] | None = None) -> Happening | None:
        node, given = mapping.get("event"), mapping.get("properties")
        name = self.reader.text(node, path) if node is not None else None
        if node is None or name is None:
            return None
        known = self.ground.names.catalogue.events.get(name)
        if known is None:
            self.reader.unknown(node, path, "unknown_event", name, self.ground.names.catalogue.events)
            return None
        properties = self._properties(known, given, path)
        self.complete(known, {**(besides or {}), **properties}, given or node, path)
        channel, source = (self._own(mapping, key, path) for key in FROM_CASES)
        return Happening(name, mapping.line, properties, channel=channel, source=source)

    def _own(self, mapping: Mapping, key: str, path: str) -> str | None:
        """The event's own channel or source, which is no property."""
        node = mapping.get(key)
        return None if node is None else self.value(EVENT_FIELDS[key], node, f"{path}/{key}")

    def _properties(self, event: EventDef, node: Node | None, path: str) -> AnyMapping[str, Any]:
        found: dict[str, Any] = {}
        mapping = self.reader.mapping(node, path, tuple(event.properties)) if node is not None else None
        for entry in mapping.entries if mapping else ():
            known = event.properties.get(str(entry.key.value))
            if known is not None and self.value(known, entry.value, path) is not None:
                found[known.name] = written(known, entry.value)
        return found

    def complete(self, event: EventDef, found: AnyMapping[str, Any], node: Node, path: str) -> None:
        """Without what it requires the event would be quarantined. Whom it names is filled in."""
        for known in event.properties.values():
            if known.required and known.identity is None and known.name not in found:
                self.reader.error(node, path, "tests.property_missing", event=event.name, name=known.name)


def written(known: FieldDef, node: Node) -> Any:
    """What was meant: `59.90` is exact money, `123` of a text field is the text as it was written."""
    node = literal_text(node) or node
    number = isinstance(node, Scalar) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool)
    return node.text if number and known.type in _EXACT and isinstance(node, Scalar) else plain(node)
