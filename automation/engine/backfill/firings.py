"""Past firings of a clock trigger become occurrences, which its pages work off as after downtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automation.clock import to_ms
from automation.engine.clocks.catch_up import missed_by
from automation.engine.clocks.pages import Pages
from automation.engine.clocks.zones import in_order, next_in, zones_of
from automation.errors import AutomationError
from automation.store.events import last_event_id
from automation.store.occurrences import known_keys, open_occurrence, running_rules
from automation.store.retry import retried

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from automation.clock import Clock
    from automation.engine.backfill.backfill import Backfilled
    from automation.engine.book import LoadedRule, RuleBook
    from automation.engine.versions import Versions
    from automation.store.database import Database
    from automation.store.types import AnyRow
    from automation.triggers.base import Firing

KNOWN = "known"
MAX_FIRINGS = 2_000


class Firings:
    """Opens and works off the past firings of one rule, the oldest first."""

    def __init__(self, database: Database, clock: Clock, book: RuleBook, versions: Versions) -> None:
        self._database, self._clock = database, clock
        self._pages = Pages(database, clock, book, versions)

    def work(self, rule: LoadedRule, made: Backfilled, actor: str, progress: Callable[[int], None]) -> None:
        with self._database.read() as conn:
            zones = zones_of(conn, rule)
        now = self._clock.now()
        firings = in_order([firing for zone in zones for firing in _between(rule, zone, made.since, now)])
        made.looked_at = len(firings)
        opened = retried(lambda: self._open(rule, firings, made, actor))
        seen = 0
        while opened and self._is_running(rule) and self._pages():
            people = sum(row.looked_at for row in self._rows(rule, opened))
            progress(people - seen)
            seen = people
        for row in self._rows(rule, opened):
            _count(row, made)

    def _open(self, rule: LoadedRule, firings: Sequence[Firing], made: Backfilled, actor: str) -> list[str]:
        """The keys of those that are run now, each since the one before it."""
        now, since = self._clock.now(), made.since
        made.unused.clear()
        opened = []
        with self._database.write() as conn:
            known, newest = known_keys(conn, rule.rule_id, [firing.key for firing in firings]), last_event_id(conn)
            for i, firing in enumerate(firings):
                missed = missed_by(rule, firing.at, now, latest=i == len(firings) - 1, asked=True)
                if firing.key in known or missed is not None:
                    made.unused[KNOWN if firing.key in known else str(missed)] += 1
                elif open_occurrence(
                    conn, key=firing.key, rule_id=rule.rule_id, rule_version_id=rule.version_id,
                    due_at=to_ms(firing.at), since=to_ms(since), since_event_id=newest, now=to_ms(now), late=True,
                    asked_by=actor,
                ):  # fmt: skip
                    opened.append(firing.key)
                if missed is None:
                    since = firing.at
        return opened

    def _is_running(self, rule: LoadedRule) -> bool:
        with self._database.read() as conn:
            return rule.rule_id in running_rules(conn)

    def _rows(self, rule: LoadedRule, keys: Sequence[str]) -> list[AnyRow]:
        with self._database.read() as conn:
            return list(known_keys(conn, rule.rule_id, keys).values())


def _between(rule: LoadedRule, zone: ZoneInfo, since: datetime, now: datetime) -> list[Firing]:
    """Every firing after `since`, up to now. AutomationError when there are too many to be meant."""
    firings: list[Firing] = []
    at = since
    while True:
        firing = next_in(rule, zone, at)
        if firing is None or firing.at > now:
            return firings
        if len(firings) == MAX_FIRINGS:
            raise AutomationError("backfill.too_many", rule=rule.spec.id, max=MAX_FIRINGS)
        firings.append(firing)
        at = firing.at


def _count(row: AnyRow, made: Backfilled) -> None:
    made.people += row.looked_at
    made.entered += row.entered
    made.skipped.update(row.skipped)
    if row.status == "held":
        held = int((row.detail or {}).get("would_enter", 0))
        made.held += held
        made.people += held
    elif row.status == "running":
        made.unfinished += 1
    elif row.status == "missed":
        made.unused[str(row.reason)] += 1
