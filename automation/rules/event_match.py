"""`{event, where, within}`: an event to wait for, to aim at, or to follow another, read in one way everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automation.calendars.duration import Duration
    from automation.catalogue.model import EventDef
    from automation.rules.conditions.tree import Condition
    from automation.rules.names import Names
    from automation.rules.reader import Reader
    from automation.yamltree import Node

EVENT_MATCH_KEYS = ("event", "where", "within")


@dataclass(frozen=True)
class EventMatch:
    """What was read; `defn` types the properties."""

    event: str
    where: Condition | None
    within: Duration
    defn: EventDef


def read_event_match(reader: Reader, names: Names, node: Node, path: str, at: Node | None = None) -> EventMatch | None:
    """`where` holds the event's own properties as `event.*`; None when anything in it is wrong."""
    mapping = reader.mapping(node, path, EVENT_MATCH_KEYS, ("event", "within"), at)
    if mapping is None:
        return None
    named, asked, window = (mapping.get(name) for name in EVENT_MATCH_KEYS)
    defn = _event(reader, names, named, path) if named is not None else None
    within = reader.duration(window, path) if window is not None else None
    before = len(reader.problems)
    where = names.where(reader, asked, defn, f"{path}/where") if defn is not None else None
    if defn is None or within is None or len(reader.problems) > before:
        return None
    return EventMatch(defn.name, where, within, defn)


def _event(reader: Reader, names: Names, node: Node, path: str) -> EventDef | None:
    events = names.catalogue.events
    name = reader.text(node, path)
    if name is not None and name not in events:
        reader.unknown(node, path, "unknown_event", name, events)
    return events.get(name) if name is not None else None
