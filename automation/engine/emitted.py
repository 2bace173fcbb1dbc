"""Events that actions emit: stored in the same transaction, and met by the rules that listen to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from automation.engine.enter import Arrival, enter_arrivals
from automation.store.events import NewEvent, store_new_events

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.engine.book import RuleBook


class Emitter:
    """Gathers what an action emits; `flush` stores it once the action has come back."""

    def __init__(self, conn: Connection, book: RuleBook, now: int) -> None:
        self._conn, self._book, self._now = conn, book, now
        self._waiting: list[NewEvent] = []

    def __call__(self, events: Sequence[NewEvent]) -> None:
        self._waiting.extend(events)

    def discard(self) -> None:
        self._waiting.clear()

    def flush(self) -> None:
        events, self._waiting = self._waiting, []
        if not events:
            return
        ids = store_new_events(self._conn, events, self._now)
        arrivals = [
            Arrival(id_, e.name, e.contact_id, e.properties)
            for e, id_ in zip(events, ids, strict=True)
            if id_ is not None and e.name in self._book.by_event
        ]
        if arrivals:
            enter_arrivals(self._conn, self._book, arrivals, self._now)
