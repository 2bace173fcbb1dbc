"""Deliver: queued messages are checked again, rendered, marked as sending and committed; then the provider is called.

A crash between the mark and the outcome leaves a message in `sending`; when its lease is over it is `unknown`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from automation.clock import from_ms, to_ms
from automation.contacts.profile import load_contacts
from automation.engine.message_guards import Held, Request, recheck
from automation.engine.sending import batch_limit, send_all
from automation.engine.settle import Settlement, Settler
from automation.memory import uncollected
from automation.providers.base import Outcome, Outgoing
from automation.reasons import Reason
from automation.store.bulk import to_json
from automation.store.events import load_properties
from automation.store.log import Entry, write_log
from automation.store.messages import claim_queued, expired_leases, mark_sending, postpone
from automation.store.retry import retried
from automation.store.rules import keep_template
from automation.store.runs import load_variables
from automation.templating.content import Content
from automation.templating.errors import RenderError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from automation.clock import Clock
    from automation.engine.book import LoadedRule, RuleBook
    from automation.engine.versions import Versions
    from automation.providers.base import Provider
    from automation.providers.loader import Providers
    from automation.store.database import Database
    from automation.store.types import AnyRow

HELD_RETRY_MS = 60_000
"""How soon a message of a disabled rule is looked at again."""


class _Ready(NamedTuple):
    row: AnyRow
    outgoing: Outgoing
    template_version: str | None
    used: str | None  # JSON


class Deliver:
    """Sends what is queued, for one rule book."""

    def __init__(
        self, database: Database, clock: Clock, book: RuleBook, versions: Versions, providers: Providers
    ) -> None:
        self._database, self._clock, self._book = database, clock, book
        self._versions, self._providers = versions, providers
        self._settings = book.project.settings.delivery
        self._settler = Settler(book, versions)

    def __call__(self, channel: str) -> int:
        """Send one batch of a channel; returns how many messages were claimed."""
        provider = self._providers.for_channel(channel)
        limit = batch_limit(provider, self._settings.batch_size)

        def mark() -> tuple[int, list[_Ready]]:
            with uncollected(), self._database.write() as conn:
                now = to_ms(self._clock.now())
                rows = claim_queued(conn, channel, now, limit)
                return len(rows), self._prepare(conn, provider, rows, now) if rows else []

        claimed, ready = retried(mark)
        if ready:
            outcomes = send_all(provider, [item.outgoing for item in ready])
            self._settle([item.row for item in ready], outcomes)
        return claimed

    def recover(self, limit: int = 500) -> int:
        """Call what was being sent when its sender died `unknown`; returns how many."""
        lost = Outcome.unknown("lease_expired", "the process that was sending it stopped")

        def settle() -> int:
            with self._database.write() as conn:
                now = to_ms(self._clock.now())
                rows = expired_leases(conn, now, limit)
                self._settler.settle(conn, [Settlement(row, lost) for row in rows], now)
                return len(rows)

        return retried(settle)

    def _settle(self, rows: Sequence[AnyRow], outcomes: Sequence[Outcome]) -> None:
        attempts = {row.id: row.attempts + 1 for row in rows}
        known = {row.id: outcome for row, outcome in zip(rows, outcomes, strict=True)}

        def settle() -> None:
            with uncollected(), self._database.write() as conn:
                self._settler.settle_sent(conn, attempts, known, to_ms(self._clock.now()))

        retried(settle)

    def _prepare(self, conn: Connection, provider: Provider, rows: Sequence[AnyRow], now: int) -> list[_Ready]:
        """Check, render and mark; what can't be sent is settled here and now."""
        work = _Work(conn, self._book, rows, now)
        ready: list[_Ready] = []
        refused: list[Settlement] = []
        held: list[tuple[int, int]] = []
        usable = self._usable(conn, rows, held, now)
        requests = [work.request(row, rule) for row, rule in usable]
        for (row, rule), request, verdict in zip(usable, requests, recheck(conn, requests, now), strict=True):
            if isinstance(verdict, Held):
                held.append((row.id, verdict.until))
                write_log(conn, now, [_entry(row, Reason.HELD_QUIET_HOURS, verdict.detail)])
            elif verdict is not None:
                refused.append(Settlement(row, Outcome.permanent(verdict[0].value), verdict[0], verdict[1]))
            else:
                self._render(work, row, rule, request, ready, refused)
        postpone(conn, held)
        self._mark(conn, provider, ready, now)
        self._settler.settle(conn, refused, now)
        return ready

    def _usable(
        self, conn: Connection, rows: Sequence[AnyRow], held: list[tuple[int, int]], now: int
    ) -> list[tuple[AnyRow, LoadedRule]]:
        usable = []
        for row in rows:
            disabled = row.rule_id in self._book.held
            rule = None if disabled else self._versions.get(conn, row.rule_version_id)
            if rule is None:
                held.append((row.id, now + HELD_RETRY_MS))
            else:
                usable.append((row, rule))
        return usable

    def _render(
        self, work: _Work, row: AnyRow, rule: LoadedRule, request: Request, ready: list[_Ready],
        refused: list[Settlement],
    ) -> None:  # fmt: skip
        content, version, used = Content(), None, None
        if row.template is not None:
            template = self._book.project.templates.get(row.template, row.channel)
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
            content, version, used = rendered.content, template.version, to_json(rendered.used)
            work.keep(template)
        outgoing = Outgoing(f"m{row.id}", row.channel, row.address, content, row.payload or {}, row.attempts + 1)
        ready.append(_Ready(row, outgoing, version, used))

    def _mark(self, conn: Connection, provider: Provider, ready: Sequence[_Ready], now: int) -> None:
        lease = now + self._settings.lease_seconds * 1000
        mark_sending(
            conn,
            [
                (r.row.id, "sending", r.row.attempts + 1, lease, None, provider.type, r.template_version, r.used)
                for r in ready
            ],
        )


