"""Entering by event: the people an event names meet the rules on its name, and each meeting is decided and logged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from automation.contacts.profile import load_contacts
from automation.contacts.resolve import find
from automation.engine.clocks.approvals import hold_lists
from automation.engine.clocks.watching import changed_people, newcomers
from automation.engine.entry.digest_entries import REPEATED, Digests
from automation.engine.entry.guards import Candidate, EntryState, decide
from automation.engine.entry.meeting import Arrival, Meeting
from automation.engine.entry.naming import named_identities
from automation.engine.entry.sequences import in_sequence
from automation.engine.journey.queueing import enter_or_queue
from automation.engine.limits import load_usage
from automation.reasons import Reason
from automation.rules.conditions.facts import Facts
from automation.rules.conditions.history import load_histories
from automation.store.events import last_event_id
from automation.store.log import Entry, write_log
from automation.store.runs import alive_inside, end_runs, last_entries, lock_contacts

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.engine.book import LoadedRule, RuleBook

    Choose: TypeAlias = Callable[[Connection, list[Meeting]], list[Meeting]]


def enter_arrivals(conn: Connection, book: RuleBook, arrivals: Sequence[Arrival], now: int) -> tuple[int, int]:
    """Decide every meeting of a person and a rule; returns how many entered and how many were skipped."""
    entered, log = meet(conn, book, arrivals, now)
    return entered, sum(entry.code.startswith("skipped.") for entry in log)


def meet(
    conn: Connection, book: RuleBook, arrivals: Sequence[Arrival], now: int, choose: Choose | None = None
) -> tuple[int, list[Entry]]:
    """The same with the log rows that it wrote. `choose` picks the meetings that are to be decided."""
    meetings = _meetings(conn, book, arrivals)
    meetings = meetings if choose is None else choose(conn, meetings)
    known = [meeting for meeting in meetings if meeting.contact_id is not None]
    log = [
        _entry(Reason.SKIPPED_UNKNOWN_CONTACT, m, detail={"identity": m.named})
        for m in meetings
        if m.contact_id is None
    ]
    if book.watchers:
        known += newcomers(conn, book, arrivals, now)
    if book.has_sequences:
        known = in_sequence(conn, known, log, now)
    if book.has_lists:
        known = hold_lists(conn, known, log, now)
    entered = enter_meetings(conn, known, log, now, new=choose is None) if known else 0
    write_log(conn, now, log)
    return entered, log


def enter_changed(conn: Connection, book: RuleBook, contact_ids: Sequence[int], now: int) -> None:
    """Decide and log who meets a rule because their profile was written to."""
    known = changed_people(conn, book, contact_ids, now)
    if known:
        log: list[Entry] = []
        enter_meetings(conn, known, log, now)
        write_log(conn, now, log)


def _meetings(conn: Connection, book: RuleBook, arrivals: Sequence[Arrival]) -> list[Meeting]:
    matched: list[tuple[LoadedRule, Arrival]] = []
    by_event = book.by_event
    for arrival in arrivals:
        called = by_event[arrival.name].called(arrival)
        if called:
            matched.extend((rule, arrival) for rule in called)
    named = _named_people(conn, book, matched)
    meetings = []
    for rule, arrival in matched:
        if rule.people is None:
            meetings.append(Meeting(rule, arrival, arrival.contact_id))
            continue
        kind, values = _named(book, rule, arrival)
        for value in dict.fromkeys(values):
            contact_id = named[kind].get(value)
            meetings.append(Meeting(rule, arrival, contact_id, None if contact_id else f"{kind}:{value}"))
    return [meeting for meeting in meetings if meeting.rule.meets(meeting.contact_id)]


def _named(book: RuleBook, rule: LoadedRule, arrival: Arrival) -> tuple[str, list[str]]:
    """The identity kind and the values by which an event names its people."""
    definition = book.project.catalogue.events[arrival.name].properties[str(rule.people)]
    kind = str(definition.identity)
    return kind, named_identities(book, kind, arrival.properties, definition.name)


def _named_people(
    conn: Connection, book: RuleBook, matched: Sequence[tuple[LoadedRule, Arrival]]
) -> dict[str, dict[str, int]]:
    wanted: dict[str, set[str]] = {}
    for rule, arrival in matched:
        if rule.people is not None:
            kind, values = _named(book, rule, arrival)
            wanted.setdefault(kind, set()).update(values)
    return {kind: find(conn, kind, sorted(values)) for kind, values in wanted.items()}


def enter_meetings(
    conn: Connection, meetings: Sequence[Meeting], log: list[Entry], now: int, *, new: bool = False
) -> int:
    """Decide meetings with known people and add to `log` what became of each; returns how many entered.

    `new`: the events were stored just now, so no digest can have told of them.
    """
    contact_ids = sorted({m.contact_id for m in meetings if m.contact_id is not None})
    rules = {m.rule for m in meetings}
    cooling = sorted(rule.rule_id for rule in rules if rule.spec.guards.cooldown is not None)
    alone = sorted(rule.rule_id for rule in rules if rule.spec.mode.on_again == "skip")
    lock_contacts(conn, contact_ids)
    entries = load_usage(conn, rules, "entries", contact_ids, now)
    inside = alive_inside(conn, contact_ids, alone)
    digests = Digests(conn, inside.values())
    known = frozenset() if new else digests.told(meetings)
    state = EntryState(now, last_entries(conn, contact_ids, cooling), inside, digests.collecting, entries)
    chosen: list[tuple[Meeting, Candidate]] = []
    for meeting, facts in zip(meetings, _facts(conn, meetings, now), strict=True):
        candidate = Candidate(meeting.rule, facts.contact["id"], facts, meeting.rule.mode_key(facts.event))
        refusal = REPEATED if meeting in known else decide(candidate, state)
        if refusal is None:
            chosen.append((meeting, candidate))
            state.entered(candidate)
        elif refusal.reason is Reason.SKIPPED_COLLECTED:
            digests.add(meeting, candidate, refusal)
        else:
            log.append(_entry(refusal.reason, meeting, detail=refusal.detail))
    entered = _write(conn, chosen, state, digests, log, now)
    log += [_entry(reason, meeting, detail={"run": run_id}) for meeting, reason, run_id in digests.save()]
    return entered


def _write(
    conn: Connection, chosen: Sequence[tuple[Meeting, Candidate]], state: EntryState, digests: Digests,
    log: list[Entry], now: int,
) -> int:  # fmt: skip
    """Runs that replace one another within the batch are stored one after the other, the rest all at once."""
    entered = 0
    newest = last_event_id(conn) if any(m.arrival.event_id is None for m, _ in chosen) else 0
    for batch in state.rounds([candidate for _, candidate in chosen]):
        picked = [chosen[i] for i in batch]
        _end_replaced(conn, [candidate for _, candidate in picked], log, now)
        rows = [
            (m.key, m.rule.rule_id, m.rule.version_id, c.contact_id, m.arrival.event_id, c.mode_key, m.since(newest))
            for m, c in picked
        ]
        stored = enter_or_queue(conn, [candidate for _, candidate in picked], rows, now)
        for (meeting, candidate), (run_id, reason) in zip(picked, stored, strict=True):
            digests.begin(candidate, run_id)
            log.append(_entry(reason, meeting, run_id=run_id))
            entered += run_id is not None
    return entered


def _end_replaced(conn: Connection, candidates: Sequence[Candidate], log: list[Entry], now: int) -> None:
    restarting = [c for c in candidates if c.rule.spec.mode.on_again == "restart"]
    if not restarting:
        return
    inside = alive_inside(conn, [c.contact_id for c in restarting], [c.rule.rule_id for c in restarting])
    ended = []
    for c in restarting:
        run_id = inside.get((c.contact_id, c.rule.rule_id, c.mode_key or ""))
        if run_id is not None:
            ended.append(run_id)
            log.append(Entry(Reason.EXITED_RESTARTED, c.rule.rule_id, c.rule.version_id, c.contact_id, run_id))
    end_runs(conn, ended, "exited", Reason.EXITED_RESTARTED.value, now, next_in=False)


def _facts(conn: Connection, meetings: Sequence[Meeting], now: int) -> list[Facts]:
    """What each meeting's decision looks at; profiles and histories are loaded by the batch."""
    needing = {m.contact_id for m in meetings if m.rule.audience is not None}
    profiles = load_contacts(conn, sorted(id_ for id_ in needing if id_ is not None))
    facts = [
        Facts(
            contact=profiles.get(m.contact_id or 0, {}) | {"id": m.contact_id},
            now=now,
            zone=m.rule.spec.zone,
            event=m.seen,
        )
        for m in meetings
    ]
    by_rule: dict[LoadedRule, list[int]] = {}
    for i, meeting in enumerate(meetings):
        if meeting.rule.audience_histories:
            by_rule.setdefault(meeting.rule, []).append(i)
    for rule, indexes in by_rule.items():
        people = [(meetings[i].contact_id or 0, None) for i in indexes]
        known = [facts[i] for i in indexes]
        counts = load_histories(conn, rule.audience_histories, people, now, rule.spec.zone, facts=known)
        for i, count in zip(indexes, counts, strict=True):
            facts[i].history = count
    return facts


def _entry(reason: Reason, meeting: Meeting, *, run_id: int | None = None, detail: Any = None) -> Entry:
    rule = meeting.rule
    return Entry(
        reason, rule.rule_id, rule.version_id, meeting.contact_id, run_id, meeting.arrival.event_id, detail=detail
    )
