"""Events that actions emit: stored at once, and told to those inside and to the rules once the runs are saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from automation.engine.entry.enter import enter_arrivals
from automation.engine.entry.meeting import Arrival
from automation.engine.journey.hearing import hear
from automation.store.events import NewEvent, store_new_events

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.engine.book import RuleBook
    from automation.engine.versions import Versions


class Emitter:
    """Gathers what an action emits; `flush` stores it once the action has come back, `tell` makes it known."""

    def __init__(self, conn: Connection, book: RuleBook, now: int) -> None:
        self._conn, self._book, self._now = conn, book, now
        self._waiting: list[NewEvent] = []
        self._arrivals: list[Arrival] = []
        self._made: set[int] = set()
        self.last_id = 0  # of the newest event that was emitted; a wait that begins now listens to those after it

    def __call__(self, events: Sequence[NewEvent]) -> None:
        self._waiting.extend(events)

    def discard(self) -> None:
        self._waiting.clear()

    def flush(self) -> None:
        events, self._waiting = self._waiting, []
        if not events:
            return
        ids = store_new_events(self._conn, events, self._now)
        self._arrivals += [
            Arrival(id_, e.name, e.contact_id, e.properties, e.occurred_at)
            for e, id_ in zip(events, ids, strict=True)
            if id_ is not None
        ]
        self._made.update(id_ for id_ in ids if id_ is not None)
        self.last_id = max(self._made, default=0)

    def made(self, event_id: int) -> bool:
        """Whether an action of this batch emitted the event."""
        return event_id in self._made

    def tell(self, versions: Versions, begun: Mapping[int, int]) -> None:
        """Those inside hear what was emitted, and people enter by it. `begun`: see `hear`."""
        if not self._arrivals:
            return
        book, arrivals = self._book, self._arrivals
        hear(self._conn, book, versions, [a for a in arrivals if a.name in book.listeners], self._now, begun)
        entering = [a for a in arrivals if a.name in book.by_event]
        if entering:
            enter_arrivals(self._conn, book, entering, self._now)
