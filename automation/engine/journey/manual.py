"""One person by hand: somebody lets them into a rule, out of it, or over the step at which they stand.

Each word is logged with the run and audited with who said it and why. Whoever enters by hand meets the same guards as
everybody else, at entry and before each message.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from automation.catalogue.event_fields import whole
from automation.clock import to_ms
from automation.engine.entry.enter import enter_meetings
from automation.engine.entry.meeting import Arrival, Meeting
from automation.engine.journey.state import RunState
from automation.errors import AutomationError
from automation.reasons import Reason
from automation.rules.program import Act, Await, Pause
from automation.store.audit import AuditRow, subject_of, write_audit
from automation.store.entry_moment import EntryMoment
from automation.store.events import last_event_id
from automation.store.log import Entry, last_code, write_log
from automation.store.retry import retried
from automation.store.runs import end_runs, living_runs, lock_contacts, save_journeys, save_progress
from automation.store.why import last_event_for, last_event_of, rule_row
from automation.triggers.base import EventTrigger

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.clock import Clock
    from automation.engine.book import LoadedRule, RuleBook
    from automation.engine.versions import Versions
    from automation.store.database import Database
    from automation.store.types import AnyRow


T = TypeVar("T")


@dataclass(frozen=True)
class Because:
    """Who says it, and why: for the log and the audit."""

    actor: str
    reason: str


class RunsByHand:
    """For one rule book. `people`: the contact, and those that were merged into it."""

    def __init__(self, database: Database, clock: Clock, book: RuleBook, versions: Versions) -> None:
        self._database, self._clock, self._book, self._versions = database, clock, book, versions

    def exit(self, people: Sequence[int], key: str, because: Because, run_id: int | None = None) -> list[int]:
        """End the person's runs of a rule, or one of them; returns their ids. AutomationError when they are in none."""

        def act(conn: Connection, now: int) -> list[int]:
            rows = self._inside(conn, people, key, run_id)
            ids = [row.id for row in rows]
            end_runs(conn, ids, "exited", Reason.EXITED_BY_HAND.value, now)
            self._tell(conn, Reason.EXITED_BY_HAND, rows, because, now)
            self._audit(conn, "run.exited", people, key, because, now, runs=ids)
            return ids

        return self._do(people, act)

    def skip(self, people: Sequence[int], key: str, because: Because, run_id: int | None = None) -> str:
        """Over the wait, or the message that is put off, at which the person stands; they go on at once.

        Returns the step's path. AutomationError when they are in no run of the rule, in several, or wait for nothing.
        """

        def act(conn: Connection, now: int) -> str:
            rows = self._inside(conn, people, key, run_id)
            if len(rows) > 1:
                raise AutomationError("runs.several", rule=key, runs=", ".join(str(row.id) for row in rows))
            run, step = self._over(conn, rows[0], key, now)
            save_progress(conn, [run.row()])
            save_journeys(conn, [row for row in [run.journey()] if row is not None])
            self._tell(conn, Reason.STEP_SKIPPED_BY_HAND, rows, because, now, step)
            self._audit(conn, "run.skipped", people, key, because, now, runs=[run.id], step=step)
            return step

        return self._do(people, act)

    def enter(self, people: Sequence[int], key: str, because: Because) -> Entry:
        """Let the person in, if the guards at entry do; the log row says what became of it.

        An event's rule gets the newest event of the person that it listens to. AutomationError when there is none, or
        the rule does not run.
        """

        def act(conn: Connection, now: int) -> Entry:
            meeting = self._meeting(conn, people, key, now)
            log: list[Entry] = []
            enter_meetings(conn, [meeting], log, now)
            word = {"actor": because.actor, "reason": because.reason}
            log = [entry._replace(detail={**(entry.detail or {}), **word}) for entry in log]
            write_log(conn, now, log)
            entry = log[-1]
            self._audit(conn, "run.entered", people, key, because, now, run=entry.run_id, outcome=str(entry.code))
            return entry

        return self._do(people, act)

    def _do(self, people: Sequence[int], act: Callable[[Connection, int], T]) -> T:
        def change() -> T:
            with self._database.write() as conn:
                lock_contacts(conn, people)
                return act(conn, to_ms(self._clock.now()))

        return retried(change)

    def _inside(self, conn: Connection, people: Sequence[int], key: str, run_id: int | None) -> list[AnyRow]:
        known = rule_row(conn, key)
        rows = [] if known is None else living_runs(conn, people, known.id)
        found = [row for row in rows if run_id in (None, row.id)]
        if not found:
            raise AutomationError("runs.not_inside", rule=key, contact=f"#{people[0]}")
        return found

    def _over(self, conn: Connection, row: AnyRow, key: str, now: int) -> tuple[RunState, str]:
        """The run behind what it waits for, due now, and the path of that step."""
        rule = self._versions.get(conn, row.rule_version_id)
        if rule is None or row.status != "active" or row.due_at is None or row.due_at <= now:
            raise AutomationError("runs.waits_for_nothing", rule=key, run=row.id, status=row.status)
        run = RunState.of(row, rule)
        op = rule.program.ops[run.position]
        if isinstance(op, Await) and row.wait_event is not None:
            run.position = op.otherwise
        elif isinstance(op, Pause) or (isinstance(op, Act) and last_code(conn, run.id).startswith("held.")):
            run.position += 1
        elif run.position > 0:  # the pause before it is not over
            op = rule.program.ops[run.position - 1]
        run.wait_event, run.due_at = None, now
        return run, str(getattr(op, "path", None) or f"{rule.spec.path}/steps")

    def _meeting(self, conn: Connection, people: Sequence[int], key: str, now: int) -> Meeting:
        found = self._book.rules.get(key)
        rule = None if found is None else self._book.met_by(found.rule_id, people[0])
        if rule is None:
            raise AutomationError("runs.not_running", rule=key)
        newest = last_event_id(conn)
        arrival = Arrival(None, "", people[0], {}, now, now)
        if isinstance(rule.trigger, EventTrigger):
            row = _last_event(conn, rule, people, now)
            if row is None:
                raise AutomationError("runs.no_event", rule=key, contact=f"#{people[0]}")
            arrival = Arrival(row.id, row.name, row.contact_id, row.properties, row.occurred_at, row.received_at)
            newest -= newest == row.id  # that event is not by what they enter
        return Meeting(rule, arrival, people[0], changed=f"hand:{now}", moment=EntryMoment(now, newest, now))

    def _tell(
        self, conn: Connection, code: Reason, rows: Sequence[AnyRow], because: Because, now: int,
        step: str | None = None,
    ) -> None:  # fmt: skip
        word = {"actor": because.actor, "reason": because.reason}
        entries = [Entry(code, row.rule_id, row.rule_version_id, row.contact_id, row.id) for row in rows]
        write_log(conn, now, [entry._replace(step=step, detail=word) for entry in entries])

    def _audit(
        self, conn: Connection, action: str, people: Sequence[int], key: str, because: Because, now: int, **detail: Any
    ) -> None:
        told = {"rule": key, "reason": because.reason, **detail}
        write_audit(conn, [AuditRow(now, because.actor, action, subject_of(people[0]), told)])


def _last_event(conn: Connection, rule: LoadedRule, people: Sequence[int], now: int) -> AnyRow | None:
    """The person's newest event that calls the rule; where an event names its people, the newest decided about."""
    trigger: Any = rule.trigger
    if rule.people is not None:
        return last_event_for(conn, rule.rule_id, people, now)
    names = trigger.names(rule.spec.trigger.params)
    found = [row for name in names if (row := last_event_of(conn, people[0], name, now)) is not None]
    found = [row for row in found if rule.listens_to(row.name, whole(row.properties, row.occurred_at))]
    return max(found, key=lambda row: (row.occurred_at, row.id), default=None)
