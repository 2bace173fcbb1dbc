"""Advance: due runs are claimed in a batch, moved through as many steps as they can, and written back with their log.

Everything happens in one transaction: a crash leaves the runs due, as if nobody had touched them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from automation.clock import to_ms
from automation.engine.delivery.outranking import by_rank, gather, hold
from automation.engine.entry.emitted import Emitter
from automation.engine.entry.enter import enter_changed
from automation.engine.facts import FactsBook
from automation.engine.journey.goals import meet_earlier_goals
from automation.engine.journey.merges import settle_merges
from automation.engine.journey.moving import overtake
from automation.engine.journey.state import RunState
from automation.engine.journey.steps import Stepper
from automation.engine.journey.stuck import stop_stuck
from automation.memory import uncollected
from automation.reasons import Reason
from automation.store.log import Entry, write_log
from automation.store.pauses import load_pauses
from automation.store.queueing import repair_queues
from automation.store.retry import retried
from automation.store.rules import hold_these
from automation.store.runs import claim_due, lock_contacts, lock_free, save_journeys, save_progress
from automation.store.waiting import wake_dated

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.clock import Clock
    from automation.engine.book import LoadedRule, RuleBook
    from automation.engine.versions import Versions
    from automation.store.database import Database
    from automation.store.pauses import Pauses
    from automation.store.types import AnyRow

REPAIR_MS = 60_000
"""How often it is looked for queues that nobody moved on."""
MAX_STEPS = 500
"""How many steps one transaction takes a run through at most; what is not through by then stays due."""


class Advance:
    """Moves runs for one rule book."""

    def __init__(self, database: Database, clock: Clock, book: RuleBook, versions: Versions) -> None:
        self._database, self._clock, self._book, self._versions = database, clock, book, versions
        self._repaired_at: int | None = None

    def __call__(self, limit: int = 500) -> int:
        """Move up to `limit` due runs; returns how many were moved, 0 when none was due.

        Runs whose people another transaction has in hand stay due. When there are no others, we wait for those people:
        before any run is ours, so that nobody waits for us.
        """
        moved, taken = retried(lambda: self._claim(limit))
        if moved or not taken:
            return moved
        moved, _ = retried(lambda: self._claim(limit, of=taken))
        return moved or 1

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
                self._move(conn, ours, pauses)
            return len(ours), [row.contact_id for row in rows if row.contact_id not in free]

    def _move(self, conn: Connection, rows: Sequence[AnyRow], pauses: Pauses) -> None:
        now = self._clock.now()
        now_ms = to_ms(now)
        log: list[Entry] = []
        rows = overtake(conn, self._book, self._versions, rows, now_ms)
        gathered = gather(conn, self._book, rows, now_ms)
        runs = self._usable(conn, gathered.rows, pauses, log)
        hold(runs, gathered, now_ms, log)
        facts = FactsBook(conn, runs, now, now_ms)
        emitter = Emitter(conn, self._book, now_ms)
        stepper = Stepper(conn, self._book, facts, now, log, emitter)
        meet_earlier_goals(conn, runs, facts, log, now_ms)
        for rank in by_rank(self._book, runs):
            self._step(rank, stepper, now_ms)
        stop_stuck(runs, now_ms, log)
        write_log(conn, now_ms, log)
        save_progress(conn, [run.row() for run in runs])
        save_journeys(conn, [row for run in runs if (row := run.journey()) is not None])
        wake_dated(conn, facts.touched, now_ms)
        if self._book.watchers:
            enter_changed(conn, self._book, sorted(facts.touched), now_ms)
        emitter.tell(self._versions, {run.id: run.heard_up_to for run in runs if run.wait_event is not None})

    def _step(self, runs: Sequence[RunState], stepper: Stepper, now: int) -> None:
        """As many steps as each run can take now."""
        for _ in range(MAX_STEPS):
            live = [run for run in runs if run.live]
            if not live:
                return
            for group in _groups(live, lambda run: (run.rule.version_id, run.position)):
                stepper.step(group)
        for run in runs:
            if run.live:
                run.wait(now)

    def _usable(self, conn: Connection, rows: Sequence[AnyRow], pauses: Pauses, log: list[Entry]) -> list[RunState]:
        """The runs whose rule is enabled and not paused and whose version can be loaded; the others are held."""
        runs, held = [], []
        for row in rows:
            reason, rule = self._standing(conn, row, pauses)
            if rule is None:
                log.append(Entry(reason, row.rule_id, row.rule_version_id, row.contact_id, row.id))
                held.append(row.id)
            else:
                runs.append(RunState.of(row, rule))
        hold_these(conn, held)
        return runs

    def _standing(self, conn: Connection, row: AnyRow, pauses: Pauses) -> tuple[Reason, LoadedRule | None]:
        """The run's version, or why it is held."""
        if row.rule_id in self._book.held:
            return Reason.HELD_ABSENT if row.rule_id in self._book.waiting else Reason.HELD_DISABLED, None
        if row.rule_id in pauses.rule_ids:
            return Reason.HELD_PAUSED, None
        return Reason.HELD_VERSION, self._versions.get(conn, row.rule_version_id)


def _groups(runs: Sequence[RunState], key: Callable[[RunState], Any]) -> list[list[RunState]]:
    groups: dict[Any, list[RunState]] = {}
    for run in runs:
        groups.setdefault(key(run), []).append(run)
    return list(groups.values())
