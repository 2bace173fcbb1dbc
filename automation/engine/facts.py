"""Facts for the runs in hand: profiles, events and histories, loaded by the batch, again when they may have changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from automation.contacts.profile import load_contacts
from automation.rules.conditions.facts import Facts
from automation.rules.conditions.history import load_histories
from automation.rules.rule_vars import VARS
from automation.store.events import load_events

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from automation.engine.entry.meeting import Arrival
    from automation.engine.journey.state import RunState
    from automation.rules.conditions.tree import Condition, History, Reachable
    from automation.store.waiting import CameEvent


class FactsBook:
    """What is known of the people and events of one batch of runs."""

    def __init__(self, conn: Connection, runs: Sequence[RunState], now: datetime, now_ms: int) -> None:
        self._conn, self._now, self._now_ms = conn, now, now_ms
        self._profiles = load_contacts(conn, sorted({run.contact_id for run in runs}))
        ids = sorted({run.event_id for run in runs if run.event_id is not None})
        events = load_events(conn, ids)
        self._events = {run.id: run.rule.whole(events[run.event_id]) for run in runs if run.event_id in events}
        self._stale: set[int] = set()
        self.touched: set[int] = set()
        """To whom something was done in this batch."""

    def changed(self, contact_ids: Sequence[int], *, profiles: bool = True) -> None:
        """Something was done to these people; to their profiles too, unless it is known that it was not."""
        if profiles:
            self._stale.update(contact_ids)
        self.touched.update(contact_ids)

    def of(self, runs: Sequence[RunState], histories: Sequence[History | Reachable] = ()) -> list[Facts]:
        """The facts of each run, with the histories counted."""
        self._refresh()
        found = [self._facts(run) for run in runs]
        if histories:
            people = [(run.contact_id, run.moment) for run in runs]
            zone = runs[0].rule.spec.zone
            counts = load_histories(self._conn, histories, people, self._now, zone, facts=found)
            for facts, count in zip(found, counts, strict=True):
                facts.history = count
        return found

    def holds(self, where: Condition | None, run: RunState, event: CameEvent | Arrival) -> bool:
        """Whether a condition about an event's properties holds for this one."""
        if where is None:
            return True
        facts = replace(self.of([run])[0], event=run.rule.whole(event), own=self.event(run))
        return bool(run.rule.compiled(where)(facts))

    def event(self, run: RunState) -> Mapping[str, Any]:
        return self._events.get(run.id, {})

    def _facts(self, run: RunState) -> Facts:
        return Facts(
            contact=self._profiles.get(run.contact_id, {}),
            now=self._now_ms,
            zone=run.rule.spec.zone,
            event=self.event(run),
            variables={**run.variables, VARS: own} if (own := run.rule.spec.vars) else run.variables,
        )

    def _refresh(self) -> None:
        if self._stale:
            self._profiles.update(load_contacts(self._conn, sorted(self._stale)))
            self._stale.clear()
