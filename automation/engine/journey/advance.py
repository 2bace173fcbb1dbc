"""Advance: due runs are claimed in a batch, moved through as many steps as they can, and written back with their log.

Everything happens in one transaction: a crash leaves the runs due, as if nobody had touched them. Where the program
itself stumbles over a run, the runs go one by one, and that one waits for an hour: it stops nobody else.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from automation.clock import from_ms, to_ms
from automation.engine.journey.merges import settle_merges
from automation.i18n import say
from automation.memory import uncollected
from automation.reasons import Reason
from automation.store.log import Entry, write_log
from automation.store.pauses import load_pauses
from automation.store.queueing import repair_queues
from automation.store.retry import deadlocked, outage, retried
from automation.store.runs import claim_due, defer_run, lock_contacts, lock_free

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.clock import Clock
    from automation.engine.book import RuleBook
    from automation.engine.journey.movement import Movement
    from automation.engine.versions import Versions
    from automation.store.database import Database
    from automation.store.pauses import Pauses
    from automation.store.types import AnyRow

REST_MS = 3_600_000
"""How long a run waits over which the program stumbled."""
REPAIR_MS = 60_000
"""How often it is looked for queues that nobody moved on."""

_log = logging.getLogger(__name__)


class _RunFault(Exception):
    """The program failed while it moved these runs; nothing of it was kept."""

    def __init__(self, run_ids: Sequence[int]) -> None:
        super().__init__(run_ids)
        self.run_ids = run_ids


class Advance:
    """Claims due runs and moves them, batch by batch."""

    def __init__(
        self, database: Database, clock: Clock, book: RuleBook, versions: Versions, movement: Movement
    ) -> None:
        self._database, self._clock, self._book, self._versions = database, clock, book, versions
        self._movement = movement
        self._repaired_at: int | None = None

    def __call__(self, limit: int = 500) -> int:
        """Move up to `limit` due runs; returns how many were moved, 0 when none was due.

        Runs whose people another transaction has in hand stay due. When there are no others, we wait for those people:
        before any run is ours, so that nobody waits for us.
        """
        try:
            return self._move(limit)
        except _RunFault as fault:
            return self._defer(fault) if len(fault.run_ids) == 1 else self._one_by_one(len(fault.run_ids))

    def _move(self, limit: int) -> int:
        moved, taken = retried(lambda: self._claim(limit))
        if moved or not taken:
            return moved
        moved, _ = retried(lambda: self._claim(limit, of=taken))
        return moved or 1

    def _one_by_one(self, count: int) -> int:
        done = 0
        for _ in range(count):
            try:
                moved = self._move(1)
            except _RunFault as fault:
                moved = self._defer(fault)
            if not moved:
                break
            done += moved
        return done

    def _defer(self, fault: _RunFault) -> int:
        """One run waits, and it is told; the program, or the data that it stumbled over, may be put right meanwhile."""
        (run_id,), cause = fault.run_ids, fault.__cause__
        with self._database.write() as conn:
            now = to_ms(self._clock.now())
            row = defer_run(conn, run_id, now + REST_MS)
            if row is not None:
                detail = {"error": type(cause).__name__, "until": from_ms(now + REST_MS).isoformat()}
                entry = Entry(
                    Reason.HELD_FAULT, row.rule_id, row.rule_version_id, row.contact_id, run_id, detail=detail
                )
                write_log(conn, now, [entry])
        _log.error(say("daemon.run_deferred", run=run_id, reason=type(cause).__name__), exc_info=cause)
        return 1

    def repair(self) -> int:
        """Let people in who stand before a free place, once a minute at most; returns how many."""
        now = to_ms(self._clock.now())
        if self._repaired_at is not None and 0 <= now - self._repaired_at < REPAIR_MS:
            return 0
        self._repaired_at = now
        with self._database.write() as conn:
            return repair_queues(conn, now)

    def _claim(self, limit: int, of: Sequence[int] | None = None) -> tuple[int, list[int]]:
        """How many runs were moved, and the people whom another transaction has in hand."""
        with uncollected(), self._database.write() as conn:
            if of is not None:
                lock_contacts(conn, of)
            settle_merges(conn, self._book, self._versions, to_ms(self._clock.now()))
            pauses = load_pauses(conn)
            rows = [] if pauses.everything else claim_due(conn, to_ms(self._clock.now()), limit, of=of)
            if not rows:
                return 0, []
            free = lock_free(conn, [row.contact_id for row in rows])
            ours = [row for row in rows if row.contact_id in free]
            if ours:
                self._take(conn, ours, pauses)
            return len(ours), [row.contact_id for row in rows if row.contact_id not in free]

    def _take(self, conn: Connection, rows: Sequence[AnyRow], pauses: Pauses) -> None:
        try:
            self._movement.move(conn, rows, pauses, self._clock.now())
        except Exception as error:  # one run must not stop the others, whatever it is
            if outage(error) or deadlocked(error):
                raise
            raise _RunFault([row.id for row in rows]) from error
