"""Digests: a run collects its person's events, and goes on once for all of them.

While it collects it holds the place that `mode.per` names, so the person's next event doesn't enter; then it leaves the
place, and the next event begins another digest. Nothing is kept meanwhile: the events are rows, and the log says which
of them the rule refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from automation.catalogue.event_fields import whole
from automation.clock import from_ms
from automation.rules.conditions.python import event_predicate
from automation.rules.digest import DIGEST, MOST_EVENTS, digest_ends
from automation.store.waiting import came_since, refused_events

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
    """Give each run what it has collected, as `digest`, and its place to the next one. One query an event name."""
    rule = group[0].rule
    trigger: Any = rule.trigger
    params = rule.spec.trigger.params
    where = trigger.where(params)
    holds = event_predicate(where) if where is not None else None
    people, begin = [run.contact_id for run in group], min(run.event_id or 0 for run in group)
    found: dict[int, list[CameEvent]] = {}
    for name in trigger.names(params):
        for contact_id, events in came_since(conn, name, people, _BEGINNING, begin).items():
            asked = (event for event in events if holds is None or holds(_whole(event)))
            found.setdefault(contact_id, []).extend(asked)
    refused = refused_events(conn, rule.rule_id, people, begin)
    for run in group:
        mine = [
            event.properties
            for event in sorted(found.get(run.contact_id, ()), key=lambda one: (one.occurred_at, one.event_id))
            if event.event_id >= (run.event_id or 0)
            and event.event_id not in refused
            and rule.mode_key(_whole(event)) == run.mode_key
        ]
        run.variables[DIGEST] = {"count": len(mine), "events": [dict(each) for each in mine[-MOST_EVENTS:]]}
        run.mode_key = None


def _whole(event: CameEvent) -> dict[str, Any]:
    return whole(event.properties, event.occurred_at)
