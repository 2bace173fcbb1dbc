"""Past events meet a rule that listens to them: page by page, a transaction each, through the functions of entry."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from automation.clock import from_ms, to_ms
from automation.engine.clocks.catch_up import expired
from automation.engine.entry.enter import meet
from automation.engine.entry.meeting import arrival_of
from automation.engine.entry.order import waves
from automation.engine.journey.movement import Allowance, Movement
from automation.memory import uncollected
from automation.reasons import Reason
from automation.store.decided import decided_about
from automation.store.digests import events_told
from automation.store.events import last_event_id, page_of_past
from automation.store.log import Entry
from automation.store.retry import retried

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from automation.clock import Clock
    from automation.engine.backfill.backfill import Backfilled
    from automation.engine.book import LoadedRule, RuleBook
    from automation.engine.entry.meeting import Meeting
    from automation.engine.versions import Versions
    from automation.store.database import Database
    from automation.store.events import PastEvent

PAGE = 1_000
KNOWN = "known"


class Happenings:
    """Works off the past events of one rule, the oldest first."""

    def __init__(self, database: Database, clock: Clock, book: RuleBook, versions: Versions) -> None:
        self._database, self._clock, self._book = database, clock, book
        self._movement = Movement(book, versions)

    def work(self, rule: LoadedRule, made: Backfilled, actor: str, progress: Callable[[int], None]) -> None:
        alone = replace(self._book, rules={rule.spec.id: rule})
        names = sorted(alone.by_event)
        with self._database.read() as conn:
            last = last_event_id(conn)
        after = to_ms(made.since), 0
        while True:
            with self._database.read() as conn:
                page = page_of_past(conn, names, after, last, PAGE)
            if not page:
                return
            self._decide(rule, alone, page, made)
            progress(len(page))
            after = page[-1].occurred_at, page[-1].id

    def _decide(self, rule: LoadedRule, alone: RuleBook, page: Sequence[PastEvent], made: Backfilled) -> None:
        arrivals = [arrival_of(e, e.id, e.contact_id, e.received_at) for e in page]

        def decide() -> tuple[int, list[Entry], Counter[str]]:
            with uncollected(), self._database.write() as conn:
                now = self._clock.now()
                sieve, allowance = _Sieve(rule, to_ms(now)), Allowance()
                entered, log, times = 0, list[Entry](), [a.occurred_at for a in arrivals]
                for wave in waves(conn, alone, [(a.name, a.contact_id, a.properties) for a in arrivals]):
                    self._movement.move_people(conn, wave.moments(times), now, allowance)
                    some, told = meet(conn, alone, [arrivals[i] for i in wave.places], to_ms(now), sieve)
                    entered, log = entered + some, log + told
                return entered, log, sieve.left_out

        entered, log, left_out = retried(decide)
        made.looked_at += len(page)
        made.entered += entered
        made.skipped += left_out
        made.people += entered + left_out.total()
        _count(log, made)


class _Sieve:
    """Leaves out what was decided before, what is too old, and who is unknown; nothing is written of them."""

    def __init__(self, rule: LoadedRule, now: int) -> None:
        self._rule, self._now = rule, now
        self.left_out: Counter[str] = Counter()
        self._told: set[int] = set()  # in digests, of whatever version

    def __call__(self, conn: Connection, meetings: list[Meeting]) -> list[Meeting]:
        rule = self._rule
        people = {m.contact_id for m in meetings if m.contact_id is not None}
        events = {m.arrival.event_id for m in meetings if m.arrival.event_id is not None}
        known = decided_about(conn, rule.rule_id, rule.version_id, people, events)
        self._told = {event_id for _, event_id in events_told(conn, [rule.rule_id], sorted(people))}
        kept = []
        for meeting in meetings:
            reason = self._reason(meeting, known)
            if reason is None:
                kept.append(meeting)
            else:
                self.left_out[reason] += 1
        return kept

    def _reason(self, meeting: Meeting, known: set[tuple[int, int]]) -> str | None:
        if meeting.contact_id is None:
            return Reason.SKIPPED_UNKNOWN_CONTACT.value
        if (meeting.contact_id, meeting.arrival.event_id) in known or meeting.arrival.event_id in self._told:
            return KNOWN
        if expired(self._rule, from_ms(meeting.arrival.occurred_at), from_ms(self._now), asked=True):
            return Reason.SKIPPED_EXPIRED.value
        return None


def _count(log: Sequence[Entry], made: Backfilled) -> None:
    for entry in log:
        if entry.code.startswith("skipped."):
            made.skipped[str(entry.code)] += 1
            made.people += 1
        elif entry.code == Reason.PENDING.value:
            made.pending += 1
            made.people += 1
        elif entry.code == Reason.HELD_APPROVAL.value and entry.contact_id is not None:
            made.held += 1
            made.people += 1
