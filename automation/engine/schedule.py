"""Schedule: clock triggers fire into occurrence rows, and occurrences are worked off page by page.

The rows carry the truth: a crash resumes at the cursor, and a second daemon finds the key taken.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from automation.clock import from_ms, to_ms
from automation.engine.entry import clauses
from automation.errors import AutomationError
from automation.i18n import say
from automation.reasons import Reason
from automation.store.entering import Page, PageResult, enter_page
from automation.store.events import last_event_id
from automation.store.log import Entry, write_log
from automation.store.occurrences import claim_running, open_occurrence, save_occurrence
from automation.store.pauses import load_pauses
from automation.store.rules import save_trigger_state, trigger_states
from automation.triggers.base import ClockTrigger, Firing, Window

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from automation.clock import Clock
    from automation.engine.book import LoadedRule, RuleBook
    from automation.engine.versions import Versions
    from automation.store.database import Database
    from automation.store.types import AnyRow

_log = logging.getLogger(__name__)

PAGE_SIZE = 20_000
MAX_FIRINGS = 1_000
"""How many firings of one rule are looked at in one go; the rest follow in the next."""
TOO_LATE = timedelta(days=3)
"""A firing that is older than this when a daemon first sees it is recorded as missed."""


class Schedule:
    """Fires and works off the clock triggers of one rule book."""

    def __init__(
        self, database: Database, clock: Clock, book: RuleBook, versions: Versions, page_size: int = PAGE_SIZE
    ) -> None:
        self._database, self._clock, self._book, self._versions = database, clock, book, versions
        self._page_size = page_size
        self._stopped: dict[int, str] = {}

    def fire(self) -> int:
        """Turn every firing that is due into an occurrence row; returns how many rows were written."""
        if not self._book.by_clock:
            return 0
        with self._database.read() as conn:
            due = self._due(trigger_states(conn), self._clock.now())
            pauses = load_pauses(conn)
        if not due or pauses.everything:
            return 0
        with self._database.write() as conn:
            states = trigger_states(conn)
            due = [rule for rule in due if rule.rule_id not in pauses.rule_ids]
            return sum(self._fire(conn, rule, states.get(rule.rule_id), self._clock.now()) for rule in due)

    def work(self) -> bool:
        """Decide one page of the oldest unfinished occurrence; False when there is none."""
        with self._database.write() as conn:
            pauses = load_pauses(conn)
            row = None if pauses.everything else claim_running(conn, pauses.rule_ids)
            if row is None:
                return False
            rule = self._versions.get(conn, row.rule_version_id)
            if rule is None or row.rule_id in self._book.held:
                self._close(conn, row, "missed", Reason.OCCURRENCE_MISSED, {"reason": Reason.HELD_DISABLED.value})
            else:
                self._page(conn, row, rule)
            return True

    def _due(self, states: dict[int, AnyRow], now: datetime) -> list[LoadedRule]:
        """The rules that have something to fire, or no state yet."""
        due = []
        for rule in self._book.by_clock:
            state = states.get(rule.rule_id)
            if state is None or state.fingerprint != _fingerprint(rule):
                due.append(rule)
            else:
                firing = self._next(rule, self._evaluated_to(rule, state))
                if firing is not None and firing.at <= now:
                    due.append(rule)
        return due

    def _fire(self, conn: Connection, rule: LoadedRule, state: AnyRow | None, now: datetime) -> int:
        fingerprint, newest = _fingerprint(rule), last_event_id(conn)
        if state is None or state.fingerprint != fingerprint:
            begin = self._book.activated_at.get(rule.rule_id, to_ms(now)) if state is None else to_ms(now)
            save_trigger_state(conn, rule.rule_id, fingerprint, begin, newest, fresh=state is None)
            evaluated_to, last_id = from_ms(begin), newest
        else:
            evaluated_to, last_id = self._evaluated_to(rule, state), state.last_event_id
        firings = self._firings(rule, evaluated_to, now)
        opened, since = 0, evaluated_to
        for i, firing in enumerate(firings):
            missed = _missed(rule, firing, i == len(firings) - 1, now)
            opened += self._open(conn, rule, firing, since, last_id, missed=missed, now=now)
            if not missed:
                since, last_id = firing.at, newest
        if firings:
            save_trigger_state(conn, rule.rule_id, fingerprint, to_ms(firings[-1].at), newest, fresh=False)
        return opened

    def _evaluated_to(self, rule: LoadedRule, state: AnyRow) -> datetime:
        """What was due while the rule was disabled is neither caught up nor missed."""
        return from_ms(max(state.evaluated_to, self._book.activated_at.get(rule.rule_id, 0)))

    def _firings(self, rule: LoadedRule, after: datetime, now: datetime) -> list[Firing]:
        firings: list[Firing] = []
        while len(firings) < MAX_FIRINGS:
            firing = self._next(rule, firings[-1].at if firings else after)
            if firing is None or firing.at > now:
                break
            firings.append(firing)
        return firings

    def _next(self, rule: LoadedRule, after: datetime) -> Firing | None:
        """A trigger that can't tell (an unknown year of workdays, a broken plugin) stops, and says so once."""
        trigger: Any = rule.trigger
        try:
            found: Firing | None = trigger.next(rule.spec.trigger.params, rule.spec.zone, after)
        except Exception as error:  # fail closed: a plugin may raise anything; its rule alone stands still
            text = error.text() if isinstance(error, AutomationError) else f"{type(error).__name__}: {error}"
            if self._stopped.get(rule.rule_id) != text:
                self._stopped[rule.rule_id] = text
                _log.error(say("daemon.trigger_stands_still", rule=rule.spec.path, reason=text))
            return None
        return found

    def _open(
        self, conn: Connection, rule: LoadedRule, firing: Firing, since: datetime, last_id: int, *, missed: bool,
        now: datetime,
    ) -> int:  # fmt: skip
        new = open_occurrence(
            conn,
            key=firing.key,
            rule_id=rule.rule_id,
            rule_version_id=rule.version_id,
            due_at=to_ms(firing.at),
            since=to_ms(since),
            since_event_id=last_id,
            missed_at=to_ms(now) if missed else None,
        )
        if new and missed:
            detail = {"key": firing.key, "due_at": firing.at.isoformat()}
            write_log(conn, to_ms(now), [Entry(Reason.OCCURRENCE_MISSED, rule.rule_id, rule.version_id, detail=detail)])
        return int(new)

    def _page(self, conn: Connection, row: AnyRow, rule: LoadedRule) -> None:
        trigger = rule.trigger
        assert isinstance(trigger, ClockTrigger)
        now = to_ms(self._clock.now())
        firing = Firing(row.key, from_ms(row.due_at))
        active_since = from_ms(self._book.activated_at.get(rule.rule_id, row.due_at))
        window = Window(from_ms(row.since), row.since_event_id, active_since)
        mode_key = rule.mode_key(None)
        page = Page(
            people=trigger.people(rule.spec.trigger.params, rule.spec.zone, firing, window),
            guards=clauses(rule, now),
            occurrence_id=row.id,
            key=row.key,
            rule_id=rule.rule_id,
            version_id=rule.version_id,
            mode_key=mode_key,
            restart=rule.spec.mode.on_again == "restart",
            now=now,
            after=row.cursor,
            size=self._page_size,
        )
        self._record(conn, row, enter_page(conn, page))

    def _record(self, conn: Connection, row: AnyRow, result: PageResult) -> None:
        skipped = dict(row.skipped)
        for reason, count in result.skipped.items():
            skipped[reason] = skipped.get(reason, 0) + count
        looked_at, entered = row.looked_at + result.looked_at, row.entered + result.entered
        values = {"cursor": result.last, "looked_at": looked_at, "entered": entered, "skipped": skipped}
        if result.full:
            save_occurrence(conn, row.id, values)
        else:
            detail = {"key": row.key, "looked_at": looked_at, "entered": entered, "skipped": skipped}
            self._close(conn, row, "done", Reason.OCCURRENCE_DONE, detail, values)

    def _close(
        self, conn: Connection, row: AnyRow, status: str, reason: Reason, detail: dict[str, Any],
        values: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:  # fmt: skip
        now = to_ms(self._clock.now())
        save_occurrence(conn, row.id, {**values, "status": status, "finished_at": now})
        write_log(conn, now, [Entry(reason, row.rule_id, row.rule_version_id, detail={"key": row.key, **detail})])


def _missed(rule: LoadedRule, firing: Firing, latest: bool, now: datetime) -> bool:
    """Whether a firing that no daemon saw in time is recorded instead of run."""
    assert isinstance(rule.trigger, ClockTrigger)
    return now - firing.at > TOO_LATE or (rule.trigger.missed == "latest" and not latest)


def _fingerprint(rule: LoadedRule) -> str:
    trigger: Any = rule.spec.content["trigger"]
    return sha256(f"{trigger}{rule.spec.zone.key}".encode()).hexdigest()[:16]
