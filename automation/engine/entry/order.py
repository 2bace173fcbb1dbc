"""The order of events: those of one person are decided one after the other, in waves in which nobody comes twice.

Before each wave, what is due to its people happens: so an event finds what the one before it has caused, in one batch
as in many. Only what a run waited for until the event's own time, or later, comes after the event. People whose events
no rule asks about cost nothing, and a batch in which nobody comes twice is one wave.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from automation.contacts.resolve import find
from automation.engine.entry.naming import named_identities

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.engine.book import RuleBook

Happening: TypeAlias = tuple[str, int | None, Mapping[str, Any]]
"""The name of an event, its contact and its properties."""


class Wave(NamedTuple):
    """Events that are decided together, by their places, and about whom each decides something: {contact: place}."""

    places: Sequence[int]
    people: Mapping[int, int]

    def moments(self, times: Sequence[int]) -> dict[int, int]:
        """When that happened to each of the people, by the times of all the events."""
        return {contact_id: times[place] for contact_id, place in self.people.items()}


def waves(conn: Connection, book: RuleBook, events: Sequence[Happening]) -> list[Wave]:
    """The events in waves: none is decided before, or stored with, one of the same person that stands before it."""
    by_event, listeners, naming = book.by_event, book.listeners, book.naming_events
    asked = [place for place, (name, _, _) in enumerate(events) if name in by_event or name in listeners]
    people = [contact_id for _, contact_id, _ in events if contact_id is not None] if asked else []
    if len(set(people)) == len(people) and not (naming and any(events[place][0] in naming for place in asked)):
        about = {one: place for place in asked if (one := events[place][1]) is not None}
        return [Wave(range(len(events)), about)] if events else []
    return _in_turn(events, _concerned(conn, book, events, asked))


def _in_turn(events: Sequence[Happening], concerned: Mapping[int, Sequence[int]]) -> list[Wave]:
    found: list[tuple[list[int], dict[int, int]]] = []
    turns: dict[int, int] = {}
    for place, (_, contact_id, _) in enumerate(events):
        deciding = concerned.get(place, ())
        turn = max((turns.get(one, 0) for one in (*deciding, contact_id) if one is not None), default=0)
        while len(found) <= turn:
            found.append(([], {}))
        found[turn][0].append(place)
        found[turn][1].update(dict.fromkeys(deciding, place))
        if contact_id is not None:
            turns[contact_id] = turn
        turns.update((one, turn + 1) for one in deciding)
    return [Wave(places, people) for places, people in found]


def _concerned(
    conn: Connection, book: RuleBook, events: Sequence[Happening], asked: Sequence[int]
) -> dict[int, Sequence[int]]:
    """The people about whom each event may decide something, by its place; events that decide nothing are left out."""
    times = Counter(contact_id for _, contact_id, _ in events)
    found: dict[int, Sequence[int]] = {}
    named: dict[int, list[tuple[str, str]]] = {}
    for place in asked:
        name, contact_id, properties = events[place]
        if contact_id is not None and (times[contact_id] == 1 or _decides(book, name, properties)):
            found[place] = (contact_id,)
        if name in book.naming_events:
            kinds = book.naming_events[name]
            named[place] = [(kind, v) for kind, key in kinds for v in named_identities(book, kind, properties, key)]
    for place, people in _known(conn, named).items():
        found[place] = (*found.get(place, ()), *people)
    return found


def _decides(book: RuleBook, name: str, properties: Mapping[str, Any]) -> bool:
    """Whether a rule is called by such an event, or somebody inside or a segment may hear it."""
    if name in book.listeners or name in book.watched_events:
        return True
    return bool(book.by_event[name].matching(properties))


def _known(conn: Connection, named: Mapping[int, Sequence[tuple[str, str]]]) -> dict[int, list[int]]:
    """Those of the named people that there are, by the place of the event that names them. One query a kind."""
    wanted: dict[str, set[str]] = {}
    for pairs in named.values():
        for kind, value in pairs:
            wanted.setdefault(kind, set()).add(value)
    people = {kind: find(conn, kind, sorted(values)) for kind, values in wanted.items()}
    return {
        place: [people[kind][value] for kind, value in dict.fromkeys(pairs) if value in people[kind]]
        for place, pairs in named.items()
    }
