"""Events that actions emit: stored at once, and told to those inside and to the rules once the runs are saved.

Rules that call each other through such events would never come to an end: a chain that grows too long calls no more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from automation.engine.entry.enter import enter_arrivals
from automation.engine.entry.meeting import Arrival, arrival_of
from automation.engine.entry.order import waves
from automation.engine.entry.unsubscribes import UNSUBSCRIBED, OptOut, withdraw
from automation.engine.journey.hearing import hear
from automation.reasons import Reason
from automation.store.chains import callers, emitter_of
from automation.store.events import NewEvent, store_new_events
from automation.store.log import Entry, write_log

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.engine.book import RuleBook
    from automation.engine.versions import Versions


LONGEST = 20
"""So many runs call each other at most, each by an event of the one before …"""
WITHIN_MS = 86_400_000
"""… within so long: a rule that calls itself again after a wait of days is slow, not endless."""


class Emitter:
    """Gathers what an action emits; `flush` stores it once the action has come back, `tell` makes it known."""

    def __init__(self, conn: Connection, book: RuleBook, now: int) -> None:
        self._conn, self._book, self._now = conn, book, now
        self._waiting: list[NewEvent] = []
        self._arrivals: list[Arrival] = []
        self._emitters: dict[int | None, int] = {}  # the run that emitted it, by event
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
        new = [(id_, e) for id_, e in zip(ids, events, strict=True) if id_ is not None]
        now = self._now
        self._arrivals += [arrival_of(e, id_, e.contact_id, now) for id_, e in new]
        self._emitters |= {id_: run for id_, e in new if (run := emitter_of(e.message_id)) is not None}
        self._made.update(id_ for id_, _ in new)
        stopping = [(e.contact_id, e) for _, e in new if e.name == UNSUBSCRIBED and e.contact_id is not None]
        said = [OptOut(contact_id, e.properties, e.occurred_at) for contact_id, e in stopping]
        withdraw(self._conn, said, self._now, self._book.purposes)
        self.last_id = max(self._made, default=0)

    def made(self, event_id: int) -> bool:
        """Whether an action of this batch emitted the event."""
        return event_id in self._made

    def tell(self, versions: Versions, begun: Mapping[int, int], before: Callable[[Mapping[int, int]], None]) -> None:
        """Those inside hear what was emitted, and people enter by it, one event of a person after the other.

        `begun`: see `hear`. `before` lets happen what is due to people ({contact: when the event occurred})
        before an event of theirs is decided.
        """
        book = self._book
        told = [a for a in self._arrivals if a.name in book.listeners or a.name in book.by_event]
        for wave in waves(self._conn, book, [(a.name, a.contact_id, a.properties) for a in told]):
            before(wave.moments([a.occurred_at for a in told]))
            self._tell([told[place] for place in wave.places], versions, begun)

    def _tell(self, arrivals: Sequence[Arrival], versions: Versions, begun: Mapping[int, int]) -> None:
        book = self._book
        hear(self._conn, book, versions, [a for a in arrivals if a.name in book.listeners], self._now, begun)
        calling = [a for a in arrivals if a.name in book.by_event]
        endless = self._endless(calling)
        self._refuse([a for a in calling if a.event_id in endless])
        entering = [a for a in calling if a.event_id not in endless]
        if entering:
            enter_arrivals(self._conn, book, entering, self._now)

    def _endless(self, arrivals: Sequence[Arrival]) -> set[int | None]:
        """The events at the end of a chain of more than LONGEST runs. Hardly any has a run before the one it is of."""
        chains = {a.event_id: self._emitters[a.event_id] for a in arrivals if a.event_id in self._emitters}
        for _ in range(LONGEST):
            if not chains:
                break
            before = callers(self._conn, set(chains.values()), self._now - WITHIN_MS)
            chains = {event_id: before[run] for event_id, run in chains.items() if run in before}
        return set(chains)

    def _refuse(self, arrivals: Sequence[Arrival]) -> None:
        """Let nobody enter by these events, and say so for each rule that would have been asked."""
        log = []
        for a in arrivals:
            listening = self._book.by_event[a.name]
            log += [
                Entry(
                    Reason.SKIPPED_ENDLESS, rule.rule_id, rule.version_id, a.contact_id, event_id=a.event_id,
                    detail={"event": a.name, "runs": LONGEST},
                )
                for rule in (*listening.called(a), *self._book.watched_events.get(a.name, ()))
                if rule.meets(a.contact_id)
            ]  # fmt: skip
        write_log(self._conn, self._now, log)