class _Work:
    """What the messages of one batch need: their people, runs and events."""

    def __init__(self, conn: Connection, book: RuleBook, rows: Sequence[AnyRow], now: int) -> None:
        self._conn, self._book, self._now = conn, book, now
        self._contacts = load_contacts(conn, sorted({row.contact_id for row in rows}))
        self._runs = load_variables(conn, sorted({row.run_id for row in rows}))
        events = {event_id for event_id, _ in self._runs.values() if event_id is not None}
        self._events = load_properties(conn, sorted(events))
        self._kept: set[str] = set()
        self._of_rule: dict[int, dict[str, Any]] = {}

    def request(self, row: AnyRow, rule: LoadedRule) -> Request:
        contact = self._contacts.get(row.contact_id, {})
        return Request(
            rule, row.run_id, row.contact_id, row.step, contact, (row.channel,), row.template, row.payload or {},
            row.address,
        )  # fmt: skip

    def variables(self, row: AnyRow, rule: LoadedRule, request: Request) -> Mapping[str, Any]:
        """What a template may name."""
        event_id, variables = self._runs[row.run_id]
        event = self._events.get(event_id, {}) if event_id is not None else {}
        return {**variables, "contact": request.contact, "event": event, **self._common(rule)}

    def _common(self, rule: LoadedRule) -> dict[str, Any]:
        """What is the same for all messages of a rule."""
        found = self._of_rule.get(rule.version_id)
        if found is None:
            moment = from_ms(self._now).astimezone(rule.spec.zone)
            found = self._of_rule[rule.version_id] = {
                "brand": self._book.project.settings.template_variables,
                "rule": {"id": rule.spec.id, "name": rule.spec.name},
                "now": moment,
                "today": moment.date(),
                "zone": rule.spec.zone,
            }
        return found

    def keep(self, template: Any) -> None:
        if template.version not in self._kept:
            self._kept.add(template.version)
            keep_template(self._conn, template.version, template.name, template.channel, template.content, self._now)


def _entry(row: AnyRow, reason: Reason, detail: Mapping[str, Any]) -> Entry:
    return Entry(
        reason, row.rule_id, row.rule_version_id, row.contact_id, row.run_id, message_id=row.id, step=row.step,
        detail=detail,
    )  # fmt: skip
