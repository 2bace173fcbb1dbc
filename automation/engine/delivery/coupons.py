"""Coupons at their end: codes that are valid no more are marked, and `coupon.expired` tells the rules that listen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automation.clock import from_ms, to_ms
from automation.engine.entry.emitted import Emitter
from automation.engine.journey.movement import Allowance
from automation.store.events import NewEvent
from automation.store.expiring import batch_keys, expire_codes
from automation.store.retry import retried

if TYPE_CHECKING:
    from automation.clock import Clock
    from automation.engine.book import RuleBook
    from automation.engine.journey.movement import Movement
    from automation.engine.versions import Versions
    from automation.store.database import Database
    from automation.store.types import AnyRow

CHUNK = 1000


class ExpireCoupons:
    """Ends codes, for one rule book."""

    def __init__(
        self, database: Database, clock: Clock, book: RuleBook, versions: Versions, movement: Movement
    ) -> None:
        self._database, self._clock, self._book, self._versions = database, clock, book, versions
        self._movement = movement

    def __call__(self) -> int:
        """End one batch of codes, in one transaction; returns how many."""
        return retried(self._sweep)

    def _sweep(self) -> int:
        with self._database.write() as conn:
            now = to_ms(self._clock.now())
            rows = expire_codes(conn, now, CHUNK)
            if rows:
                keys = batch_keys(conn)
                emitter = Emitter(conn, self._book, now)
                emitter([_event(row, keys[row.batch_id]) for row in rows])
                emitter.flush()
                allowance, moment = Allowance(), from_ms(now)
                emitter.tell(
                    self._versions, {}, lambda moments: self._movement.move_people(conn, moments, moment, allowance)
                )
            return len(rows)


def _event(row: AnyRow, batch: str) -> NewEvent:
    name = f"{row.run_id}:{row.visit}:{row.step}:expired"
    properties = {"batch": batch, "code": row.code}
    return NewEvent("coupon.expired", row.contact_id, row.expires_at, "automation", name, properties)
