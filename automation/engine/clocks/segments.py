"""Segments that rules watch: filled when a rule begins, without calling anybody, and swept page by page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from automation.clock import from_ms, to_ms
from automation.engine.clocks.approvals import bounds_of
from automation.engine.clocks.watching import moved_people
from automation.engine.entry.enter import enter_meetings
from automation.store.entering import Page, PageResult, enter_page, people_of
from automation.store.log import Entry, write_log
from automation.store.runs import lock_contacts
from automation.store.segments import (
    begin_fill,
    came,
    contacts_in,
    fill_page,
    finish_sweep,
    load_segments,
    lock_segment,
    save_page,
    went,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection, Select

    from automation.clock import Clock
    from automation.engine.book import LoadedRule, RuleBook
    from automation.store.database import Database
    from automation.store.types import AnyRow

FILL_SIZE = 50_000


class Segments:
    """Fills what the rules of one rule book watch."""

    def __init__(self, database: Database, clock: Clock, book: RuleBook, fill_size: int = FILL_SIZE) -> None:
        self._database, self._clock, self._book = database, clock, book
        self._fill_size = fill_size
        self._filled: set[int] = set()

    def __call__(self) -> int:
        """Note one page of members of the first segment that is not filled; 0 when all are."""
        rules = [rule for rule in self._book.watchers if rule.rule_id not in self._filled]
        if not rules:
            return 0
        with self._database.read() as conn:
            rows = load_segments(conn, [_key(rule) for rule in rules])
        open_ = [rule for rule in rules if not self._is_filled(rule, rows.get(_key(rule)))]
        self._filled |= {rule.rule_id for rule in rules} - {rule.rule_id for rule in open_}
        for rule in open_[:1]:
            self._fill(rule)
        return len(open_[:1])

    def _is_filled(self, rule: LoadedRule, row: AnyRow | None) -> bool:
        """Filled with these conditions, and not before the rule was stopped: who changed meanwhile is not called."""
        if row is None or row.filled_at is None or row.fingerprint != _fingerprint(rule):
            return False
        return bool(row.filled_at >= self._book.activated_at.get(rule.rule_id, 0))

    def _fill(self, rule: LoadedRule) -> None:
        watch = rule.watch
        assert watch is not None
        with self._database.write() as conn:
            now = self._clock.now()
            since = self._book.activated_at.get(rule.rule_id, 0)
            row = begin_fill(conn, _key(rule), _fingerprint(rule), since)
            if row.filled_at is None:
                fill_page(conn, row, watch.holds(now, rule.spec.zone), self._fill_size, max(to_ms(now), since))


def enter_watched(conn: Connection, book: RuleBook, rule: LoadedRule, page: Page) -> PageResult:
    """Decide a page; for a watching rule its people are now known to have come, or gone, whatever was decided.

    The other rules on the segment see the same: before this one's people take a step that may take them out again.
    """
    watch = rule.watch
    if watch is None:
        return enter_page(conn, page)
    others = [
        one for one in book.watchers if one.watch and one.watch.name == watch.name and one.rule_id != rule.rule_id
    ]
    holds = watch.holds(from_ms(page.now), rule.spec.zone)
    back = (went if watch.on == "entered" else came)(_key(rule), _fingerprint(rule), holds)
    people = _locked(conn, page, back) if others else []
    segment_id = None
    for one in sorted([rule, *others], key=_key):  # everybody locks in the same order, and contacts before segments
        found = lock_segment(conn, _key(one), _fingerprint(one), alone=one is rule)
        segment_id = found if one is rule else segment_id
    result = enter_page(conn, page)
    if segment_id is None:
        return result
    save_page(conn, segment_id, watch.on, page.now)
    if not result.full:
        finish_sweep(conn, segment_id, watch.on, back, page.now)
    _tell_others(conn, book, others, people, page.now)
    return result


def _locked(conn: Connection, page: Page, back: Select[Any]) -> list[int]:
    """Whom the page and the end of the sweep are about, kept as they are until the transaction ends."""
    people = people_of(conn, page)
    if len(people) < page.size:
        people += contacts_in(conn, back)
    lock_contacts(conn, people)
    return people


def _tell_others(
    conn: Connection, book: RuleBook, others: Sequence[LoadedRule], people: Sequence[int], now: int
) -> None:
    """What the sweep of one rule has seen, the others on the segment see too; and whoever it concerns enters them.

    Where somebody must look first because so many would enter, nothing is noted: the rule's own sweep asks.
    """

    def too_many(rule: LoadedRule, count: int) -> bool:
        return bounds_of(conn, rule, book.project, count, "").exceeded_by(count) is not None

    log: list[Entry] = []
    for rule in others:
        met = moved_people(conn, rule, people, now, too_many)
        if met:
            enter_meetings(conn, met, log, now)
    write_log(conn, now, log)


def _key(rule: LoadedRule) -> str:
    assert rule.watch is not None
    return rule.watch.key(rule.rule_id)


def _fingerprint(rule: LoadedRule) -> str:
    assert rule.watch is not None
    return rule.watch.fingerprint(rule.spec.zone)
