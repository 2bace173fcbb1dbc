"""Segments that rules watch: filled when a rule begins, without calling anybody, and swept page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automation.clock import from_ms, to_ms
from automation.store.entering import Page, PageResult, enter_page
from automation.store.segments import (
    begin_fill,
    came,
    fill_page,
    finish_sweep,
    load_segments,
    lock_segment,
    save_page,
    went,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

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


def enter_watched(conn: Connection, rule: LoadedRule, page: Page) -> PageResult:
    """Decide a page; for a watching rule its people are now known to have come, or gone, whatever was decided."""
    watch, zone = rule.watch, rule.spec.zone
    if watch is None:
        return enter_page(conn, page)
    members = _key(rule), _fingerprint(rule)
    segment_id = lock_segment(conn, *members, alone=True)
    result = enter_page(conn, page)
    if segment_id is None:
        return result
    save_page(conn, segment_id, watch.on, page.now)
    if not result.full:
        holds = watch.holds(from_ms(page.now), zone)
        others = went(*members, holds) if watch.on == "entered" else came(*members, holds)
        finish_sweep(conn, segment_id, watch.on, others, page.now)
    return result


def _key(rule: LoadedRule) -> str:
    assert rule.watch is not None
    return rule.watch.key(rule.rule_id)


def _fingerprint(rule: LoadedRule) -> str:
    assert rule.watch is not None
    return rule.watch.fingerprint(rule.spec.zone)
