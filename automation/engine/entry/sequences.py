"""Sequences, when the event arrives: what must have happened before it, and what must not happen after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from automation.clock import from_ms, to_ms
from automation.contacts.profile import load_contacts
from automation.reasons import Reason
from automation.rules.conditions.beside import BesideRefs
from automation.rules.conditions.facts import Facts
from automation.rules.conditions.sql import event_where
from automation.store.log import Entry
from automation.store.pending import Beside, Span, put_off, who_did
from automation.store.schema import event

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from automation.engine.book import LoadedRule
    from automation.engine.entry.meeting import Meeting
    from automation.rules.params import EventPattern


def in_sequence(conn: Connection, meetings: Sequence[Meeting], log: list[Entry], now: int) -> list[Meeting]:
    """The meetings to decide now. Those whose earlier event is missing are logged, those that must wait are put off."""
    asking = [m for m in meetings if m.rule.after or m.rule.not_followed_by]
    if not asking:
        return list(meetings)
    missing = set()
    for rule in dict.fromkeys(m.rule for m in asking if m.rule.after):
        missing |= _without_earlier(conn, rule, [m for m in asking if m.rule is rule], now)
    log.extend(out_of_sequence(m, _of(m.rule.after), "missing") for m in asking if m in missing)
    waiting = [m for m in asking if m.rule.not_followed_by and m not in missing]
    _put_off(conn, waiting, log)
    out = missing.union(waiting)
    return [m for m in meetings if m not in out]


def followed(
    conn: Connection, rule: LoadedRule, meetings: Sequence[Meeting], spans: Sequence[Span], now: int
) -> set[int]:
    """The indexes of those who did, in their span, what the rule's event must not be followed by."""
    pattern = rule.not_followed_by
    return set() if pattern is None else _who_did(conn, pattern, meetings, spans, now, before=False)


def out_of_sequence(meeting: Meeting, pattern: EventPattern, what: str) -> Entry:
    """The log row of a person whose events came in another order. `what`: missing, or followed_by."""
    rule, arrival = meeting.rule, meeting.arrival
    detail = {what: pattern.event, "within": str(pattern.within)}
    return Entry(
        Reason.SKIPPED_SEQUENCE, rule.rule_id, rule.version_id, meeting.contact_id, event_id=arrival.event_id,
        detail=detail,
    )  # fmt: skip


def _without_earlier(conn: Connection, rule: LoadedRule, meetings: Sequence[Meeting], now: int) -> set[Meeting]:
    pattern = _of(rule.after)
    spans = []
    for m in meetings:
        moment = m.since(0)
        oldest = to_ms(pattern.within.before(from_ms(moment.at), rule.spec.zone))
        spans.append(Span(m.contact_id or 0, moment, oldest))
    there = _who_did(conn, pattern, meetings, spans, now, before=True)
    return {m for index, m in enumerate(meetings) if index not in there}


def _put_off(conn: Connection, meetings: Sequence[Meeting], log: list[Entry]) -> None:
    """Each waits, counted from its event's own time, for what must not follow."""
    rows = []
    for m in meetings:
        rule, pattern, event_id = m.rule, _of(m.rule.not_followed_by), m.arrival.event_id or 0
        due = to_ms(pattern.within.after(from_ms(m.since(0).at), rule.spec.zone))
        rows.append((event_id, rule.rule_id, m.contact_id, rule.version_id, due))
        detail = {"not_followed_by": pattern.event, "within": str(pattern.within), "due_at": from_ms(due).isoformat()}
        log.append(Entry(Reason.PENDING, rule.rule_id, rule.version_id, m.contact_id, event_id=event_id, detail=detail))
    put_off(conn, rows)


def _who_did(
    conn: Connection,
    pattern: EventPattern,
    meetings: Sequence[Meeting],
    spans: Sequence[Span],
    now: int,
    *,
    before: bool,
) -> set[int]:
    """The indexes of the meetings whose person did it in the span; references mean the meeting's event and person."""
    beside, where = BesideRefs.of(pattern.where), pattern.where

    def limit(asked: Any) -> ColumnElement[bool] | None:
        return None if where is None else event_where(where, event.c.properties, beside.lookup(asked))

    values = beside.rows(_facts(conn, meetings, now), len(meetings)) if beside.refs else ()
    return who_did(conn, pattern.event, spans, limit, before=before, beside=Beside(beside.columns, values))


def _facts(conn: Connection, meetings: Sequence[Meeting], now: int) -> list[Facts]:
    profiles = load_contacts(conn, sorted({m.contact_id for m in meetings if m.contact_id is not None}))
    return [Facts(profiles.get(m.contact_id or 0, {}), now, m.rule.spec.zone, m.seen) for m in meetings]


def _of(pattern: EventPattern | None) -> EventPattern:
    assert pattern is not None
    return pattern
