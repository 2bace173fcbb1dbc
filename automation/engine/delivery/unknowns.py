"""Unknowns: messages that may or may not have been sent are asked about, and settled where the provider can tell.

The run does not wait: it went on when its message became unknown, with the status `message.unknown`. What is found
out later corrects the ledger and is logged; nothing is sent because of it.

Asked about first after a minute, then each time when twice as much time has passed, for a day. After that, or at once
where the provider can't be asked, `on_unknown` of the rule decides: hold it for a person to settle, or send it once
more. A restart decides nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from automation.clock import from_ms, to_ms
from automation.engine.delivery.resending import resend
from automation.engine.delivery.settle import FIRST_LOOK_UP_MS, Settlement, Settler
from automation.errors import AutomationError
from automation.i18n import say
from automation.providers.base import Sent
from automation.store.retry import retried
from automation.store.runs import load_runs
from automation.store.unknowns import claim_unknown, known_ids, load_sources, load_unknown, put_off
from automation.templating import Template

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.clock import Clock
    from automation.engine.book import RuleBook
    from automation.engine.versions import Versions
    from automation.providers.base import Outcome, Provider
    from automation.providers.loader import Providers
    from automation.store.database import Database
    from automation.store.types import AnyRow
    from automation.templating.content import Content

_log = logging.getLogger(__name__)
GIVE_UP_MS = 86_400_000
ASKING_MS = 120_000
"""How long one process keeps a batch to itself. When it dies meanwhile, another asks again."""
CLOCKS_MS = 600_000
"""How far apart our clock and those of other senders may be."""


class Unknowns:
    """Asks about what is unknown, for one rule book."""

    def __init__(
        self, database: Database, clock: Clock, book: RuleBook, versions: Versions, providers: Providers
    ) -> None:
        self._database, self._clock, self._providers = database, clock, providers
        self._versions = versions
        self._lease_ms = book.project.settings.delivery.lease_seconds * 1000
        self._settler = Settler(book, versions)

    def __call__(self, limit: int = 50) -> int:
        """Ask about one batch; returns how many messages were in it."""
        rows, asked = retried(lambda: self._claim(limit))
        answers: dict[int, Outcome] = {}
        able: set[int] = set()
        for account, group in _by_account(rows).items():
            provider = self._provider(account)
            if provider is not None and provider.can_look_up:
                able.update(row.id for row in group)
                answers |= _ask(provider, [asked[row.id] for row in group], [row.id for row in group])
        if rows:
            retried(lambda: self._settle(rows, answers, able))
        return len(rows)

    def _claim(self, limit: int) -> tuple[list[AnyRow], dict[int, Sent]]:
        with self._database.write() as conn:
            now = to_ms(self._clock.now())
            rows = claim_unknown(conn, now, now + ASKING_MS, limit)
            return rows, _sent(conn, rows) if rows else {}

    def _provider(self, account: str | None) -> Provider | None:
        """None where the settings no longer have the account, or not in order: it can't be asked."""
        try:
            found = self._providers.account(account)
        except AutomationError:
            return None
        return found.provider if found is not None else None

    def _settle(self, rows: Sequence[AnyRow], answers: Mapping[int, Outcome], able: set[int]) -> None:
        with self._database.write() as conn:
            now = to_ms(self._clock.now())
            asked = {row.id: row.attempts for row in rows}
            still = [row for row in load_unknown(conn, list(asked)).values() if row.attempts == asked[row.id]]
            found = [Settlement(row, answers[row.id], by="look_up") for row in still if row.id in answers]
            self._settler.settle(conn, found, now)
            open_ = [row for row in still if row.id not in answers]
            due = {row.id: self._next(row, row.id in able, now) for row in open_}
            over = [row for row in open_ if due[row.id] is None]
            put_off(conn, list(due.items()))
            resend(conn, self._to_send_again(conn, over, now), now, by="on_unknown")

    def _next(self, row: AnyRow, able: bool, now: int) -> int | None:
        """When to come back to it; None: it is over."""
        last = row.sent_at + (GIVE_UP_MS if able else self._lease_ms)
        if now >= last:
            return None
        return min(now + max(FIRST_LOOK_UP_MS, now - row.sent_at), last) if able else int(last)

    def _to_send_again(self, conn: Connection, rows: Sequence[AnyRow], now: int) -> list[AnyRow]:
        """Those whose rule says so, that were not sent again before, and whose run was not broken off."""
        wanted = [row for row in rows if row.resent_at is None and not (row.expires_at and row.expires_at <= now)]
        rules = {row.id: self._versions.get(conn, row.rule_version_id) for row in wanted}
        wanted = [row for row in wanted if (rule := rules[row.id]) is not None and rule.spec.on_unknown == "resend"]
        runs = load_runs(conn, sorted({row.run_id for row in wanted})) if wanted else {}
        return [row for row in wanted if row.run_id in runs and runs[row.run_id].status not in ("exited", "failed")]


def _by_account(rows: Sequence[AnyRow]) -> dict[str | None, list[AnyRow]]:
    groups: dict[str | None, list[AnyRow]] = {}
    for row in rows:
        groups.setdefault(row.account, []).append(row)
    return groups


def _ask(provider: Provider, messages: Sequence[Sent], ids: Sequence[int]) -> dict[int, Outcome]:
    """What the provider can tell. One that raises, or answers for too few, can't tell anything now."""
    try:
        outcomes = provider.look_up(messages)
        if len(outcomes) == len(messages):
            told = zip(ids, outcomes, strict=True)
            return {id_: one for id_, one in told if one is not None and one.kind in ("accepted", "permanent")}
        detail = f"{len(outcomes)} outcomes for {len(messages)} messages"
    except Exception as error:  # foreign code may raise anything; its words may hold a secret
        detail = type(error).__name__
    _log.error(say("daemon.look_up_failed", provider=provider.type, reason=detail))
    return {}


def _sent(conn: Connection, rows: Sequence[AnyRow]) -> dict[int, Sent]:
    taken = known_ids(conn, {row.contact_id for row in rows}, min(row.sent_at for row in rows) - CLOCKS_MS)
    contents = _contents(conn, rows)
    return {
        row.id: Sent(
            f"m{row.id}", row.channel, row.address, row.provider_message_id, from_ms(row.sent_at), contents[row.id],
            frozenset(taken.get((row.contact_id, row.channel), set()) - {row.provider_message_id}),
        )
        for row in rows
    }  # fmt: skip


def _contents(conn: Connection, rows: Sequence[AnyRow]) -> dict[int, Content | None]:
    """What was sent, rendered again from the template as it was and the values that it read."""
    sources = load_sources(conn, {row.template_version for row in rows if row.template_version is not None})
    templates = {version: Template.from_content(content) for version, content in sources.items()}
    return {row.id: _content(templates.get(row.template_version), row.variables) for row in rows}


def _content(template: Template | None, variables: Mapping[str, object] | None) -> Content | None:
    try:
        return template.render(variables or {}).content if template is not None else None
    except AutomationError:
        return None
