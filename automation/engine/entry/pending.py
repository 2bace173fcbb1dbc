"""Entries that waited for what must not follow: once it can't any more, they are decided with the original event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from automation.clock import from_ms, to_ms
from automation.engine.entry.enter import enter_meetings
from automation.engine.entry.meeting import Meeting, arrival_of
from automation.engine.entry.sequences import followed, out_of_sequence
from automation.engine.journey.merges import settle_merges
from automation.engine.journey.movement import Allowance
from automation.reasons import Reason
from automation.store.contacts import survivors
from automation.store.events import PastEvent, load_events
from automation.store.log import Entry, write_log
from automation.store.pauses import load_pauses
from automation.store.pending import (
    Span,
    claim_pending,
    delete_pending,
    next_pending,
    sort_pending,
    stop_pending,
)
from automation.store.retry import retried

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.clock import Clock
    from automation.engine.book import LoadedRule, RuleBook
    from automation.engine.journey.movement import Movement
    from automation.engine.versions import Versions
    from automation.store.database import Database
    from automation.store.types import AnyRow


class Pending:
    """Decides what is due, for one rule book. The rows carry the truth: a crash leaves them due."""

    def __init__(
        self, database: Database, clock: Clock, book: RuleBook, versions: Versions, movement: Movement
    ) -> None:
        self._database, self._clock, self._book, self._versions = database, clock, book, versions
        self._movement = movement
        self._running = {rule.rule_id for rule in book.rules.values()}

    def __call__(self, limit: int = 500) -> int:
        """Decide up to `limit` due entries; returns how many were taken."""
        with self._database.read() as conn:
            pauses = load_pauses(conn)
            first = None if pauses.everything else next_pending(conn, pauses.rule_ids)
        if first is None or first > to_ms(self._clock.now()):
            return 0

        def decide() -> int:
            with self._database.write() as conn:
                now = to_ms(self._clock.now())
                settle_merges(conn, self._book, self._versions, now)
                rows = claim_pending(conn, now, limit, load_pauses(conn).rule_ids)
                self._decide(conn, rows, now)
                return len(rows)

        return retried(decide)

    def _decide(self, conn: Connection, rows: Sequence[AnyRow], now: int) -> None:
        known = [row for row in rows if row.rule_id in self._running]
        strange = {row.rule_id for row in rows} - self._running
        if strange:  # written by a process whose rules were older; publishing sorts them out
            stop_pending(conn, strange)
        if not known:
            return
        log: list[Entry] = []
        allowance = Allowance()
        for turn in _turns(self._waiting(conn, known, now, log)):
            moments = {each.span.contact_id: each.span.bound for each in turn}
            self._movement.move_people(conn, moments, from_ms(now), allowance)
            enter_meetings(conn, _alone(conn, turn, log, now), log, now)
        delete_pending(conn, known)
        write_log(conn, now, log)

    def _waiting(self, conn: Connection, rows: Sequence[AnyRow], now: int, log: list[Entry]) -> list[_Waiting]:
        """What can still be decided, in the order in which it came due."""
        events = load_events(conn, sorted({row.event_id for row in rows}))
        people = survivors(conn, sorted({row.contact_id for row in rows}))
        waiting = []
        for row in rows:
            contact_id, event = people.get(row.contact_id, row.contact_id), events.get(row.event_id)
            rule = self._book.met_by(row.rule_id, contact_id)
            refused = _NOT_THEIRS if rule is None else _obstacle(rule, event, row, now)
            if refused is not None or rule is None or event is None:
                log.append(_refused(row, contact_id, rule, *(refused or (Reason.SKIPPED_EXPIRED, {}))))
                continue
            arrival = arrival_of(event, row.event_id, event.contact_id, event.received_at)
            meeting = Meeting(rule, arrival, contact_id)
            waiting.append(_Waiting(meeting, Span(contact_id, meeting.since(0), row.due_at)))
        return waiting


def _refused(
    row: AnyRow, contact_id: int, rule: LoadedRule | None, code: Reason, detail: Mapping[str, Any] | None
) -> Entry:
    version_id = row.rule_version_id if rule is None else rule.version_id
    return Entry(code, row.rule_id, version_id, contact_id, event_id=row.event_id, detail=detail)


class _Waiting(NamedTuple):
    meeting: Meeting
    span: Span


def _turns(waiting: Sequence[_Waiting]) -> list[list[_Waiting]]:
    """In groups in which nobody is twice: the later one sees what the earlier one has caused."""
    turns: list[list[_Waiting]] = []
    seen: Counter[int] = Counter()
    for each in waiting:
        turn = seen[each.span.contact_id]
        seen[each.span.contact_id] += 1
        if turn == len(turns):
            turns.append([])
        turns[turn].append(each)
    return turns


_NOT_THEIRS = Reason.SKIPPED_DISABLED, {"rule": "not_in_canary"}


def publish_pending(conn: Connection, active: Iterable[int], removed: Sequence[int], now: int) -> None:
    """After publishing: entries of stopped rules stand still, those of removed rules are logged and go."""
    gone = sort_pending(conn, sorted(active), removed)
    write_log(
        conn,
        now,
        [
            Entry(Reason.SKIPPED_DISABLED, row.rule_id, row.rule_version_id, row.contact_id, event_id=row.event_id,
                  detail={"rule": "removed"})
            for row in gone
        ],
    )  # fmt: skip


def _alone(conn: Connection, waiting: Sequence[_Waiting], log: list[Entry], now: int) -> list[Meeting]:
    """Those whose event was not followed by what it must not be; the others are logged."""
    out: set[Meeting] = set()
    for rule in dict.fromkeys(each.meeting.rule for each in waiting):
        mine = [each for each in waiting if each.meeting.rule is rule]
        pattern = rule.not_followed_by
        if pattern is None:  # the rule no longer asks
            continue
        meetings, spans = [each.meeting for each in mine], [each.span for each in mine]
        late = [meetings[index] for index in sorted(followed(conn, rule, meetings, spans, now))]
        log.extend(out_of_sequence(meeting, pattern, "followed_by") for meeting in late)
        out.update(late)
    return [each.meeting for each in waiting if each.meeting not in out]


def _obstacle(
    rule: LoadedRule, event: PastEvent | None, row: AnyRow, now: int
) -> tuple[Reason, Mapping[str, Any] | None] | None:
    """Why an entry that is due is not decided any more."""
    expires = rule.spec.expires_after
    if expires is not None and now > to_ms(expires.after(from_ms(row.due_at), rule.spec.zone)):
        due = from_ms(row.due_at).isoformat()
        return Reason.SKIPPED_EXPIRED, {"due_at": due, "expires_after": str(expires)}
    if event is None:
        return Reason.SKIPPED_EXPIRED, {"event": "gone"}
    if not rule.listens_to(event):
        return Reason.SKIPPED_SEQUENCE, {"rule": "changed"}
    return None
