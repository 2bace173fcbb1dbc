"""Digests: a run collects its person's events, and goes on once for all of them.

While it collects it holds the place that `mode.per` names, so the person's next event doesn't enter but is noted in
the run (engine/entry/digest_entries.py); then it leaves the place, and the next event begins another digest. What is
told is what was noted, as far as it is still there and the person's: nothing is looked for again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from automation.clock import from_ms
from automation.rules.digest import DIGEST, MOST_EVENTS, digest_ends
from automation.store.events import load_events

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from automation.engine.journey.state import RunState
    from automation.rules.spec import Digest


def collected_until(digest: Digest, run: RunState) -> datetime:
    """When the run stops collecting; may have passed."""
    return digest_ends(digest, from_ms(run.began), run.rule.spec.zone)


def gather(conn: Connection, group: Sequence[RunState]) -> list[int]:
    """Give each run what it has collected, as `digest`, and its place to the next one. One query for all.

    Returns for each how many of its events are missing: they are gone, or somebody else's since two were split.
    """
    events = load_events(conn, sorted({id_ for run in group for id_ in _collected(run)}))
    missing = []
    for run in group:
        found = [events[id_] for id_ in _collected(run) if id_ in events]
        mine = sorted(
            (event for event in found if event.contact_id == run.contact_id), key=lambda one: (one.occurred_at, one.id)
        )
        told = [dict(event.properties) for event in mine[-MOST_EVENTS:]]
        run.variables[DIGEST] = {"count": len(mine), "events": told}
        run.mode_key = None
        missing.append(len(_collected(run)) - len(mine))
    return missing


def _collected(run: RunState) -> list[int]:
    """The first event, and those that came after it, each once."""
    return [*dict.fromkeys([*([] if run.event_id is None else [run.event_id]), *(run.collected or ())])]
