"""Polling: new rows of the user's own databases become events, a page at a time, together with how far they were read.

The events and the bookmark are committed in one transaction: after a crash the same rows are read again, and are known.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from automation.clock import from_ms, to_ms
from automation.engine.clocks.bookmark import Bookmark, PollError, read_on, row_limit
from automation.engine.clocks.polled import payload_of
from automation.engine.entry.ingest import Incoming
from automation.errors import AutomationError
from automation.i18n import say
from automation.store.pauses import load_pauses
from automation.store.polling import claim_poll, fail_poll, load_polls, save_poll
from automation.store.sources import Source

if TYPE_CHECKING:
    from automation.clock import Clock
    from automation.engine.book import LoadedRule, RuleBook
    from automation.engine.entry.ingest import Ingest
    from automation.settings import Settings
    from automation.store.database import Database
    from automation.store.types import AnyRow
    from automation.triggers.base import Poll

_log = logging.getLogger(__name__)

LONGEST_PAUSE_MS = 3_600_000
"""How long a source that fails is left alone at most."""
SPARE_MS = 60_000
"""How much longer than its query may take a reader keeps it for itself."""


class Sources:
    """The settings' databases, each made when it is first needed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._made: dict[str, Source] = {}

    def get(self, name: str) -> Source:
        """AutomationError when the settings have no such source, or its secret is missing."""
        if name not in self._made:
            if name not in self._settings.sources:
                raise PollError("triggers.poll_no_source", source=name)
            url, timeout = self._settings.source_url(name), self._settings.sources[name].timeout_seconds
            self._made[name] = Source(url, timeout)
        return self._made[name]

    def lease(self, name: str) -> int:
        """For how many milliseconds one reader keeps a query for itself."""
        known = self._settings.sources.get(name)
        return SPARE_MS + round(1000 * known.timeout_seconds if known else 0)


class Polling:
    """Reads what is due for one rule book. A source that fails harms only the rules that read it."""

    def __init__(self, database: Database, clock: Clock, book: RuleBook, ingest: Ingest, sources: Sources) -> None:
        self._database, self._clock, self._book = database, clock, book
        self._ingest, self._sources = ingest, sources
        self._failing: dict[int, str] = {}

    def __call__(self, source: str | None = None) -> int:
        """Read one page of every query that is due, of one source or of all; returns how many were read."""
        rules = [rule for rule in self._book.pollers if source is None or _poll(rule).source == source]
        if not rules:
            return 0
        now = to_ms(self._clock.now())
        with self._database.read() as conn:
            states, pauses = load_polls(conn, [rule.rule_id for rule in rules]), load_pauses(conn)
        if pauses.everything:
            return 0
        due = [rule for rule in rules if rule.rule_id not in pauses.rule_ids and self._is_due(rule, states, now)]
        return sum(self._read(rule) for rule in due)

    def _is_due(self, rule: LoadedRule, states: dict[int, AnyRow], now: int) -> bool:
        state, poll = states.get(rule.rule_id), _poll(rule)
        if state is None or state.fingerprint != poll.fingerprint:
            return True
        return bool(state.due_at <= now or state.due_at > self._latest(rule, now))

    def _latest(self, rule: LoadedRule, now: int) -> int:
        """No due time lies after this one, unless a clock was wrong."""
        return now + max(_every(rule, now), LONGEST_PAUSE_MS, self._sources.lease(_poll(rule).source))

    def _read(self, rule: LoadedRule) -> int:
        poll, now = _poll(rule), to_ms(self._clock.now())
        with self._database.write() as conn:
            until = now + self._sources.lease(poll.source)
            claim = claim_poll(conn, rule.rule_id, poll.fingerprint, now, until=until, latest=self._latest(rule, now))
        if claim is None:
            return 0
        try:
            self._page(rule, claim, now)
            self._failing.pop(rule.rule_id, None)
        except PollError as error:
            self._fail(rule, claim, error)
        return 1

    def _page(self, rule: LoadedRule, claim: AnyRow, now: int) -> None:
        """Ask, and take what is new. After a full page the next one is due at once."""
        poll = _poll(rule)
        bookmark = Bookmark.of(claim.watermark, poll.start)
        limit = min(row_limit(poll.query), self._book.project.settings.ingest.batch_size)
        page = read_on(bookmark, self._ask(poll, bookmark, limit), poll, limit)
        due = now if page.full else now + _every(rule, now)
        event = self._book.project.catalogue.events[poll.event]
        origin = f"poll:{rule.spec.id}"
        items = [Incoming(payload_of(row, name, poll, event, origin), origin) for name, row in page.new]
        if items:
            self._ingest(items, lambda conn: save_poll(conn, claim, page.bookmark.text(), due, now))
        else:
            with self._database.write() as conn:
                save_poll(conn, claim, page.bookmark.text(), due, now)

    def _ask(self, poll: Poll, bookmark: Bookmark, limit: int) -> list[dict[str, object]]:
        try:
            return self._sources.get(poll.source).read(poll.query, bookmark.after, limit)
        except AutomationError as error:
            raise PollError("triggers.poll_failed", source=poll.source, reason=error.text()) from error
        except Exception as error:  # another database and its driver: whatever they raise stops this rule alone
            reason = " ".join(str(getattr(error, "orig", None) or error).split())[:500]
            raise PollError("triggers.poll_failed", source=poll.source, reason=reason) from error

    def _fail(self, rule: LoadedRule, claim: AnyRow, error: PollError) -> None:
        """Say it once, and try again later: the longer it has been failing, the later."""
        now, text = to_ms(self._clock.now()), error.text()
        every = _every(rule, now)
        pause = min(max(every, now - (claim.polled_at or now)), max(every, LONGEST_PAUSE_MS))
        with self._database.write() as conn:
            fail_poll(conn, claim, text, now + pause)
        if self._failing.get(rule.rule_id) != text:
            self._failing[rule.rule_id] = text
            _log.error(say("triggers.poll_stands_still", rule=rule.spec.path, reason=text))


def _poll(rule: LoadedRule) -> Poll:
    assert rule.poll is not None
    return rule.poll


def _every(rule: LoadedRule, now: int) -> int:
    return to_ms(_poll(rule).every.after(from_ms(now), rule.spec.zone)) - now
