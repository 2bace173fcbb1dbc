"""One person before one rule at one moment: everything that the decisions are asked with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from automation.clock import from_ms, to_ms
from automation.contacts.profile import load_contacts
from automation.engine.book import LoadedRule, load_rule
from automation.engine.entry.guards import Candidate, EntryState
from automation.engine.limits import load_usage
from automation.insight.as_of import Moment, profile_then, reachable_then
from automation.rules.conditions.facts import Facts
from automation.rules.conditions.history import load_histories
from automation.rules.conditions.tree import Reachable
from automation.rules.digest import digest_ends
from automation.store.digests import collecting
from automation.store.runs import alive_inside, last_entries
from automation.store.why import last_event_for, last_event_of, rule_row, runs_then
from automation.triggers.base import EventTrigger

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from automation.rules.project import Project
    from automation.rules.spec import Digest, RuleSpec
    from automation.store.types import AnyRow

MAX_RUNS = 20


@dataclass(frozen=True)
class Subject:
    """`event` is the newest one that the trigger listens to and that concerns this person; None without any.

    `put_back`: the fields of the profile that have another value today than at the moment.
    """

    rule: LoadedRule
    contact_id: int
    people: tuple[int, ...]  # the contact, and those that were merged into it
    profile: Mapping[str, Any]
    event: AnyRow | None
    candidate: Candidate
    state: EntryState
    moment: Moment
    put_back: tuple[str, ...] = ()

    @property
    def facts(self) -> Facts:
        return self.candidate.facts

    @property
    def now(self) -> datetime:
        """The moment that is asked about."""
        return self.moment.at


def load_subject(
    conn: Connection, project: Project, spec: RuleSpec, people: tuple[int, ...], moment: Moment
) -> Subject:
    """The same facts as the engine loads for a batch, for one."""
    row, contact_id = rule_row(conn, spec.id), people[0]
    rule = load_rule(spec, row.id if row else 0, (row.version_id or 0) if row else 0, project)
    profile: Mapping[str, Any] = load_contacts(conn, [contact_id]).get(contact_id, {})
    put_back: tuple[str, ...] = ()
    if moment.past:
        profile, put_back = profile_then(conn, people, profile, moment.ms)
    event = _last_event(conn, rule, people, moment.bound)
    facts = _facts(conn, rule, people, profile, event, moment)
    candidate = Candidate(rule, contact_id, facts, rule.mode_key(facts.event))
    state = _state(conn, rule, people, moment)
    return Subject(rule, contact_id, people, profile, event, candidate, state, moment, put_back)


def _facts(
    conn: Connection, rule: LoadedRule, people: Sequence[int], profile: Mapping[str, Any], event: AnyRow | None,
    moment: Moment,
) -> Facts:  # fmt: skip
    zone, known_by = rule.spec.zone, moment.ms if moment.past else None
    facts = Facts(
        contact={**profile, "id": people[0]},
        now=to_ms(moment.at),
        zone=zone,
        event=rule.whole(event) if event is not None else {},
    )
    asked = [(people[0], None)]
    history = load_histories(conn, rule.audience_histories, asked, moment.at, zone, known_by, facts=[facts])[0]
    if moment.past:
        then = (node for node in rule.audience_histories if isinstance(node, Reachable))
        history |= {node: int(reachable_then(conn, node, people, profile, moment.ms)) for node in then}
    facts.history = history
    return facts


def _state(conn: Connection, rule: LoadedRule, people: Sequence[int], moment: Moment) -> EntryState:
    ids, rules = [people[0]], [rule.rule_id]
    entries = load_usage(conn, [rule], "entries", ids, moment.ms)
    if not moment.past:
        inside = alive_inside(conn, ids, rules)
        return EntryState(moment.ms, last_entries(conn, ids, rules), inside, collecting(conn, inside.values()), entries)
    runs = [run for run in runs_then(conn, rule.rule_id, ids, moment.ms, MAX_RUNS) if run.status != "queued"]
    last = {(run.contact_id, run.rule_id): run.entered_at for run in reversed(runs)}
    digest = rule.spec.digest
    collected = {run.id for run in runs if digest is not None and _collects(digest, run, rule.spec.zone, moment)}
    inside = {
        (run.contact_id, run.rule_id, place): run.id
        for run in reversed(runs)
        if (run.ended_at is None or run.ended_at > moment.ms) and (place := _place(rule, run)) is not None
        and (digest is None or run.id in collected)
    }  # fmt: skip
    return EntryState(moment.ms, last, inside, collected, entries.until(moment.ms))


def _collects(digest: Digest, run: AnyRow, zone: ZoneInfo, moment: Moment) -> bool:
    """Whether it collected at a moment of the past: nothing keeps that but the rule, which says when it was to end."""
    begin = run.entered_at if run.since_at is None else run.since_at
    return digest_ends(digest, from_ms(begin), zone) > moment.at


def _place(rule: LoadedRule, run: AnyRow) -> str | None:
    """What `mode` knew the run by; it is forgotten when a run ends, and follows from its event."""
    known: str | None = run.mode_key
    return known if known is not None else rule.mode_key({} if run.name is None else rule.whole(run))


def _last_event(conn: Connection, rule: LoadedRule, people: tuple[int, ...], bound: int) -> AnyRow | None:
    """The contact's own event; where an event names its people, the newest that was decided about this person."""
    if not isinstance(rule.trigger, EventTrigger):
        return None
    if rule.people is not None:
        return last_event_for(conn, rule.rule_id, people, bound)
    names = rule.trigger.names(rule.spec.trigger.params)
    found = [row for name in names if (row := last_event_of(conn, people[0], name, bound)) is not None]
    return max(found, key=lambda row: (row.occurred_at, row.id), default=None)
