"""Digests: a run collects its person's events, and goes on once for all of them.

While it collects it holds the place that `mode.per` names, so the person's next event doesn't enter; then it leaves the
place, and the next event begins another digest. Nothing is kept meanwhile: the events are rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from automation.catalogue.event_fields import whole
from automation.clock import from_ms
from automation.reasons import Reason
from automation.rules.conditions.python import event_predicate
from automation.rules.digest import DIGEST, MOST_EVENTS, digest_ends
from automation.store.log import refused_events
from automation.store.waiting import came_since

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from automation.engine.journey.state import RunState
    from automation.rules.spec import Digest
    from automation.store.waiting import CameEvent

_BEGINNING = -(2**53)


def collected_until(digest: Digest, run: RunState) -> datetime:
    """When the run stops collecting; may have passed."""
    return digest_ends(digest, from_ms(run.began), run.rule.spec.zone)


def gather(conn: Connection, group: Sequence[RunState]) -> None:
    """Give each run what it has collected, as `digest`, and its place to the next one. One query an event name.

    An event that the audience kept out is not collected, as the log says; the one that let the person in always is.
    """
    found = _asked_for(conn, group)
    refused = _kept_out(conn, group)
    for run in group:
        mine = [
            event.properties
            for event in sorted(found.get(run.contact_id, ()), key=lambda one: (one.occurred_at, one.event_id))
            if event.event_id >= (run.event_id or 0) and event.event_id not in refused and _place(run, event)
        ]
        run.variables[DIGEST] = {"count": len(mine), "events": [dict(each) for each in mine[-MOST_EVENTS:]]}
        run.mode_key = None


def _asked_for(conn: Connection, group: Sequence[RunState]) -> dict[int, list[CameEvent]]:
    """The events since the first of these runs that the trigger asks for, by contact."""
    trigger: Any = group[0].rule.trigger
    params = group[0].rule.spec.trigger.params
    where = trigger.where(params)
    holds = event_predicate(where) if where is not None else None
    people, first = [run.contact_id for run in group], min(run.event_id or 0 for run in group)
    found: dict[int, list[CameEvent]] = {}
    for name in trigger.names(params):
        for contact_id, events in came_since(conn, name, people, _BEGINNING, first).items():
            asked = [e for e in events if holds is None or holds(whole(e.properties, e.occurred_at))]
            found.setdefault(contact_id, []).extend(asked)
    return found


def _kept_out(conn: Connection, group: Sequence[RunState]) -> set[int]:
    rule = group[0].rule
    if rule.spec.audience is None:
        return set()
    return refused_events(conn, rule.rule_id, [run.contact_id for run in group], Reason.SKIPPED_AUDIENCE.value)


def _place(run: RunState, event: CameEvent) -> bool:
    """Whether the event is of the place that the run holds."""
    return run.rule.mode_key(whole(event.properties, event.occurred_at)) == run.mode_key
