"""Backfill: what happened since a moment meets one rule, by the same functions as what happens now.

Events go through entry as if they came late; firings become occurrences that the pages of clock triggers work off, as
after downtime. So everything is decided now: on people as they are, by guards as they stand. Keys are those of the
live engine (event ids, dates), and what was decided already is left alone: a second run changes nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from automation.clock import to_ms
from automation.engine.backfill.firings import Firings
from automation.engine.backfill.happenings import Happenings
from automation.errors import AutomationError
from automation.store.audit import AuditRow, write_audit
from automation.store.pauses import load_pauses
from automation.triggers.base import EventTrigger

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from automation.clock import Clock
    from automation.engine.book import LoadedRule, RuleBook
    from automation.engine.versions import Versions
    from automation.store.database import Database


class BackfillError(AutomationError):
    """A backfill that can't be done."""


@dataclass
class Backfilled:
    """What became of it. `looked_at`: events, or firings; `people`: how many of them were looked at.

    people = entered + pending + held + the sum of `skipped`. `unused`: firings that are not run, by reason.
    """

    rule: str
    since: datetime
    by_event: bool
    looked_at: int = 0
    people: int = 0
    entered: int = 0
    pending: int = 0  # decided once it is known what did not follow
    held: int = 0  # wait for approval
    unfinished: int = 0  # occurrences that another process is working off
    skipped: Counter[str] = field(default_factory=Counter)  # by reason, or "known": decided before
    unused: Counter[str] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "rule": self.rule, "since": self.since.isoformat(), "by": "event" if self.by_event else "clock",
            "looked_at": self.looked_at, "people": self.people, "entered": self.entered, "pending": self.pending,
            "held": self.held, "unfinished": self.unfinished, "skipped": dict(sorted(self.skipped.items())),
            "firings_not_run": dict(sorted(self.unused.items())),
        }  # fmt: skip


class Backfill:
    """Backfills rules of one rule book."""

    def __init__(self, database: Database, clock: Clock, book: RuleBook, versions: Versions) -> None:
        self._database, self._clock, self._book, self._versions = database, clock, book, versions

    def __call__(
        self, key: str, since: datetime, actor: str, progress: Callable[[int], None] | None = None
    ) -> Backfilled:
        """Enter, batch by batch, who would have entered since then. BackfillError when the rule can't be backfilled.

        `progress` gets the number of events, or of people, of each batch.
        """
        rule = self._rule(key, since)
        made = Backfilled(key, since, isinstance(rule.trigger, EventTrigger))
        self._audit(made, actor, "rule.backfill_began")
        work: Any = Happenings if made.by_event else Firings
        work(self._database, self._clock, self._book, self._versions).work(rule, made, actor, progress or _nothing)
        self._audit(made, actor, "rule.backfilled")
        return made

    def _rule(self, key: str, since: datetime) -> LoadedRule:
        rule = self._book.rules.get(key)
        if rule is None:
            raise BackfillError("backfill.not_running", rule=key)
        if rule.part is not None:
            raise BackfillError("canary.no_backfill", rule=key)
        if rule.watch is not None:
            raise BackfillError("backfill.segment", rule=key)
        if since >= self._clock.now():
            raise BackfillError("backfill.future", since=since.isoformat())
        with self._database.read() as conn:
            pauses = load_pauses(conn)
        if pauses.everything or rule.rule_id in pauses.rule_ids:
            raise BackfillError("backfill.paused", scope="all" if pauses.everything else f"rule:{key}")
        return rule

    def _audit(self, made: Backfilled, actor: str, action: str) -> None:
        detail = made.as_dict() if action == "rule.backfilled" else {"since": made.since.isoformat()}
        with self._database.write() as conn:
            write_audit(conn, [AuditRow(to_ms(self._clock.now()), actor, action, f"rule:{made.rule}", detail)])


def _nothing(_: int) -> None:
    """Nobody watches."""
