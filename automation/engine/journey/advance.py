"""Advance: due runs are claimed in a batch, moved through as many steps as they can, and written back with their log.

Everything happens in one transaction: a crash leaves the runs due, as if nobody had touched them. Where the program
itself stumbles over a run, the runs go one by one, and that one waits for an hour: it stops nobody else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from automation.clock import from_ms, to_ms
from automation.engine.faults import REST_MS, isolating, one_by_one
from automation.engine.journey.merges import settle_merges
from automation.memory import uncollected
from automation.reasons import Reason
from automation.store.log import Entry, write_log
from automation.store.pauses import load_pauses
from automation.store.queueing import repair_queues
from automation.store.retry import retried
from automation.store.runs import claim_due, defer_run, lock_contacts, lock_free

if TYPE_CHECKING:
    from automation.clock import Clock
    from automation.engine.book import RuleBook
    from automation.engine.journey.movement import Movement
    from automation.engine.versions import Versions
    from automation.store.database import Database

REPAIR_MS = 60_000
"""How often it is looked for queues that nobody moved on."""


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
        return one_by_one(self._move, self._defer, limit, "run ")

    def _move(self, limit: int) -> int:
        moved, taken = retried(lambda: self._claim(limit))
        if moved or not taken:
            return moved
        moved, _ = retried(lambda: self._claim(limit, of=taken))
        return moved or 1

    def _defer(self, run_id: int, error: str) -> None:
        with self._database.write() as conn:
            now = to_ms(self._clock.now())
            row = defer_run(conn, run_id, now + REST_MS)
            if row is not None:
                detail = {"error": error, "until": from_ms(now + REST_MS).isoformat()}
                entry = Entry(
                    Reason.HELD_FAULT, row.rule_id, row.rule_version_id, row.contact_id, run_id, detail=detail
                )
                write_log(conn, now, [entry])

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
                with isolating([row.id for row in ours]):
                    self._movement.move(conn, ours, pauses, self._clock.now())
            return len(ours), [row.contact_id for row in rows if row.contact_id not in free]
