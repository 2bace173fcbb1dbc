"""Deliver: queued messages are checked again, rendered, marked as sending and committed; then the provider is called.

A crash between the mark and the outcome leaves a message in `sending`; when its lease is over it is `unknown`.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence, Set
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from automation.clock import from_ms, to_ms
from automation.engine.delivery.accounts import Route, choose, note, room_of, spend
from automation.engine.delivery.batch import Work
from automation.engine.delivery.budget import charge
from automation.engine.delivery.message_guards import Held, Request, recheck
from automation.engine.delivery.prices import Prices
from automation.engine.delivery.sending import batch_limit, send_all
from automation.engine.delivery.settle import Settlement, Settler
from automation.engine.faults import REST_MS, isolating, one_by_one
from automation.engine.journey.merges import settle_merges
from automation.errors import AutomationError
from automation.i18n import say
from automation.jsontext import compact
from automation.memory import uncollected
from automation.providers.base import Outcome, Outgoing
from automation.reasons import Reason
from automation.store.accounts import load_states
from automation.store.log import Entry, write_log
from automation.store.messages import (
    claim_queued,
    claim_untried,
    due_channels,
    expired_leases,
    expired_queued,
    lock_queued,
    mark_sending,
    postpone,
)
from automation.store.pauses import load_pauses
from automation.store.retry import insistent, retried
from automation.store.sent_tests import lose_tests
from automation.templating.content import Content
from automation.templating.errors import RenderError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from automation.clock import Clock
    from automation.engine.book import LoadedRule, RuleBook
    from automation.engine.versions import Versions
    from automation.providers.accounts import Account
    from automation.providers.loader import Providers
    from automation.store.accounts import AccountState
    from automation.store.database import Database
    from automation.store.types import AnyRow

_log = logging.getLogger(__name__)

LOST = "lease_expired", "the process that was sending it stopped"
HELD_RETRY_MS = 60_000
"""How soon a message of a disabled rule is looked at again."""


class _Ready(NamedTuple):
    row: AnyRow
    outgoing: Outgoing
    template_version: str | None
    used: str | None  # JSON

    @property
    def bill(self) -> tuple[AnyRow, Content]:
        """What it is charged for."""
        return self.row, self.outgoing.content


class _Marked(NamedTuple):
    """How many messages were claimed, the account that sends them, and those that go out."""

    claimed: int
    route: Route | None
    ready: list[_Ready]
    lease_until: int = 0


class Deliver:
    """Sends what is queued, for one rule book."""

    def __init__(
        self, database: Database, clock: Clock, book: RuleBook, versions: Versions, providers: Providers
    ) -> None:
        self._database, self._clock, self._book = database, clock, book
        self._versions, self._providers = versions, providers
        self._settings = book.project.settings.delivery
        self._settler = Settler(book, versions)
        self._prices = Prices(book.project.settings.prices)

    def __call__(self, channel: str) -> int:
        """Send one batch of a channel; returns how many messages were claimed."""
        return one_by_one(partial(self._send, channel), self._defer, self._settings.batch_size, "m")

    def _send(self, channel: str, at_most: int) -> int:
        accounts = self._providers.accounts(channel)

        def mark() -> _Marked:
            with uncollected(), self._database.write() as conn:
                return self._claim(conn, channel, accounts, at_most, to_ms(self._clock.now()))

        claimed, route, ready, lease_until = retried(mark)
        if route is not None and ready:
            outgoing = [item.outgoing for item in ready]
            outcomes = send_all(route.account.provider, outgoing, lambda: to_ms(self._clock.now()) < lease_until)
            self._settle(route, [item.row for item in ready], outcomes, alone=len(accounts) == 1)
        return claimed

    def _defer(self, message_id: int, error: str) -> None:
        with self._database.write() as conn:
            now = to_ms(self._clock.now())
            for row in lock_queued(conn, [message_id], keep=True):
                postpone(conn, [(row.id, now + REST_MS)])
                detail = {"error": error, "until": from_ms(now + REST_MS).isoformat()}
                write_log(conn, now, [_entry(row, Reason.HELD_FAULT, detail)])

    def due_channels(self) -> list[str]:
        """The channels with messages to send now, and an account that may send them."""
        with self._database.read() as conn:
            now = to_ms(self._clock.now())
            channels = due_channels(conn, now)
            states = load_states(conn) if channels else {}
            return [name for name in channels if self._may_send(name, states, now)]

    def recover(self, limit: int = 500) -> int:
        """Call what was being sent when its sender died `unknown`, and drop what is too old; returns how many."""
        lost = Outcome.unknown(*LOST)

        def settle() -> int:
            with self._database.write() as conn:
                now = to_ms(self._clock.now())
                found = [Settlement(row, lost) for row in expired_leases(conn, now, limit)]
                found += [_too_old(row) for row in expired_queued(conn, now, limit)]
                self._settler.settle(conn, found, now)
                return len(found) + lose_tests(conn, now, *LOST)

        return retried(settle)

    def _may_send(self, channel: str, states: Mapping[str, AccountState], now: int) -> bool:
        try:
            accounts = self._providers.accounts(channel)
        except AutomationError:  # `deliver` tells it
            return True
        return any(room_of(account, states.get(account.key), now) != 0 for account in accounts)

    def _claim(self, conn: Connection, channel: str, accounts: Sequence[Account], at_most: int, now: int) -> _Marked:
        settle_merges(conn, self._book, self._versions, now)
        pauses = load_pauses(conn)
        if pauses.everything or channel in pauses.channels:
            return _Marked(0, None, [])
        route = choose(conn, accounts, load_states(conn), now)
        if route is None:
            return _Marked(0, None, [])
        limit = batch_limit(route.account.provider, at_most)
        limit = limit if route.limit is None else min(limit, route.limit)
        rows = (claim_untried(conn, channel, now) if route.probe else []) or claim_queued(conn, channel, now, limit)
        with isolating([row.id for row in rows]):
            ready = self._prepare(conn, route, rows, pauses.rule_ids, now) if rows else []
        lease_until = now + self._settings.lease_seconds * 1000
        spend(conn, route, len(ready), now, lease_until)
        return _Marked(len(rows), route, ready, lease_until)

    def _settle(self, route: Route, rows: Sequence[AnyRow], outcomes: Sequence[Outcome], *, alone: bool) -> None:
        """`alone`: the channel has no other account, so that what can't be sent waits until this one has rested."""
        known = {row.id: outcome for row, outcome in zip(rows, outcomes, strict=True)}

        def settle() -> None:
            with uncollected(), self._database.write() as conn:
                now = to_ms(self._clock.now())
                rests = {rows[i].id: rest for i, rest in note(conn, route, outcomes, now).items()}
                later = {id_: _later(known[id_], rest) for id_, rest in rests.items()} if alone else {}
                self._settler.settle_sent(conn, rows, known | later, now, rests.keys())

        insistent(settle)  # only this process knows what became of them

    def _prepare(
        self, conn: Connection, route: Route, rows: Sequence[AnyRow], paused: Set[int], now: int
    ) -> list[_Ready]:
        """Check, render and mark; what can't be sent is settled here and now."""
        work = Work(conn, self._book, rows, now)
        ready: list[_Ready] = []
        refused: list[Settlement] = []
        held: list[tuple[int, int]] = []
        log: list[Entry] = []
        usable = self._usable(conn, _still_wanted(rows, work, refused, now), paused, held, now)
        requests = [work.request(row, rule) for row, rule in usable]
        for (row, rule), request, (address, verdict) in zip(
            usable, requests, recheck(conn, requests, now), strict=True
        ):
            if isinstance(verdict, Held) and verdict.until <= now:
                refused.append(_deferred_to_the_past(row, verdict, now))
            elif isinstance(verdict, Held):
                held.append((row.id, verdict.until))
                log.append(_entry(row, verdict.reason, verdict.detail))
            elif verdict is not None:
                refused.append(Settlement(row, Outcome.permanent(verdict[0].value), verdict[0], verdict[1]))
            else:
                self._render(work, row._replace(address=address), rule, request, ready, refused)
        unpaid = charge(conn, self._prices, {rule.version_id: rule for _, rule in usable}, [r.bill for r in ready])
        refused += [_unpaid(r.row, unpaid[r.row.id]) for r in ready if r.row.id in unpaid]
        ready = [r for r in ready if r.row.id not in unpaid]
        postpone(conn, held)
        write_log(conn, now, log)
        self._mark(conn, route, ready, now)
        self._settler.settle(conn, refused, now)
        return ready

    def _usable(
        self, conn: Connection, rows: Sequence[AnyRow], paused: Set[int], held: list[tuple[int, int]], now: int
    ) -> list[tuple[AnyRow, LoadedRule]]:
        usable = []
        for row in rows:
            disabled = row.rule_id in self._book.held or row.rule_id in paused
            rule = None if disabled else self._versions.get(conn, row.rule_version_id)
            if rule is None:
                held.append((row.id, now + HELD_RETRY_MS))
            else:
                usable.append((row, rule))
        return usable

    def _render(
        self, work: Work, row: AnyRow, rule: LoadedRule, request: Request, ready: list[_Ready],
        refused: list[Settlement],
    ) -> None:  # fmt: skip
        content, version, used = Content(), None, None
        if row.template is not None:
            template = rule.templates.get(row.template, row.channel)
            if template is None:
                detail = {"template": row.template}
                refused.append(Settlement(row, Outcome.permanent("no_template"), Reason.SKIPPED_NO_TEMPLATE, detail))
                return
            try:
                rendered = template.render(work.variables(row, rule, request))
            except RenderError as error:
                detail = {"template": row.template, "error": error.text("en")}
                refused.append(Settlement(row, Outcome.permanent("render"), Reason.FAILED_RENDER, detail))
                return
            content, version, used = rendered.content, template.version, compact(rendered.used)
            work.keep(template)
        outgoing = Outgoing(f"m{row.id}", row.channel, row.address, content, row.payload or {}, row.attempts + 1)
        ready.append(_Ready(row, outgoing, version, used))

    def _mark(self, conn: Connection, route: Route, ready: Sequence[_Ready], now: int) -> None:
        lease = now + self._settings.lease_seconds * 1000
        type_, key = route.account.provider.type, route.account.key
        fixed = (lease, None, type_, key)
        mark_sending(
            conn,
            [
                (row.id, "sending", row.attempts + 1, *fixed, version, used, now, row.address)
                for row, _, version, used in ready
            ],
        )
        if route.passed is not None:
            detail = {"account": key, "instead_of": route.passed[0], "because": route.passed[1]}
            write_log(conn, now, [_entry(r.row, Reason.ROUTED, detail) for r in ready])


