"""By hand: somebody knows, or decides, what became of messages whose outcome is unknown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeAlias

from automation.clock import to_ms
from automation.engine.delivery.resending import resend
from automation.engine.delivery.settle import Settlement, Settler
from automation.errors import AutomationError
from automation.providers.base import Outcome
from automation.store.audit import AuditRow, write_audit
from automation.store.messages import load_message
from automation.store.retry import retried
from automation.store.unknowns import load_unknown, unknown_ids

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.clock import Clock
    from automation.engine.book import RuleBook
    from automation.engine.versions import Versions
    from automation.store.database import Database
    from automation.store.types import AnyRow

Verdict: TypeAlias = Literal["sent", "failed", "resend"]
CHUNK = 500


@dataclass(frozen=True)
class Word:
    """What somebody says, who it is, and why; it is kept in the log and in the audit."""

    verdict: Verdict
    reason: str
    actor: str


class ByHand:
    """Settles unknown messages for people. Every message leaves an audit row `message.settled`."""

    def __init__(self, database: Database, clock: Clock, book: RuleBook, versions: Versions) -> None:
        self._database, self._clock = database, clock
        self._settler = Settler(book, versions)

    def one(self, message_id: int, word: Word) -> None:
        """AutomationError when there is no such message, or its outcome is not unknown."""
        if retried(lambda: self._settle([message_id], word)):
            return
        with self._database.read() as conn:
            row = load_message(conn, message_id)
        if row is None:
            raise AutomationError("cli.no_message", id=message_id)
        raise AutomationError("cli.not_unknown", id=message_id, status=row.status)

    def all(self, word: Word, *, channel: str | None = None, before: int | None = None) -> int:
        """Every unknown message, of a channel, handed over before a moment; returns how many. Page by page."""
        return sum(retried(partial(self._settle, ids, word)) for ids in self._pages(channel, before))

    def _pages(self, channel: str | None, before: int | None) -> Iterator[list[int]]:
        ids: list[int] = [0]
        while ids:
            with self._database.read() as conn:
                ids = unknown_ids(conn, channel=channel, before=before, after_id=ids[-1], limit=CHUNK)
            if ids:
                yield ids

    def _settle(self, ids: Sequence[int], word: Word) -> int:
        with self._database.write() as conn:
            now = to_ms(self._clock.now())
            rows = list(load_unknown(conn, ids).values())
            self._apply(conn, rows, word, now)
            write_audit(conn, [_audit(row, word, now) for row in rows])
            return len(rows)

    def _apply(self, conn: Connection, rows: Sequence[AnyRow], word: Word, now: int) -> None:
        if word.verdict == "resend":
            resend(conn, rows, now, by=word.actor)
            return
        settlements = [Settlement(row, _outcome(row, word), None, {"reason": word.reason}, word.actor) for row in rows]
        self._settler.settle(conn, settlements, now)


def _outcome(row: AnyRow, word: Word) -> Outcome:
    if word.verdict == "sent":
        return Outcome.accepted(row.provider_message_id)
    return Outcome.permanent("by_hand")


def _audit(row: AnyRow, word: Word, now: int) -> AuditRow:
    detail = {"as": word.verdict, "reason": word.reason, "channel": row.channel, "was": "unknown"}
    return AuditRow(now, word.actor, "message.settled", f"message:{row.id}", detail)
