"""Goals: which runs an event belongs to, and the goals that were met before a run took its first step.

Those inside hear a goal the moment it arrives (see hearing.py). What happened between the event that let a person in
and the moment at which we got round to it, nobody was there to hear: it is looked up before the first step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from automation.clock import from_ms, to_ms
from automation.reasons import Reason
from automation.store.log import Entry
from automation.store.waiting import came_since, credited_events, save_goals

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.engine.entry.meeting import Arrival
    from automation.engine.facts import FactsBook
    from automation.engine.journey.state import RunState
    from automation.store.waiting import CameEvent

Age = tuple[int, int, int]
"""Of two runs of a rule, the one that the later event let in is the newer one."""


def age(run: RunState) -> Age:
    return run.moment.at, run.moment.event_id, run.id


def meets_goal(run: RunState, event: Arrival | CameEvent, facts: FactsBook) -> bool:
    """Whether an event of the goal's name meets it: since the entry, in time, and as `where` says."""
    goal, began = run.rule.spec.goal, run.began
    if goal is None or not run.moment.precedes(event) or (began > run.moment.at and event.occurred_at < began):
        return False
    last = to_ms(goal.within.after(from_ms(began), run.rule.spec.zone))
    return event.occurred_at <= last and facts.holds(goal.where, run, event)


def meet_earlier_goals(
    conn: Connection, runs: Sequence[RunState], facts: FactsBook, log: list[Entry], now: int
) -> None:
    """End those of these runs, due for their first step, whose people met the goal since they were let in."""
    by_event: dict[str, list[RunState]] = {}
    for run in runs:
        if run.fresh and run.rule.spec.goal is not None:
            by_event.setdefault(run.rule.spec.goal.event, []).append(run)
    goals = [row for name, group in by_event.items() for row in _met(conn, name, group, facts, log, now)]
    save_goals(conn, goals)


def _met(
    conn: Connection, name: str, group: Sequence[RunState], facts: FactsBook, log: list[Entry], now: int
) -> list[tuple[int, int, int]]:
    """(run id, when, event id) of the goals that are credited, each event to one run of a rule, the newest first."""
    found = came_since(conn, name, [run.contact_id for run in group], min(run.moment.arrived for run in group))
    if not found:
        return []
    credited: dict[tuple[int, int], Age] = credited_events(conn, sorted(found))
    rows = []
    for run in sorted(group, key=age, reverse=True):
        met = [event for event in found.get(run.contact_id, ()) if meets_goal(run, event, facts)]
        event = next((one for one in met if (run.rule.rule_id, one.event_id) not in credited), None)
        if event is not None:
            credited[run.rule.rule_id, event.event_id] = age(run)
            rows.append((run.id, event.occurred_at, event.event_id))
            log.append(_entry(Reason.GOAL_MET, run, event))
        elif not _leaves_without(run, [credited[run.rule.rule_id, one.event_id] for one in met]):
            continue
        run.end("exited", Reason.EXITED_GOAL, now)
        log.append(_entry(Reason.EXITED_GOAL, run, event or met[0]))
    return rows


def _leaves_without(run: RunState, credits: Sequence[Age]) -> bool:
    """Whether it leaves although the goal was credited to others: had it come in time, it would have got the credit.

    Not where a newer run had to get it, and not in a queue, where whoever is inside comes first.
    """
    queues = run.rule.spec.mode.on_again == "queue"
    return bool(credits) and not queues and all(other < age(run) for other in credits)


def _entry(reason: Reason, run: RunState, event: CameEvent) -> Entry:
    rule = run.rule
    step = f"{rule.spec.path}/goal"
    return Entry(reason, rule.rule_id, rule.version_id, run.contact_id, run.id, event.event_id, None, step)
