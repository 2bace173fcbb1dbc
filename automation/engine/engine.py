"""The engine: one project on one database. What the daemon, the command line and the tests talk to."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING

from automation.clock import Clock, SystemClock, to_ms
from automation.engine.clocks.polling import Polling, Sources
from automation.engine.clocks.schedule import Schedule
from automation.engine.clocks.segments import Segments
from automation.engine.delivery.by_hand import ByHand
from automation.engine.delivery.coupons import ExpireCoupons
from automation.engine.delivery.deliver import Deliver
from automation.engine.delivery.unknowns import Unknowns
from automation.engine.entry.ingest import Incoming, Ingest, IngestResult, Taken
from automation.engine.entry.pending import Pending
from automation.engine.journey.advance import Advance
from automation.engine.journey.manual import RunsByHand
from automation.engine.journey.movement import Movement
from automation.engine.journey.moving import Moving
from automation.engine.publishing import publish
from automation.engine.removal import due_to_leave, let_out
from automation.engine.versions import Versions
from automation.errors import AutomationError
from automation.i18n import say
from automation.providers.loader import build_providers
from automation.rules.identity import claim_database
from automation.store.rules import missing_rules

if TYPE_CHECKING:
    from datetime import datetime

    from automation.engine.book import RuleBook
    from automation.providers.loader import Providers
    from automation.rules.project import Project
    from automation.store.database import Database

_log = logging.getLogger(__name__)


class Engine:
    """Publishes the project's rules when it is made; `reload` swaps in a newer project as a whole.

    Every method is one or more whole transactions; it may be called from several threads and processes.
    """

    def __init__(
        self, project: Project, database: Database, clock: Clock | None = None, providers: Providers | None = None
    ) -> None:
        """`providers` take the place of those that the settings name, for what must reach nobody."""
        self.database = database
        self.clock = clock or SystemClock()
        self.providers = providers or build_providers(project.settings, project.registry, database, self.clock)
        self._sources = Sources(project.settings)
        self._take_over(project, claim=True)

    def reload(self, project: Project) -> None:
        """Publish `project` and run by it from now on. Settings and providers stay those of the start.

        AutomationError when the project can't be used as a whole: nobody's run ends because a file can't be read.
        """
        self._take_over(project)

    def _take_over(self, project: Project, *, claim: bool = False) -> None:
        if project.fatal:
            raise AutomationError("daemon.unusable")
        with self.database.write() as conn:
            if claim:
                claim_database(conn, project, to_ms(self.clock.now()))
            book = publish(conn, project, to_ms(self.clock.now()))
        versions = Versions(book)
        movement = Movement(book, versions)
        self.book: RuleBook = book
        self._ingest = Ingest(self.database, self.clock, book, versions, movement)
        self._schedule = Schedule(self.database, self.clock, book, versions)
        self._polling = Polling(self.database, self.clock, book, self._ingest, self._sources)
        self._segments = Segments(self.database, self.clock, book)
        self._pending = Pending(self.database, self.clock, book, versions, movement)
        self._advance = Advance(self.database, self.clock, book, versions, movement)
        self._moving = Moving(self.database, self.clock, book, versions)
        self._deliver = Deliver(self.database, self.clock, book, versions, self.providers)
        self._look_up = Unknowns(self.database, self.clock, book, versions, self.providers)
        self._expire_coupons = ExpireCoupons(self.database, self.clock, book, versions, movement)
        self.by_hand = ByHand(self.database, self.clock, book, versions)
        self.runs_by_hand = RunsByHand(self.database, self.clock, book, versions)

    @property
    def project(self) -> Project:
        return self.book.project

    def overtaken(self) -> bool:
        """Whether another process, or a person, has decided about rules that the files don't have: `reload` then."""
        with self.database.read() as conn:
            return self.book.overtaken_by({row.id: row.status for row in missing_rules(conn)})

    def ingest(self, items: Sequence[Incoming | bytes | str]) -> IngestResult:
        """Take one batch of events, in one transaction. When it returns, they are on disk."""
        return self._ingest([item if isinstance(item, Incoming) else Incoming(item) for item in items])

    def ingest_all(self, items: Iterable[Incoming]) -> Iterator[IngestResult]:
        """Take any number of events, batch by batch; yields each batch's result once it is on disk."""
        source = iter(items)
        while batch := list(islice(source, self.project.settings.ingest.batch_size)):
            yield self._ingest(batch)

    def replay(self, events: Sequence[Taken]) -> IngestResult:
        """Take events that were checked and given to their contacts before, as one batch of new ones."""
        return self._ingest.replay(events)

    def upcoming(self) -> datetime | None:
        """When the clock calls the next rule; it may be past already."""
        return self._schedule.upcoming()

    def poll(self, source: str | None = None) -> int:
        """Read what is new in one of the user's own databases, or in all; returns how many queries were due."""
        return self._polling(source)

    def fire(self) -> int:
        """Fire what the clock says and decide one page of people, and of those whose time to be decided has come.

        Returns how much was done, 0 when nothing was due.
        """
        return self._segments() + self._schedule.fire() + int(self._schedule.work()) + self._pending()

    def advance(self, limit: int = 500) -> int:
        """Move due runs; returns how many were moved."""
        return self._advance(limit)

    def deliver(self, channel: str | None = None) -> int:
        """Send one batch of a channel, or of every channel that has something to send; returns how many were taken."""
        if channel is not None:
            return self._deliver(channel)
        return self._side_by_side(self._deliver_or_tell)

    def _side_by_side(self, deliver: Callable[[str], int]) -> int:
        """Deliver every channel that is due, each in a thread of its own: a slow provider holds up no other channel."""
        names = self.due_channels()
        if len(names) < 2:
            return sum(map(deliver, names))
        with ThreadPoolExecutor(len(names)) as pool:
            return sum(pool.map(deliver, names))

    def _deliver_out(self, channel: str) -> int:
        """Send all that a channel has to send now."""
        total = 0
        while done := self._deliver_or_tell(channel):
            total += done
        return total

    def _deliver_or_tell(self, channel: str) -> int:
        """A channel whose provider is not set up right stands still, and holds up no other."""
        try:
            return self._deliver(channel)
        except AutomationError as error:
            _log.error(say("daemon.channel_stands_still", channel=channel, reason=error.text()))
            return 0

    def due_channels(self) -> list[str]:
        """The channels with messages to send now, and an account that may send them."""
        return self._deliver.due_channels()

    def recover(self) -> int:
        """Settle what a dead process left in `sending`; move on forgotten queues, and people inside changed rules."""
        return self._deliver.recover() + self._advance.repair() + self._moving() + self._let_out()

    def _let_out(self) -> int:
        """Those inside removed rules leave when it can't be undone any more."""
        now = to_ms(self.clock.now())
        if "removed" not in self.book.missing.values():
            return 0
        with self.database.read() as conn:
            if not due_to_leave(conn, now):
                return 0
        with self.database.write() as conn:
            return let_out(conn, due_to_leave(conn, now), now)

    def look_up(self) -> int:
        """Ask providers about one batch of messages whose outcome is unknown; returns how many were in it."""
        return self._look_up()

    def expire_coupons(self) -> int:
        """End one batch of coupon codes whose time is over; returns how many."""
        return self._expire_coupons()

    def run_due(self) -> int:
        """Everything that is due now, until nothing is; returns how many things were done."""
        total = 0
        while True:
            found = self.recover() + self.poll() + self.look_up() + self.expire_coupons()
            total += found
            while done := self.fire() + self.advance() + self._side_by_side(self._deliver_out):
                total += done
            if not found:  # what was done since leads to nothing that is recovered, polled or looked up at this moment
                return total

    def close(self) -> None:
        """Let go of the providers' connections. The database stays open."""
        self.providers.close()
