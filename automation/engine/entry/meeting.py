"""Who meets which rule, and why: an event that names a person, or a change of the person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from automation.store.entry_moment import EntryMoment

if TYPE_CHECKING:
    from automation.catalogue.event_fields import Happened
    from automation.engine.book import LoadedRule


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """A new event on a name that rules listen to. Times are milliseconds UTC."""

    event_id: int | None  # None: it is no event but a change of the person
    name: str
    contact_id: int | None
    properties: Mapping[str, Any]
    occurred_at: int
    received_at: int
    source: str
    channel: str | None


def nothing_came(contact_id: int, now: int) -> Arrival:
    """What stands for an event where somebody enters without one."""
    return Arrival(None, "", contact_id, {}, now, now, "", None)


def arrival_of(event: Happened, event_id: int, contact_id: int | None, received_at: int) -> Arrival:
    """A stored event as something that arrives."""
    return Arrival(
        event_id, event.name, contact_id, event.properties, event.occurred_at, received_at, event.source, event.channel
    )


@dataclass(frozen=True, slots=True, eq=False)
class Meeting:
    """A person at a rule's door."""

    rule: LoadedRule
    arrival: Arrival
    contact_id: int | None
    named: str | None = None  # the identity that nobody has
    changed: str | None = None  # names the occurrence where no event does
    moment: EntryMoment | None = None  # by which it enters, if not by its event

    @property
    def seen(self) -> Mapping[str, Any]:
        """The event as conditions see it, with what every event has; empty where somebody enters without one."""
        return {} if self.arrival.event_id is None else self.rule.whole(self.arrival)

    @property
    def key(self) -> str:
        return self.changed or f"e{self.arrival.event_id}"

    def since(self, newest: int) -> EntryMoment:
        """By which it enters; `newest`: the newest event, where no event lets the person in."""
        if self.moment is not None:
            return self.moment
        arrival = self.arrival
        id_ = newest if arrival.event_id is None else arrival.event_id
        return EntryMoment.of_event(id_, arrival.occurred_at, arrival.received_at)
