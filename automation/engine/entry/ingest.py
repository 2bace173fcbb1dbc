"""Ingest: a batch of events becomes rows, runs and log entries in one transaction. When it returns, all is on disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, cast

import msgspec

from automation.calendars.duration import Duration
from automation.clock import from_ms, to_ms
from automation.contacts.resolve import Conflict, resolve_pairs
from automation.engine.entry.enter import enter_arrivals
from automation.engine.entry.forgotten import come_again, too_old
from automation.engine.entry.meeting import Arrival
from automation.engine.entry.opt_outs import read_opt_out
from automation.engine.entry.order import waves
from automation.engine.entry.reading import EventError, EventReader, Parsed
from automation.engine.entry.unsubscribes import UNSUBSCRIBED, OptOut, withdraw
from automation.engine.journey.hearing import hear
from automation.engine.journey.merges import settle_merges
from automation.engine.journey.movement import Allowance, Movement
from automation.errors import AutomationError
from automation.memory import uncollected
from automation.store.events import contact_of_event, settle_times, store_events
from automation.store.quarantine import Rejected, set_rejected_status, store_rejected
from automation.store.retry import fault_of_a_row, retried
from automation.store.runs import lock_contacts

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.clock import Clock
    from automation.engine.book import RuleBook
    from automation.engine.versions import Versions
    from automation.store.database import Database


MOST_WAVES = 100
"""How many events of one person, that rules ask about, are taken in one transaction; a batch with more is halved."""


class Incoming(msgspec.Struct, frozen=True, gc=False):
    """One event as it came: JSON, where it came from, and how many identical ones its input held before it."""

    payload: bytes | str
    origin: str = ""
    repeat: int = 0
    source: str = ""  # the system it comes from, where the door knows it and the event doesn't say
    retry_of: int | None = None  # the quarantined item that this is; it is marked in the same transaction


@dataclass
class IngestResult:
    """stored + duplicates + quarantined = the items given. `entered` and `skipped` count decisions about people."""

    stored: int = 0
    duplicates: int = 0
    quarantined: int = 0
    entered: int = 0
    skipped: int = 0
    reasons: list[Rejected] = field(default_factory=list)

    def add(self, other: IngestResult) -> None:
        self.stored += other.stored
        self.duplicates += other.duplicates
        self.quarantined += other.quarantined
        self.entered += other.entered
        self.skipped += other.skipped


Taken: TypeAlias = tuple[Parsed, int | None]
"""An event with its contact; None: it names nobody."""


class Ingest:
    """Takes batches for one rule book. A bad item is quarantined and never rejects its neighbours."""

    def __init__(
        self, database: Database, clock: Clock, book: RuleBook, versions: Versions, movement: Movement
    ) -> None:
        self._database, self._clock, self._book, self._versions = database, clock, book, versions
        self._movement = movement
        self._reader = EventReader(book.project.catalogue, book.checkers, book.zone)

    def __call__(self, items: Sequence[Incoming], also: Callable[[Connection], None] | None = None) -> IngestResult:
        """Take a batch. What `also` writes is committed with it: never before, and not without it."""
        with uncollected():
            return self._take(items, to_ms(self._clock.now()), also or _nothing)

    def replay(self, taken: Sequence[Taken]) -> IngestResult:
        """Events of another database, as it has them: nothing is read, resolved or quarantined again."""

        def store() -> IngestResult:
            with uncollected(), self._database.write() as conn:
                return self._keep(conn, taken, [], to_ms(self._clock.now()))

        return retried(store)

    def _take(self, items: Sequence[Incoming], now: int, also: Callable[[Connection], None]) -> IngestResult:
        parsed, rejected = self._read(items, now)
        if self._is_crowded(parsed):
            return self._in_halves(items, now, also)

        def store() -> IngestResult:
            with self._database.write() as conn:
                _mark_retried(conn, items)
                result = self._store(conn, parsed, list(rejected), now)
                also(conn)
                return result

        try:
            return retried(store)
        except Exception as error:
            if not fault_of_a_row(error):
                raise
            return self._apart(items, error, now, also)

    def _apart(
        self, items: Sequence[Incoming], error: Exception, now: int, also: Callable[[Connection], None]
    ) -> IngestResult:
        """One item breaks its batch: halve it until that one stands alone, and quarantine it."""
        if len(items) > 1:
            return self._in_halves(items, now, also)
        self._hear_stop(items[0], now)
        reason = f"{type(error).__name__}: {str(getattr(error, 'orig', error)).splitlines()[0]}"
        rejected = [_rejection(items[0], EventError("ingest.failed", reason=reason[:300]))]
        with self._database.write() as conn:
            _mark_retried(conn, items)
            store_rejected(conn, rejected, now)
            also(conn)
        return IngestResult(quarantined=1, reasons=rejected)

    def _is_crowded(self, parsed: Sequence[tuple[Incoming, Parsed]]) -> bool:
        """Whether one person comes so often that their events would hold up everybody else for long."""
        asked, listeners = self._book.by_event, self._book.listeners
        times = Counter(event.identities for _, event in parsed if event.name in asked or event.name in listeners)
        return any(count > MOST_WAVES for identities, count in times.items() if identities)

    def _in_halves(self, items: Sequence[Incoming], now: int, also: Callable[[Connection], None]) -> IngestResult:
        """In two transactions, in their order; what `also` writes comes with the last."""
        middle = len(items) // 2
        first = self._take(items[:middle], now, _nothing)
        second = self._take(items[middle:], now, also)
        first.add(second)
        first.reasons += second.reasons
        return first

    def _hear_stop(self, item: Incoming, now: int) -> None:
        """What an opt-out sets off can't be done: the opt-out itself can."""
        opt_out = read_opt_out(self._reader, item.payload, now, item.repeat, item.source)
        if opt_out is not None:
            with self._database.write() as conn:
                self._hear_stops(conn, [(item, opt_out)], now)

    def _read(self, items: Sequence[Incoming], now: int) -> tuple[list[tuple[Incoming, Parsed]], list[Rejected]]:
        parsed: list[tuple[Incoming, Parsed]] = []
        rejected: list[Rejected] = []
        read = self._reader.read
        for item in items:
            try:
                parsed.append((item, read(item.payload, now, item.repeat, item.source)))
            except AutomationError as error:
                opt_out = read_opt_out(self._reader, item.payload, now, item.repeat, item.source)
                if opt_out is not None:
                    parsed.append((item, opt_out))
                else:
                    rejected.append(_rejection(item, error))
        return parsed, rejected

    def _store(
        self, conn: Connection, pairs: list[tuple[Incoming, Parsed]], rejected: list[Rejected], now: int
    ) -> IngestResult:
        events = [event for _, event in pairs]
        old = self._too_old(conn, events, now)
        again = come_again(conn, events) - old.keys()
        stopping = [pairs[place] for place in old if events[place].name == UNSUBSCRIBED]
        self._hear_stops(conn, stopping, now)
        rejected += [_rejection(pairs[i][0], error) for i, error in old.items() if events[i].name != UNSUBSCRIBED]
        new = [pair for place, pair in enumerate(pairs) if place not in again and place not in old]
        result = self._keep(conn, self._taken(conn, new, rejected, now), rejected, now)
        result.duplicates += len(again) + len(stopping)
        return result

    def _hear_stops(self, conn: Connection, pairs: Sequence[tuple[Incoming, Parsed]], now: int) -> None:
        """Opt-outs that are not stored: too old, or their like breaks what they would set off."""
        taken = self._taken(conn, pairs, [], now)
        times = _times(conn, taken, now)
        self._withdraw(conn, taken, times, [0] * len(taken), now)

    def _withdraw(
        self, conn: Connection, taken: Sequence[Taken], times: Sequence[int], ids: Sequence[int | None], now: int
    ) -> None:
        """An opt-out counts also where its number came before (no id): perhaps it was somebody else's."""
        said: list[OptOut] = []
        for (event, contact_id), at, id_ in zip(taken, times, ids, strict=True):
            if event.name == UNSUBSCRIBED and contact_id is not None:
                others = id_ is None and event.occurred_at is None and contact_id != contact_of_event(
                    conn, at, event.source, event.message_id
                )  # fmt: skip
                said.append(OptOut(contact_id, event.properties, now if others else at))
        withdraw(conn, said, now, self._book.purposes)

    def _too_old(self, conn: Connection, events: Sequence[Parsed], now: int) -> dict[int, EventError]:
        """By their places: those from before what the retention keeps."""
        kept = Duration.parse(self._book.project.settings.retention.events or "")
        if kept is None:
            return {}
        floor = to_ms(kept.before(from_ms(now), self._book.zone))
        error = EventError("ingest.too_old", kept=str(kept))
        return dict.fromkeys(too_old(conn, events, floor), error)

    def _keep(self, conn: Connection, taken: Sequence[Taken], rejected: list[Rejected], asked_at: int) -> IngestResult:
        """Store the events, and let each be decided once all that those before it have caused is there."""
        settle_merges(conn, self._book, self._versions, asked_at)
        found = waves(conn, self._book, [(e.name, contact_id, e.properties) for e, contact_id in taken])
        lock_contacts(conn, frozenset().union(*(wave.people for wave in found)))
        now = max(asked_at, to_ms(self._clock.now()))  # who had to wait for these people sees what was done meanwhile
        result = IngestResult(quarantined=len(rejected), reasons=rejected)
        times, allowance = _times(conn, taken, now), Allowance()
        for wave in found:
            if wave.people:
                self._movement.move_people(conn, wave.moments(times), from_ms(now), allowance)
            some = taken if len(found) == 1 else [taken[place] for place in wave.places]
            result.add(self._decide(conn, some, [times[place] for place in wave.places], now))
        store_rejected(conn, rejected, now)
        return result

    def _decide(self, conn: Connection, taken: Sequence[Taken], times: Sequence[int], now: int) -> IngestResult:
        rows = [
            (e.name, contact_id, at, e.source, e.message_id, e.channel, e.raw_properties)
            for (e, contact_id), at in zip(taken, times, strict=True)
        ]
        ids = store_events(conn, rows, now)
        entered, skipped = self._meet(conn, taken, times, ids, now)
        duplicates = ids.count(None)
        return IngestResult(len(ids) - duplicates, duplicates, 0, entered, skipped)

    def _meet(
        self, conn: Connection, taken: Sequence[Taken], times: Sequence[int], ids: Sequence[int | None], now: int
    ) -> tuple[int, int]:
        """The new ones among the events meet the rules; returns how many entered and how many were skipped."""
        by_event, listeners = self._book.by_event, self._book.listeners
        arrivals: list[Arrival] = []
        heard: list[Arrival] = []
        for (event, contact_id), at, id_ in zip(taken, times, ids, strict=True):
            name = event.name
            if id_ is None:
                continue
            if name in by_event:
                arrivals.append(Arrival(id_, name, contact_id, event.properties, at, now, event.source, event.channel))
            if name in listeners:
                heard.append(Arrival(id_, name, contact_id, event.properties, at, now, event.source, event.channel))
        self._withdraw(conn, taken, times, ids, now)
        hear(conn, self._book, self._versions, heard, now)  # first: who leaves by an event may enter by it again
        return enter_arrivals(conn, self._book, arrivals, now)

    def _taken(
        self, conn: Connection, pairs: Sequence[tuple[Incoming, Parsed]], rejected: list[Rejected], now: int
    ) -> list[Taken]:
        """The events whose contact could be told."""
        catalogue, create = self._book.project.catalogue, self._book.project.settings.ingest.create_contacts
        named = [event.identities for _, event in pairs]
        resolved = resolve_pairs(conn, catalogue, named, now, create=create, actor="ingest").contacts
        taken: list[Taken] = []
        for (item, event), contact in zip(pairs, resolved, strict=True):
            if event.name == UNSUBSCRIBED and event.identities and not isinstance(contact, int):
                taken.append((event, self._everybody(conn, event, now)))
            elif isinstance(contact, Conflict):
                rejected.append(_rejection(item, EventError("ingest.conflict", reason=str(contact))))
            elif contact is None and event.identities:
                shown = ", ".join(f"{kind}:{value}" for kind, value in event.identities)
                rejected.append(_rejection(item, EventError("ingest.no_contact", identities=shown)))
            else:
                taken.append((event, contact))
        return taken

    def _everybody(self, conn: Connection, event: Parsed, now: int) -> int:
        """Whoever an opt-out may mean: each of its identities by itself, made a contact where nobody has it.

        All of them are heard; gives the oldest, whose event it is.
        """
        catalogue, each = self._book.project.catalogue, [(pair,) for pair in event.identities]
        found = resolve_pairs(conn, catalogue, each, now, create=True, actor="ingest").contacts
        first, *others = sorted({contact for contact in found if isinstance(contact, int)})
        at = now if event.occurred_at is None else event.occurred_at
        withdraw(conn, [OptOut(one, event.properties, at) for one in others], now, self._book.purposes)
        return first


def _nothing(_: Connection) -> None:
    """Nothing is written besides."""


def _times(conn: Connection, taken: Sequence[Taken], now: int) -> list[int]:
    times = [event.occurred_at for event, _ in taken]
    if None not in times:
        return cast("list[int]", times)
    settled = settle_times(conn, [(e.source, e.message_id) for e, _ in taken if e.occurred_at is None], now)
    return [settled[e.source, e.message_id] if e.occurred_at is None else e.occurred_at for e, _ in taken]


def _mark_retried(conn: Connection, items: Sequence[Incoming]) -> None:
    set_rejected_status(conn, [item.retry_of for item in items if item.retry_of is not None], "retried")


def _rejection(item: Incoming, error: AutomationError) -> Rejected:
    payload = item.payload if isinstance(item.payload, str) else item.payload.decode("utf-8", "backslashreplace")
    return Rejected(item.origin[:200], error.key, error.params, payload.replace("\x00", "\\u0000"), item.repeat,
                    item.source)  # fmt: skip
