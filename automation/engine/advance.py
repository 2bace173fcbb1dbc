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
from automation.store.retry import retried
from automation.store.rules import hold_runs
from automation.store.runs import claim_due, lock_contacts, save_progress

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.clock import Clock
    from automation.engine.book import LoadedRule, RuleBook
    from automation.engine.versions import Versions
    from automation.store.database import Database
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
                rows = claim_due(conn, to_ms(self._clock.now()), limit)
                if rows:
                    self._move(conn, rows)
                return len(rows)

        return retried(move)

    def _move(self, conn: Connection, rows: Sequence[AnyRow]) -> None:
        now = self._clock.now()
        now_ms = to_ms(now)
        log: list[Entry] = []
        runs = self._usable(conn, rows, now_ms, log)
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

    def _usable(self, conn: Connection, rows: Sequence[AnyRow], now: int, log: list[Entry]) -> list[RunState]:
        """The runs whose rule is enabled and whose version can be loaded; the others are held."""
        runs = []
        for row in rows:
            rule: LoadedRule | None = None
            if row.rule_id not in self._book.held:
                rule = self._versions.get(conn, row.rule_version_id)
            if rule is None:
                held = row.rule_id in self._book.held
                reason = Reason.HELD_DISABLED if held else Reason.HELD_VERSION
                log.append(Entry(reason, row.rule_id, row.rule_version_id, row.contact_id, row.id))
                hold_runs(conn, [row.rule_id], run_id=row.id)
            else:
                runs.append(RunState.of(row, rule))
        return runs


def _groups(runs: Sequence[RunState], key: Callable[[RunState], Any]) -> list[list[RunState]]:
    groups: dict[Any, list[RunState]] = {}
    for run in runs:
        groups.setdefault(key(run), []).append(run)
    return list(groups.values())
