"""Pages: occurrences of clock triggers are worked off one page of people at a time; their rows say how far.

Before a firing's first page, whom earlier firings let in take the steps that are due: as if it had been in time.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from automation.clock import from_ms, to_ms
from automation.engine.clocks.approvals import Bounds, bounds_of
from automation.engine.clocks.catch_up import expired
from automation.engine.clocks.segments import enter_watched
from automation.engine.clocks.zones import people_of, zone_named
from automation.engine.delivery.outranking import come_later
from automation.engine.entry.guards import clauses, shared_clauses
from automation.engine.journey.advance import Advance
from automation.engine.journey.merges import settle_merges
from automation.engine.journey.movement import Movement
from automation.i18n import say
from automation.reasons import Reason
from automation.rules.canary import Part
from automation.store.entering import Page, PageResult, decide_page, enter_decided, in_share
from automation.store.log import Entry, write_log
from automation.store.occurrences import BACKFILLED, claim_running, count_entering, save_occurrence
from automation.store.pauses import load_pauses
from automation.store.runs import has_due_clock_entries
from automation.triggers.base import ClockTrigger, Firing, Window

if TYPE_CHECKING:
    from sqlalchemy import Connection, Select

    from automation.clock import Clock
    from automation.engine.book import LoadedRule, RuleBook
    from automation.engine.versions import Versions
    from automation.store.database import Database
    from automation.store.types import AnyRow

_logger = logging.getLogger(__name__)
PAGE_SIZE = 20_000


class Pages:
    """Decides page after page for one rule book."""

    def __init__(
        self, database: Database, clock: Clock, book: RuleBook, versions: Versions, page_size: int = PAGE_SIZE
    ) -> None:
        self._database, self._clock, self._book, self._versions = database, clock, book, versions
        self._page_size = page_size
        self._advance = Advance(database, clock, book, versions, Movement(book, versions))
        self._would_enter: dict[int, int] = {}

    def __call__(self) -> bool:
        """Decide one page of the oldest unfinished occurrence, weigh it, or move those before; False: nothing to do."""
        with self._database.write() as conn:
            settle_merges(conn, self._book, self._versions, to_ms(self._clock.now()))
            pauses = load_pauses(conn)
            row = None if pauses.everything else _claim(conn, self._book, pauses.rule_ids)
            if row is None:
                return False
            ready = bool(row.looked_at) or not has_due_clock_entries(conn, row.due_at, to_ms(self._clock.now()))
            unweighed = self._work(conn, row) if ready else None
        if not ready:
            return self._advance() > 0
        if unweighed is not None:
            with self._database.read() as conn:  # it takes a while, and nobody else should wait for that
                guards = [clause for _, clause in unweighed.guards]
                self._would_enter[row.id] = count_entering(conn, unweighed.people, guards)
        return True

    def _work(self, conn: Connection, row: AnyRow) -> Page | None:
        """One page, or what must be weighed before the first."""
        rule = self._versions.get(conn, row.rule_version_id)
        if rule is None or row.rule_id in self._book.held or row.rule_id in self._book.missing:
            self._miss(conn, row, "disabled")
        elif row.looked_at or row.decided_by:
            self._record(conn, row, enter_watched(conn, self._book, rule, self._page(conn, row, rule)))
        elif expired(rule, from_ms(row.due_at), self._clock.now(), asked=BACKFILLED in (row.detail or {})):
            self._miss(conn, row, "expired")
        else:
            return self._begin(conn, row, rule)
        return None

    def _begin(self, conn: Connection, row: AnyRow, rule: LoadedRule) -> Page | None:
        """The first page, unless it would enter so many that somebody must look first.

        Where one page is all, the decisions about it say how many that would be.
        """
        page, decided = self._page(conn, row, rule), None
        would_enter = self._would_enter.pop(row.id, None)
        if would_enter is None and rule.watch is None:
            decided = decide_page(conn, page)
            would_enter = None if decided.full else decided.wanted
        if would_enter is None:
            return page
        bounds = bounds_of(conn, rule, self._book.project, would_enter, row.key)
        exceeded = bounds.exceeded_by(would_enter)
        if exceeded is not None:
            self._hold(conn, row, rule, exceeded, bounds, would_enter)
        elif decided is not None:
            self._record(conn, row, enter_decided(conn, page, decided))
        else:
            self._record(conn, row, enter_watched(conn, self._book, rule, page))
        return None

    def _hold(
        self, conn: Connection, row: AnyRow, rule: LoadedRule, exceeded: str, bounds: Bounds, would_enter: int
    ) -> None:
        weighed = {
            "would_enter": would_enter, "limit": bounds.limit, "usual": bounds.usual, "planned": bounds.planned,
            "most": bounds.most,
        }  # fmt: skip
        values = {"status": "held", "reason": exceeded, "detail": {**(row.detail or {}), **weighed}}
        save_occurrence(conn, row.id, values)
        self._log(conn, row, Reason.HELD_APPROVAL, {"occurrence": row.id, **weighed})
        told = {"rule": rule.spec.id, "count": would_enter, "most": bounds.most, "id": row.id}
        _logger.warning(say("control.held_now", **told))

    def _page(self, conn: Connection, row: AnyRow, rule: LoadedRule) -> Page:
        trigger = rule.trigger
        assert isinstance(trigger, ClockTrigger)
        now = to_ms(self._clock.now())
        key, name = zone_named(rule, row.key)
        zone = rule.spec.zone if name is None else ZoneInfo(name)
        firing = Firing(key, from_ms(row.due_at))
        active_since = from_ms(self._book.activated_at.get(rule.rule_id, row.due_at))
        window = Window(from_ms(row.since), row.since_event_id, active_since, rule.rule_id, from_ms(now))
        people = trigger.people(rule.spec.trigger.params, zone, firing, window)
        people = people_of(conn, rule, firing, zone, people)
        return Page(
            people=_of_part(people, row),
            guards=clauses(rule, now),
            shared=shared_clauses(rule, now),
            occurrence_id=row.id,
            key=key,
            rule_id=rule.rule_id,
            version_id=rule.version_id,
            mode_key=rule.mode_key(None),
            restart=rule.spec.mode.on_again == "restart",
            queue=rule.spec.mode.on_again == "queue",
            since_at=row.due_at,
            now=now,
            after=row.cursor,
            size=self._page_size,
        )

    def _record(self, conn: Connection, row: AnyRow, result: PageResult) -> None:
        skipped = dict(row.skipped)
        for reason, count in result.skipped.items():
            skipped[reason] = skipped.get(reason, 0) + count
        looked_at, entered = row.looked_at + result.looked_at, row.entered + result.entered
        values = {"cursor": result.last, "looked_at": looked_at, "entered": entered, "skipped": skipped}
        if result.full:
            save_occurrence(conn, row.id, values)
        else:
            detail = {"looked_at": looked_at, "entered": entered, "skipped": skipped}
            self._close(conn, row, "done", Reason.OCCURRENCE_DONE if looked_at else None, detail, values)

    def _miss(self, conn: Connection, row: AnyRow, reason: str) -> None:
        self._close(conn, row, "missed", Reason.OCCURRENCE_MISSED, {"reason": reason}, {"reason": reason})

    def _close(
        self, conn: Connection, row: AnyRow, status: str, code: Reason | None, detail: dict[str, Any],
        values: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:  # fmt: skip
        """`code` None: nobody was looked at, and a sweep every minute would fill the log with it. The row says so."""
        save_occurrence(conn, row.id, {**values, "status": status, "finished_at": to_ms(self._clock.now())})
        if code is not None:
            self._log(conn, row, code, detail)

    def _log(self, conn: Connection, row: AnyRow, code: Reason, detail: dict[str, Any]) -> None:
        entry = Entry(code, row.rule_id, row.rule_version_id, detail={"key": row.key, **detail})
        write_log(conn, to_ms(self._clock.now()), [entry])


def _of_part(people: Select[Any], row: AnyRow) -> Select[Any]:
    """Of the people of a firing, those whom it looks at: a canary's or the others."""
    if row.canary_of_id is None:
        return people
    share = Part(row.canary_of_id, row.canary_share, bool(row.canary)).share
    return in_share(people, share.multiplier, share.offset, share.below, inside=bool(row.canary))


def _claim(conn: Connection, book: RuleBook, paused: frozenset[int]) -> AnyRow | None:
    still = paused | book.waiting
    return claim_running(conn, still | come_later(conn, book, still))
