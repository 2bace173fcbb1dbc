"""Advance: due runs are claimed in a batch, moved through as many steps as they can, and written back with their log.

Everything happens in one transaction: a crash leaves the runs due, as if nobody had touched them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from automation.clock import to_ms
from automation.engine.facts import FactsBook
from automation.engine.state import RunState
from automation.engine.steps import Stepper
from automation.reasons import Reason
from automation.store.log import Entry, write_log
from automation.store.pauses import load_pauses
from automation.store.retry import retried
from automation.store.rules import hold_these
from automation.store.runs import claim_due, lock_contacts, save_progress

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.clock import Clock
    from automation.engine.book import LoadedRule, RuleBook
    from automation.engine.versions import Versions
    from automation.store.database import Database
    from automation.store.pauses import Pauses
    from automation.store.types import AnyRow

MAX_STEPS = 10_000
"""How many steps one transaction takes a run through at most: a program without loops never gets there."""


class Advance:
    """Moves runs for one rule book."""

    def __init__(self, database: Database, clock: Clock, book: RuleBook, versions: Versions) -> None:
        self._database, self._clock, self._book, self._versions = database, clock, book, versions

    def __call__(self, limit: int = 500) -> int:
        """Move up to `limit` due runs; returns how many were claimed."""

        def move() -> int:
            with self._database.write() as conn:
                pauses = load_pauses(conn)
                rows = [] if pauses.everything else claim_due(conn, to_ms(self._clock.now()), limit)
                if rows:
                    self._move(conn, rows, pauses)
                return len(rows)

        return retried(move)

    def _move(self, conn: Connection, rows: Sequence[AnyRow], pauses: Pauses) -> None:
        now = self._clock.now()
        now_ms = to_ms(now)
        log: list[Entry] = []
        runs = self._usable(conn, rows, pauses, log)
        lock_contacts(conn, [run.contact_id for run in runs])
        facts = FactsBook(conn, runs, now, now_ms)
        stepper = Stepper(conn, self._book, facts, now, log)
        for _ in range(MAX_STEPS):
            live = [run for run in runs if run.live]
            if not live:
                break
            for group in _groups(live, lambda run: (run.rule.version_id, run.position)):
                stepper.step(group)
        save_progress(conn, [run.row() for run in runs])
        write_log(conn, now_ms, log)

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
            return Reason.HELD_DISABLED, None
        if row.rule_id in pauses.rule_ids:
            return Reason.HELD_PAUSED, None
        return Reason.HELD_VERSION, self._versions.get(conn, row.rule_version_id)


def _groups(runs: Sequence[RunState], key: Callable[[RunState], Any]) -> list[list[RunState]]:
    groups: dict[Any, list[RunState]] = {}
    for run in runs:
        groups.setdefault(key(run), []).append(run)
    return list(groups.values())
