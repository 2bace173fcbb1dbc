"""Movement: runs in hand take as many steps as they can, in the caller's transaction, and are saved with their log.

At most one run of a person takes steps at a time, the longest due first: what one has written, the next one reads.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from automation.clock import to_ms
from automation.engine.delivery.outranking import by_rank, gather, hold
from automation.engine.entry.emitted import Emitter
from automation.engine.entry.enter import enter_changed
from automation.engine.facts import FactsBook
from automation.engine.journey.goals import meet_earlier_goals
from automation.engine.journey.moving import overtake
from automation.engine.journey.state import RunState
from automation.engine.journey.steps import Stepper
from automation.engine.journey.stuck import stop_stuck
from automation.i18n import say
from automation.reasons import Reason
from automation.rules.program import Collect, Pause, Round
from automation.store.log import Entry, write_log
from automation.store.pauses import load_pauses
from automation.store.retry import deadlocked, outage
from automation.store.rules import hold_these
from automation.store.runs import claim_due_of, due_among, lock_contacts, save_journeys, save_progress
from automation.store.waiting import wake_dated

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from automation.engine.book import LoadedRule, RuleBook
    from automation.engine.versions import Versions
    from automation.store.pauses import Pauses
    from automation.store.types import AnyRow

_log = logging.getLogger(__name__)

MAX_STEPS = 500
"""How many steps one transaction takes a run through at most; what is not through by then stays due."""


MOST_MOVES = 5_000
"""How many runs one transaction moves before the events that it decides; those beyond stay due, and are moved later."""


@dataclass
class Allowance:
    """How many runs a transaction may still move in between: rules that call each other fill none."""

    left: int = MOST_MOVES


class Movement:
    """Moves runs whose people are locked, for one rule book."""

    def __init__(self, book: RuleBook, versions: Versions) -> None:
        self._book, self._versions = book, versions

    def move_people(
        self,
        conn: Connection,
        moments: Mapping[int, int],
        now: datetime,
        allowance: Allowance,
        pauses: Pauses | None = None,
    ) -> None:
        """What is due to people happens before an event of theirs is decided. `moments`: {contact: when it occurred}.

        Who waits for a time that comes with the event, or after it, hears it first: however late we get round to both.
        A fault among their runs takes back what was done here and leaves them due: it costs nobody their event.
        """
        people: Collection[int] = moments.keys()
        while people and allowance.left > 0:
            lock_contacts(conn, people)
            people = due_among(conn, people, to_ms(now))
            rows = claim_due_of(conn, people, to_ms(now), allowance.left) if people else []
            rows = [row for row in rows if row.due_at < moments[row.contact_id] or not self._waited(conn, row)]
            if not rows:
                return
            pauses = pauses or load_pauses(conn)
            if pauses.everything:
                return
            allowance.left -= len(rows)
            try:
                with conn.begin_nested():
                    self.move(conn, rows, pauses, now, allowance, moments)
            except Exception as error:
                if outage(error) or deadlocked(error):
                    raise
                _log.exception(say("daemon.runs_stay_due", count=len(rows)))
                return
            people = {row.contact_id for row in rows}

    def _waited(self, conn: Connection, row: AnyRow) -> bool:
        """Whether it was a time that the run waited for, and not its turn or something that happened."""
        rule = self._versions.get(conn, row.rule_version_id)
        if row.wait_event is not None or rule is None:
            return row.wait_event is not None
        ops, here = rule.program.ops, row.position
        return (here > 0 and isinstance(ops[here - 1], (Pause, Collect))) or (
            row.visit > 0 and isinstance(ops[here], Round)
        )

    def move(
        self,
        conn: Connection,
        rows: Sequence[AnyRow],
        pauses: Pauses,
        now: datetime,
        allowance: Allowance | None = None,
        before: Mapping[int, int] = MappingProxyType({}),
    ) -> None:
        """Every step that these runs can take now, and what follows from what they emit and write.

        `before`: {contact: when an event of theirs occurred that is decided next}.
        """
        now_ms = to_ms(now)
        log: list[Entry] = []
        rows = overtake(conn, self._book, self._versions, rows, now_ms)
        gathered = gather(conn, self._book, rows, now_ms)
        runs = self._usable(conn, gathered.rows, pauses, log)
        hold(runs, gathered, now_ms, log)
        for run in runs:
            run.before = before.get(run.contact_id)
        facts = FactsBook(conn, runs, now, now_ms)
        emitter = Emitter(conn, self._book, now_ms)
        stepper = Stepper(conn, self._book, facts, now, log, emitter)
        meet_earlier_goals(conn, runs, facts, log, now_ms)
        for rank in by_rank(self._book, runs):
            for turn in _turns(rank):
                _step(turn, stepper, now_ms)
        stop_stuck(runs, now_ms, log)
        write_log(conn, now_ms, log)
        save_progress(conn, [run.row() for run in runs])
        save_journeys(conn, [row for run in runs if (row := run.journey()) is not None])
        wake_dated(conn, facts.touched, now_ms)
        if self._book.watchers:
            enter_changed(conn, self._book, sorted(facts.touched), now_ms)
        begun = {run.id: run.heard_up_to for run in runs if run.wait_event is not None}
        left = allowance or Allowance()
        emitter.tell(self._versions, begun, lambda moments: self.move_people(conn, moments, now, left, pauses))

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


def _turns(runs: Sequence[RunState]) -> list[list[RunState]]:
    """The runs in groups in which nobody is twice. A person's runs go in the order in which they came due."""
    turns: list[list[RunState]] = []
    seen: dict[int, int] = {}
    for run in sorted(runs, key=lambda run: (run.since, run.id)):
        turn = seen.get(run.contact_id, 0)
        seen[run.contact_id] = turn + 1
        if turn == len(turns):
            turns.append([])
        turns[turn].append(run)
    return turns


def _step(runs: Sequence[RunState], stepper: Stepper, now: int) -> None:
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


def _groups(runs: Sequence[RunState], key: Callable[[RunState], Any]) -> list[list[RunState]]:
    groups: dict[Any, list[RunState]] = {}
    for run in runs:
        groups.setdefault(key(run), []).append(run)
    return list(groups.values())
