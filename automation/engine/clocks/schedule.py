"""Schedule: clock triggers fire into occurrence rows, which are worked off page by page.

The rows carry the truth: a crash resumes at the cursor, and a second daemon finds the key taken.
"""

from __future__ import annotations

import logging
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from automation.clock import from_ms, to_ms
from automation.engine.clocks.catch_up import late, missed_by
from automation.engine.clocks.pages import PAGE_SIZE, Pages
from automation.engine.clocks.zones import in_order, next_in, zones_of
from automation.errors import AutomationError
from automation.i18n import say
from automation.reasons import Reason
from automation.store.events import last_event_id
from automation.store.log import Entry, write_log
from automation.store.occurrences import EVERYBODY, open_occurrence
from automation.store.pauses import load_pauses
from automation.store.rules import save_trigger_state, trigger_states

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from automation.clock import Clock
    from automation.engine.book import LoadedRule, RuleBook
    from automation.engine.versions import Versions
    from automation.store.database import Database
    from automation.store.rules import TriggerKey
    from automation.store.types import AnyRow
    from automation.triggers.base import Firing

_log = logging.getLogger(__name__)

MAX_FIRINGS = 1_000
"""How many firings of one rule are looked at in one go; the rest follow in the next."""


class Schedule:
    """Fires and works off the clock triggers of one rule book."""

    def __init__(
        self, database: Database, clock: Clock, book: RuleBook, versions: Versions, page_size: int = PAGE_SIZE
    ) -> None:
        self._database, self._clock, self._book = database, clock, book
        self._pages = Pages(database, clock, book, versions, page_size)
        self._stopped: dict[int, str] = {}

    def fire(self) -> int:
        """Turn every firing that is due into an occurrence row; returns how many rows were written."""
        if not self._book.by_clock:
            return 0
        with self._database.read() as conn:
            due = self._due(conn, trigger_states(conn), self._clock.now())
            pauses = load_pauses(conn)
        if not due or pauses.everything:
            return 0
        with self._database.write() as conn:
            states = trigger_states(conn)
            due = [rule for rule in due if rule.rule_id not in pauses.rule_ids]
            return sum(self._fire(conn, rule, states, self._clock.now()) for rule in due)

    def work(self) -> bool:
        """Decide one page of the oldest unfinished occurrence; False when there is none."""
        return self._pages()

    def upcoming(self) -> datetime | None:
        """When the next rule is to be called, which may be past already; None: by no clock."""
        now = self._clock.now()
        moments: list[datetime] = []
        with self._database.read() as conn:
            states = trigger_states(conn)
            for rule in self._book.by_clock:
                state = states.get(_key(rule))
                firing = self._first(conn, rule, self._evaluated_to(rule, state) if state is not None else now)
                if firing is not None:
                    moments.append(firing.at)
        return min(moments, default=None)

    def _due(self, conn: Connection, states: Mapping[TriggerKey, AnyRow], now: datetime) -> list[LoadedRule]:
        """The rules that have something to fire, or no state yet."""
        due = []
        for rule in self._book.by_clock:
            state = states.get(_key(rule))
            if state is None or state.fingerprint != _fingerprint(rule):
                due.append(rule)
            else:
                firing = self._first(conn, rule, self._evaluated_to(rule, state))
                if firing is not None and firing.at <= now:
                    due.append(rule)
        return due

    def _fire(self, conn: Connection, rule: LoadedRule, states: Mapping[TriggerKey, AnyRow], now: datetime) -> int:
        fingerprint, newest, key = _fingerprint(rule), last_event_id(conn), _key(rule)
        state = states.get(key)
        if state is None or state.fingerprint != fingerprint:
            begin, last_id = self._begin(rule, fingerprint, states, newest, now)
            save_trigger_state(conn, key, fingerprint, begin, last_id, fresh=state is None)
            evaluated_to = from_ms(begin)
        else:
            evaluated_to, last_id = self._evaluated_to(rule, state), state.last_event_id
        firings, last = self._firings(conn, rule, evaluated_to, now)
        if rule.watch is not None:
            firings = firings[-1:]  # a sweep sees whatever those before it would have seen: they are not missed
        opened, since = 0, evaluated_to
        for firing in firings:
            missed = missed_by(rule, firing.at, now, latest=firing in last)
            opened += self._open(conn, rule, firing, since, last_id, missed, now)
            if missed is None:
                since, last_id = firing.at, newest
        if firings:
            save_trigger_state(conn, key, fingerprint, to_ms(firings[-1].at), newest, fresh=False)
        return opened

    def _begin(
        self, rule: LoadedRule, fingerprint: str, states: Mapping[TriggerKey, AnyRow], newest: int, now: datetime
    ) -> tuple[int, int]:
        """From when on, and after which event, a trigger is evaluated that is new or has changed.

        That of a canary goes on where the others stand, if it is the same: nobody is lost when the two part.
        """
        others = states.get((rule.rule_id, 0))
        if others is not None and others.fingerprint == fingerprint:
            return others.evaluated_to, others.last_event_id
        is_new = _key(rule) not in states and others is None
        return self._book.activated_at.get(rule.rule_id, to_ms(now)) if is_new else to_ms(now), newest

    def _evaluated_to(self, rule: LoadedRule, state: AnyRow) -> datetime:
        """What was due while the rule was disabled is neither caught up nor missed."""
        return from_ms(max(state.evaluated_to, self._book.activated_at.get(rule.rule_id, 0)))

    def _firings(
        self, conn: Connection, rule: LoadedRule, after: datetime, now: datetime
    ) -> tuple[list[Firing], set[Firing]]:
        """What is due, the oldest first, and the last of each zone, where that is all."""
        firings: list[Firing] = []
        last: set[Firing] = set()
        horizon = now
        for zone in zones_of(conn, rule):
            found, complete = self._firings_in(rule, zone, after, now)
            firings += found
            last |= set(found[-1:]) if complete else set()
            horizon = horizon if complete else min(horizon, found[-1].at)
        return [firing for firing in in_order(firings) if firing.at <= horizon], last

    def _firings_in(
        self, rule: LoadedRule, zone: ZoneInfo, after: datetime, now: datetime
    ) -> tuple[list[Firing], bool]:
        """Those of one zone, and whether that is all."""
        firings: list[Firing] = []
        while True:
            firing = self._next(rule, zone, firings[-1].at if firings else after)
            if firing is None or firing.at > now:
                return firings, True
            if len(firings) == MAX_FIRINGS:
                return firings, False
            firings.append(firing)

    def _first(self, conn: Connection, rule: LoadedRule, after: datetime) -> Firing | None:
        """The next one in any zone."""
        found = [self._next(rule, zone, after) for zone in zones_of(conn, rule)]
        return min((firing for firing in found if firing is not None), key=lambda firing: firing.at, default=None)

    def _next(self, rule: LoadedRule, zone: ZoneInfo, after: datetime) -> Firing | None:
        """A trigger that can't tell (an unknown year of workdays, a broken plugin) stops, and says so once."""
        try:
            return next_in(rule, zone, after)
        except Exception as error:  # fail closed: a plugin may raise anything; its rule alone stands still
            text = error.text() if isinstance(error, AutomationError) else f"{type(error).__name__}: {error}"
            if self._stopped.get(rule.rule_id) != text:
                self._stopped[rule.rule_id] = text
                _log.error(say("daemon.trigger_stands_still", rule=rule.spec.path, reason=text))
            return None

    def _open(
        self, conn: Connection, rule: LoadedRule, firing: Firing, since: datetime, last_id: int,
        missed: str | None, now: datetime,
    ) -> int:  # fmt: skip
        new = open_occurrence(
            conn,
            key=firing.key,
            rule_id=rule.rule_id,
            rule_version_id=rule.version_id,
            due_at=to_ms(firing.at),
            since=to_ms(since),
            since_event_id=last_id,
            now=to_ms(now),
            missed=missed,
            late=late(firing.at, now),
            part=EVERYBODY if rule.part is None else (int(rule.part.canary), rule.part.of, rule.part.below),
        )
        if new and missed:
            detail = {"key": firing.key, "due_at": firing.at.isoformat(), "reason": missed}
            write_log(conn, to_ms(now), [Entry(Reason.OCCURRENCE_MISSED, rule.rule_id, rule.version_id, detail=detail)])
        return int(new)


def _key(rule: LoadedRule) -> TriggerKey:
    return rule.rule_id, int(rule.part is not None and rule.part.canary)


def _fingerprint(rule: LoadedRule) -> str:
    trigger: Any = rule.spec.content["trigger"]
    return sha256(f"{trigger}{rule.spec.zone.key}".encode()).hexdigest()[:16]
