"""Those inside hear an event the moment it arrives: goals are met, runs leave, waits are over.

First the goals, then `exit_when`, then the waits: who has left waits for nothing any more. Everything happens in the
transaction that stores the event, with the people locked, so that an event and a time-out never both count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from automation.clock import from_ms
from automation.engine.facts import FactsBook
from automation.engine.journey.goals import age, meets_goal
from automation.engine.journey.state import RunState
from automation.reasons import Reason
from automation.rules.program import Await
from automation.store.log import Entry, write_log
from automation.store.runs import end_runs, lock_contacts, save_journeys, save_progress
from automation.store.waiting import ALIVE, credited_events, listening_runs, save_goals

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.engine.book import RuleBook
    from automation.engine.entry.meeting import Arrival
    from automation.engine.versions import Versions


@dataclass(eq=False)
class _Inside:
    """One run that may hear something. `leaves`: the reason why it ends here."""

    run: RunState
    ended: bool
    goal_met: bool
    leaves: Reason | None = None

    @property
    def stays(self) -> bool:
        return not self.ended and self.leaves is None


def hear(
    conn: Connection,
    book: RuleBook,
    versions: Versions,
    arrivals: Sequence[Arrival],
    now: int,
    begun: Mapping[int, int] | None = None,
    only: Set[int] | None = None,
) -> None:
    """Tell `arrivals` (of names that have listeners, in order) to those inside.

    `begun`: for waits that began in this very transaction, the last event before each, by run id. With `only`,
    these runs alone hear them, of events that others have heard before: a goal that was credited to one of those is
    credited to nobody else.
    """
    arrivals = [arrival for arrival in arrivals if arrival.contact_id is not None]
    if not arrivals:
        return
    people = sorted({arrival.contact_id for arrival in arrivals if arrival.contact_id is not None})
    lock_contacts(conn, people)
    found = [book.listeners[name] for name in {arrival.name for arrival in arrivals}]
    longest = max(one.goal_ms for one in found)
    since = min(arrival.occurred_at for arrival in arrivals) - longest if longest else None
    rows = listening_runs(conn, people, sorted(frozenset().union(*(one.rule_ids for one in found))), since)
    inside = []
    for row in rows:
        rule = versions.get(conn, row.rule_version_id)
        if rule is not None and (only is None or row.id in only):
            run = RunState.of(row, rule)
            run.wait_event = row.wait_event
            inside.append(_Inside(run, row.ended_at is not None, row.goal_at is not None))
    if inside:
        credited = frozenset(credited_events(conn, people)) if only is not None else frozenset()
        _Telling(conn, inside, now, begun or {}, credited).tell(arrivals)


class _Telling:
    """One batch of events and the runs of their people."""

    def __init__(
        self, conn: Connection, inside: Sequence[_Inside], now: int, begun: Mapping[int, int],
        elsewhere: Set[tuple[int, int]],
    ) -> None:  # fmt: skip
        """`elsewhere`: (rule id, event id) of goals that are credited already."""
        self._conn, self._now, self._begun, self._elsewhere = conn, now, begun, elsewhere
        self._facts = FactsBook(conn, [one.run for one in inside], from_ms(now), now)
        self._people: dict[int, list[_Inside]] = {}
        for one in inside:
            self._people.setdefault(one.run.contact_id, []).append(one)
        self._log: list[Entry] = []

    def tell(self, arrivals: Sequence[Arrival]) -> None:
        goals = [row for arrival in arrivals for row in self._goals(arrival)]
        self._exits(arrivals)
        woken = [run for arrival in arrivals for run in self._waits(arrival)]
        save_goals(self._conn, goals)
        save_progress(self._conn, [run.row() for run in woken])
        save_journeys(self._conn, [row for run in woken if (row := run.journey()) is not None])
        write_log(self._conn, self._now, self._log)
        for reason in (Reason.EXITED_GOAL, Reason.EXITED_CONDITION):
            ended = [one.run.id for some in self._people.values() for one in some if one.leaves is reason]
            end_runs(self._conn, ended, "exited", reason.value, self._now)

    def _goals(self, arrival: Arrival) -> list[tuple[int, int, int]]:
        """The goal is credited to the newest run of each rule that may still meet it; who is inside then leaves.

        One that stands in a queue comes last: it has done nothing yet.
        """
        credited: set[int] = set()
        rows = []
        newest = sorted(self._of(arrival), key=lambda one: (one.run.status != "queued", age(one.run)), reverse=True)
        for one in newest:
            run = one.run
            if one.goal_met or run.rule.rule_id in credited or not self._meets(run, arrival):
                continue
            if (run.rule.rule_id, arrival.event_id) not in self._elsewhere:
                credited.add(run.rule.rule_id)
                one.goal_met = True
                rows.append((run.id, arrival.occurred_at, arrival.event_id or 0))
                self._write(run, Reason.GOAL_MET, arrival, f"{run.rule.spec.path}/goal")
            if one.stays:
                one.leaves = Reason.EXITED_GOAL
                self._write(run, Reason.EXITED_GOAL, arrival, f"{run.rule.spec.path}/goal")
        return rows

    def _meets(self, run: RunState, arrival: Arrival) -> bool:
        goal = run.rule.spec.goal
        return goal is not None and goal.event == arrival.name and meets_goal(run, arrival, self._facts)

    def _exits(self, arrivals: Sequence[Arrival]) -> None:
        """Asked once for each run that asks about any of the names, after all of them have been stored."""
        asking: dict[int, dict[RunState, tuple[_Inside, Arrival]]] = {}
        for arrival in arrivals:
            for one in self._of(arrival):
                if one.stays and arrival.name in one.run.rule.exit_names:
                    asking.setdefault(one.run.rule.version_id, {}).setdefault(one.run, (one, arrival))
        for group in asking.values():
            rule = next(iter(group)).rule
            assert rule.exit_when is not None
            facts = self._facts.of(list(group), rule.exit_histories)
            for (one, arrival), fact in zip(group.values(), facts, strict=True):
                if rule.exit_when(fact):
                    one.leaves = Reason.EXITED_CONDITION
                    self._write(one.run, Reason.EXITED_CONDITION, arrival, f"{rule.spec.path}/exit_when")

    def _waits(self, arrival: Arrival) -> list[RunState]:
        """The runs that were waiting for this event, on their way again."""
        woken = []
        for one in self._of(arrival):
            run = one.run
            if not one.stays or run.wait_event != arrival.name or run.status not in ALIVE:
                continue
            op = run.rule.program.ops[run.position]
            if isinstance(op, Await) and self._counts(run, arrival) and self._facts.holds(op.where, run, arrival):
                run.hear(op, arrival.properties)
                run.due_at = self._now
                self._write(run, Reason.EVENT_CAME, arrival, op.path, {"event": arrival.name})
                woken.append(run)
        return woken

    def _counts(self, run: RunState, arrival: Arrival) -> bool:
        """It arrived after the wait began (or the run would not be waiting), and happened since they were let in."""
        return (arrival.event_id or 0) > self._begun.get(run.id, 0) and run.moment.precedes(arrival)

    def _of(self, arrival: Arrival) -> Sequence[_Inside]:
        return self._people.get(arrival.contact_id or 0, ())

    def _write(
        self, run: RunState, reason: Reason, arrival: Arrival, step: str, detail: Mapping[str, Any] | None = None
    ) -> None:
        rule = run.rule
        self._log.append(
            Entry(reason, rule.rule_id, rule.version_id, run.contact_id, run.id, arrival.event_id, None, step, detail)
        )