def _later(outcome: Outcome, rest: float) -> Outcome:
    """The same, to be tried again when its account has rested."""
    return replace(outcome, retry_after=max(outcome.retry_after or 0.0, rest))


def _still_wanted(rows: Sequence[AnyRow], work: Work, refused: list[Settlement], now: int) -> list[AnyRow]:
    """Without those that are too old, and those whose run has ended."""
    wanted = []
    for row in rows:
        if row.expires_at is not None and row.expires_at <= now:
            refused.append(_too_old(row))
        elif work.has_left(row):
            refused.append(Settlement(row, Outcome.permanent("ended"), Reason.SKIPPED_ENDED))
        else:
            wanted.append(row)
    return wanted


def _too_old(row: AnyRow) -> Settlement:
    detail = {"expired_at": from_ms(row.expires_at).isoformat()}
    return Settlement(row, Outcome.permanent("expired"), Reason.FAILED_EXPIRED, detail)


def _deferred_to_the_past(row: AnyRow, held: Held, now: int) -> Settlement:
    """It would be claimed again and again: a fault, and it is told."""
    detail = {"until": from_ms(held.until).isoformat(), "now": from_ms(now).isoformat()}
    _log.error(say("daemon.deferred_to_the_past", what=f"m{row.id}", **detail))
    return Settlement(row, Outcome.permanent("deferral"), Reason.FAILED_DEFERRAL, detail)


def _unpaid(row: AnyRow, detail: Mapping[str, Any]) -> Settlement:
    return Settlement(row, Outcome.permanent("budget"), Reason.SKIPPED_BUDGET, detail)


def _entry(row: AnyRow, reason: Reason, detail: Mapping[str, Any]) -> Entry:
    return Entry(
        reason, row.rule_id, row.rule_version_id, row.contact_id, row.run_id, message_id=row.id, step=row.step,
        detail=detail,
    )  # fmt: skip
