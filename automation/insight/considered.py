"""What the rule made of its newest occurrences for one person: let in, skipped, counted, held, missed or too early."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from automation.clock import from_ms
from automation.engine.entry.guards import decide
from automation.errors import AutomationError
from automation.i18n import say
from automation.insight.account import Line
from automation.insight.as_of import Moment
from automation.insight.details import shown_time, summary
from automation.insight.subject import Subject, load_subject
from automation.reasons import Reason
from automation.rules.canary import Part
from automation.store import why as store
from automation.store.digests import collecting
from automation.triggers.base import ClockTrigger, EventTrigger, Firing, Window

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from automation.rules.project import Project
    from automation.store.types import AnyRow

LATEST = 3
"""So many firings are told, the newest first."""


_ANSWERS = {Reason.ENTERED.value: True, Reason.QUEUED_BEHIND.value: True}


def considered_lines(conn: Connection, project: Project, subject: Subject, known: AnyRow | None) -> list[Line]:
    """`known` is the rule's row; a rule that was never published has considered nobody."""
    if known is None:
        return []
    if isinstance(subject.rule.trigger, EventTrigger) and subject.event is not None:
        told = _event_line(conn, subject, known, subject.event)
        return [told] if told is not None else []
    if isinstance(subject.rule.trigger, ClockTrigger):
        rows = store.last_occurrences(conn, known.id, subject.moment.bound, 2 * LATEST)
        mine = [row for row in rows if _looks_at(row, subject.contact_id)]
        return list(_occurrence_lines(conn, project, subject, known, mine[:LATEST]))
    return []


def _looks_at(row: AnyRow, contact_id: int) -> bool:
    """While a canary runs, its people and the others each have a firing of their own."""
    if row.canary_of_id is None:
        return True
    return Part(row.canary_of_id, row.canary_share, bool(row.canary)).holds(contact_id)


def _event_line(conn: Connection, subject: Subject, known: AnyRow, event: AnyRow) -> Line | None:
    """What became of the newest event."""
    rule_id, zone, path = known.id, subject.rule.spec.zone, f"{subject.rule.spec.path}/trigger"
    row = store.decision_on(conn, rule_id, subject.people, event.id, subject.moment.bound)
    if row is not None:
        ok = _ANSWERS.get(row.code, False if row.code.startswith(("skipped.", "held.")) else None)
        sentence = Reason(row.code).sentence() if row.code in Reason.__members__.values() else row.code
        seen = "  ".join(filter(None, [shown_time(row.at, zone), summary(row.detail, zone)]))
        sentence = _collected(conn, row, zone) or sentence
        return Line("considered", ok, sentence, seen, path)
    waiting = store.put_off_entry(conn, rule_id, subject.people, event.id)
    if waiting is not None:
        key = "held_for_approval" if waiting.status == "held" else "decided_later"
        return Line("considered", False, say(f"why.{key}", at=shown_time(waiting.due_at, zone)), "", path)
    return None if (told := _never(subject, known, event)) is None else Line("considered", False, *told, path)


def _collected(conn: Connection, row: AnyRow, zone: ZoneInfo) -> str | None:
    """When the digest goes out that an event was collected into, as long as it collects."""
    if row.code != Reason.SKIPPED_COLLECTED:
        return None
    run = store.message_run(conn, (row.detail or {}).get("run") or 0)
    if run is None or run.due_at is None or run.id not in collecting(conn, [run.id]):
        return None
    return say("why.collected_until", at=shown_time(run.due_at, zone))


def _never(subject: Subject, known: AnyRow, event: AnyRow) -> tuple[str, str] | None:
    """Why the rule has said nothing about an event, and what shows it; None: the trigger's own lines tell it."""
    zone, since = subject.rule.spec.zone, known.activated_at
    if since is None or event.received_at < since:
        told = say("why.never_active") if since is None else say("why.active_since", at=shown_time(since, zone))
        return say("why.published_after"), told
    if not subject.rule.listens_to(event):
        return None
    return say("why.no_decision"), say("insight.at", at=shown_time(event.received_at, zone))


def _occurrence_lines(
    conn: Connection, project: Project, subject: Subject, known: AnyRow, rows: Sequence[AnyRow]
) -> Iterator[Line]:
    path = f"{subject.rule.spec.path}/trigger"
    for row in rows:
        ok, told, seen = _occurrence(conn, project, subject, known, row)
        at = shown_time(row.due_at, subject.rule.spec.zone)
        yield Line("considered", ok, say("why.firing_of", at=at, told=told), seen, path)


def _occurrence(
    conn: Connection, project: Project, subject: Subject, known: AnyRow, row: AnyRow
) -> tuple[bool | None, str, str]:
    """One firing: ✓ let in, ✗ not, · not yet; the sentence, and what was seen."""
    if row.status == "missed":
        return False, say("why.firing_missed"), say(f"why.missed_{row.reason or 'expired'}")
    if row.status == "held":
        return False, say("why.firing_held"), summary(row.detail, subject.rule.spec.zone)
    if store.entered_by(conn, row.id, known.id, subject.people):
        return True, say("why.firing_entered"), ""
    if row.status == "running" and row.cursor < subject.contact_id:
        return None, say("why.firing_running"), ""
    named = _named(conn, subject, known, row)
    if named is None:
        return None, say("why.firing_unknown"), ""
    if not named:
        return False, say("why.firing_others"), ""
    return False, say("why.firing_counted"), _counted_as(conn, project, subject, row)


def _named(conn: Connection, subject: Subject, known: AnyRow, row: AnyRow) -> bool | None:
    """Whether the trigger names this person for that firing, by the data as they are today; None: it can't tell."""
    trigger: Any = subject.rule.trigger
    if subject.rule.watch is not None:  # whoever came then is a member now: the same question has another answer
        return None
    active = from_ms(known.activated_at if known.activated_at is not None else row.due_at)
    window = Window(from_ms(row.since), row.since_event_id, active, known.id, from_ms(row.due_at))
    params, zone = subject.rule.spec.trigger.params, subject.rule.spec.zone
    try:
        people = trigger.people(params, zone, Firing(row.key, from_ms(row.due_at)), window)
    except Exception:  # a plugin may raise anything: then nobody knows
        return None
    return store.names_contact(conn, people, subject.people)


def _counted_as(conn: Connection, project: Project, subject: Subject, row: AnyRow) -> str:
    """What the guards say of that moment: the occurrence kept only their sums."""
    then = Moment(from_ms(row.finished_at or row.due_at), subject.moment.now, asked=True)
    try:
        past = load_subject(conn, project, subject.rule.spec, subject.people, then)
        refusal = decide(past.candidate, past.state)
    except AutomationError as error:
        return error.text()
    if refusal is None:
        return say("why.counted_unknown")
    counts = ", ".join(f"{code} {count:,}" for code, count in sorted((row.skipped or {}).items()))
    return say("why.counted_as", reason=refusal.reason.sentence(), counts=counts)
