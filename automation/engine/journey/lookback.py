"""Events that a wait would miss, because nobody was there to hear them for it.

A wait for an event begins where the step before it ended: with what let the person in, when a pause was over, or when
the message before it was queued. The run itself comes to its wait a little later, or hours later when no daemon was
running. And a process that has not read the changed rules yet takes in events without knowing that somebody waits for
them: so the events are looked through once more when the time is over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from automation.clock import from_ms, to_ms
from automation.rules.program import Act, Await, Round
from automation.store.waiting import CameEvent, came_since, last_queued

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.engine.entry.emitted import Emitter
    from automation.engine.facts import FactsBook
    from automation.engine.journey.state import RunState


def came_already(
    conn: Connection, op: Await, group: Sequence[RunState], facts: FactsBook, emitter: Emitter
) -> dict[int, CameEvent]:
    """The first event that each of these runs need not wait for any more, by run id. Three queries at most."""
    found = came_since(conn, op.event, [run.contact_id for run in group], min(run.moment.arrived for run in group))
    if not found:
        return {}
    since = _since(conn, op, [run for run in group if run.contact_id in found])
    came = {}
    for run in group:
        for event in _new(run, found.get(run.contact_id, ()), since):
            if not emitter.made(event.event_id) and facts.holds(op.where, run, event):
                came[run.id] = event
                break
    return came


def _new(run: RunState, events: Sequence[CameEvent], since: Mapping[int, int]) -> list[CameEvent]:
    """Those that the wait counts. One that begins with the entry counts what happened since; a later one, what arrived
    since the step before it, in that order."""
    happened = [event for event in events if run.moment.precedes(event)]
    if run.fresh:
        return happened
    arrived = [event for event in happened if event.received_at >= since[run.id]]
    return sorted(event for event in arrived if event.event_id > max(run.event_id or 0, run.heard_up_to))


def _since(conn: Connection, op: Await, group: Sequence[RunState]) -> dict[int, int]:
    """When the step before ended, by run id; of those whose time is over, when their wait began."""
    since = {run.id: _began(op, run) + 1 if run.timed_out else run.since + _let_go(run) for run in group}
    sent = [run.id for run in group if not run.timed_out and _comes_from_message(run)]
    if sent:
        since |= {run_id: min(queued_at + 1, since[run_id]) for run_id, queued_at in last_queued(conn, sent).items()}
    return since


def _began(op: Await, run: RunState) -> int:
    return to_ms(op.within.before(from_ms(run.since), run.rule.spec.zone))


def _let_go(run: RunState) -> bool:
    """Whether an event or the end of another run let it go on, which that moment still belongs to."""
    if run.start == 0:
        return run.since > run.entered_at  # it stood in a queue
    return isinstance(run.rule.program.ops[run.start - 1], Await)


def _comes_from_message(run: RunState) -> bool:
    """Whether it was a message that the run waited for until now, and not a pause or the pause between two rounds."""
    ops = run.rule.program.ops
    if run.start == 0 or not isinstance(ops[run.start - 1], Act):
        return False
    begin = ops[run.start]
    return not (isinstance(begin, Round) and begin.loop in run.begun)
