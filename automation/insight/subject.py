"""One person before one rule: everything that the decisions are asked with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from automation.clock import to_ms
from automation.contacts.profile import load_contacts
from automation.engine.book import LoadedRule, load_rule
from automation.engine.entry.guards import Candidate, EntryState
from automation.rules.conditions.facts import Facts
from automation.rules.conditions.history import load_histories
from automation.store.runs import alive_inside, last_entries, last_event_of
from automation.store.why import last_event_for, rule_row
from automation.triggers.base import EventTrigger

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from automation.rules.project import Project
    from automation.rules.spec import RuleSpec
    from automation.store.types import AnyRow


@dataclass(frozen=True)
class Subject:
    """`event` is the newest one that the trigger listens to and that concerns this person; None without any."""

    rule: LoadedRule
    contact_id: int
    people: tuple[int, ...]  # the contact, and those that were merged into it
    profile: Mapping[str, Any]
    event: AnyRow | None
    candidate: Candidate
    state: EntryState
    now: datetime

    @property
    def facts(self) -> Facts:
        return self.candidate.facts


def load_subject(conn: Connection, project: Project, spec: RuleSpec, people: tuple[int, ...], now: datetime) -> Subject:
    """The same facts as the engine loads for a batch, for one."""
    row, contact_id = rule_row(conn, spec.id), people[0]
    rule = load_rule(spec, row.id if row else 0, (row.version_id or 0) if row else 0, project.registry)
    profile = load_contacts(conn, [contact_id]).get(contact_id, {})
    event = _last_event(conn, rule, people)
    counts = load_histories(conn, rule.audience_histories, [(contact_id, None)], now, spec.zone)[0]
    facts = Facts(
        contact={**profile, "id": contact_id},
        now=to_ms(now),
        zone=spec.zone,
        event=event.properties if event is not None else {},
        history=counts,
    )
    state = EntryState(
        to_ms(now), last_entries(conn, [contact_id], [rule.rule_id]), alive_inside(conn, [contact_id], [rule.rule_id])
    )
    candidate = Candidate(rule, contact_id, facts, rule.mode_key(facts.event))
    return Subject(rule, contact_id, people, profile, event, candidate, state, now)


def _last_event(conn: Connection, rule: LoadedRule, people: tuple[int, ...]) -> AnyRow | None:
    """The contact's own event; where an event names its people, the newest that was decided about this person."""
    if not isinstance(rule.trigger, EventTrigger):
        return None
    if rule.people is not None:
        return last_event_for(conn, rule.rule_id, people)
    names = rule.trigger.names(rule.spec.trigger.params)
    found = [row for name in names if (row := last_event_of(conn, people[0], name)) is not None]
    return max(found, key=lambda row: (row.occurred_at, row.id), default=None)
