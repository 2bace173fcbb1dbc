"""Settle: what became of messages is written down, and each run goes on, tries its next channel, or ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any, NamedTuple

from automation.clock import jitter
from automation.engine.delivery.failure_watch import FailureWatch
from automation.engine.delivery.onward import Onward
from automation.engine.delivery.refusals import Refusal, apply
from automation.providers.base import Outcome
from automation.reasons import Reason
from automation.store.budgets import give_back_unsent
from automation.store.log import Entry, write_log
from automation.store.messages import lock_standing, uncount_attempts, write_drops, write_outcomes
from automation.store.returning import return_unsent
from automation.store.runs import load_runs

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.engine.book import RuleBook
    from automation.engine.delivery.outranking import Dropped
    from automation.engine.versions import Versions
    from automation.store.types import AnyRow

MAX_BACKOFF_S = 6 * 3600.0
FIRST_LOOK_UP_MS = 60_000
"""How soon the provider is asked about a message whose outcome is unknown."""
ENDED = ("done", "exited", "failed")
_REFUSED = ("permanent", "transient")
"""Final outcomes of which it is certain that nothing was sent."""
_REASONS = {
    "accepted": Reason.ACCEPTED,
    "permanent": Reason.FAILED_PERMANENT,
    "transient": Reason.FAILED_ATTEMPTS,
    "unknown": Reason.UNKNOWN,
}


class Settlement(NamedTuple):
    """A message and its outcome. `reason` is set when we ourselves refused to send it.

    `by` is who found out what became of a message that was unknown: "look_up", or a person.
    """

    row: AnyRow
    outcome: Outcome
    reason: Reason | None = None
    detail: Mapping[str, Any] | None = None
    by: str | None = None
    free: bool = False
    """It was no attempt: what failed was the provider's account, not the message."""

    @property
    def refused(self) -> bool:
        return self.outcome.kind in _REFUSED

    @property
    def cause(self) -> Reason:
        """What the run gets to know."""
        return self.reason or _REASONS[self.outcome.kind]

    @property
    def status(self) -> str:
        """What `save_as` keeps as the status."""
        return "accepted" if self.outcome.kind == "accepted" else self.cause.value

    @property
    def has_next(self) -> bool:
        """Whether another channel may be tried: what has expired on one channel is too old for all of them."""
        return bool(self.row.rest) and self.refused and self.reason is not Reason.FAILED_EXPIRED

    @property
    def is_waited_for(self) -> bool:
        """A run waits for its message until the outcome is unknown; then it goes on, whatever is found out later."""
        return self.row.status != "unknown" and self.row.resent_at is None

    def entry(self, reason: Reason, detail: Mapping[str, Any] | None) -> Entry:
        row = self.row
        return Entry(
            reason, row.rule_id, row.rule_version_id, row.contact_id, row.run_id, None, row.id, row.step, detail
        )  # fmt: skip


class Settler:
    """Writes outcomes inside the caller's transaction."""

    def __init__(self, book: RuleBook, versions: Versions) -> None:
        self._versions = versions
        self._onward = Onward(book, versions, self.drop)
        self._watch = FailureWatch(book)
        self._settings = book.project.settings.delivery

    def settle_sent(
        self,
        conn: Connection,
        sent: Sequence[AnyRow],
        outcomes: Mapping[int, Outcome],
        now: int,
        free: Set[int] = frozenset(),
    ) -> None:
        """Settle what came back from a provider; a message that somebody settled meanwhile stays as it is.

        `sent` are the rows as they were claimed; `free` are the messages whose attempt doesn't count.
        """
        standing = lock_standing(conn, list(outcomes))
        settlements = []
        for row in sent:
            today = standing.get(row.id)
            if today is None or today.status not in ("sending", "unknown") or today.attempts != row.attempts + 1:
                continue
            row = row._replace(status=today.status, attempts=today.attempts, resent_at=today.resent_at)
            settlements.append(Settlement(row, outcomes[row.id], free=row.id in free))
        self.settle(conn, settlements, now)

    def settle(self, conn: Connection, settlements: Sequence[Settlement], now: int) -> None:
        """Write outcomes and log, and move the runs that waited for them."""
        if not settlements:
            return
        runs = load_runs(conn, sorted({s.row.run_id for s in settlements}), lock=True)
        over = {id_ for id_, run in runs.items() if run.status in ENDED}
        left = {id_ for id_ in over if runs[id_].status == "exited"}  # the others went on when it became unknown
        final: list[Settlement] = []
        again: list[Settlement] = []
        for settlement in settlements:
            if not self._tries_again(conn, settlement):
                final.append(settlement)
            elif settlement.row.run_id in left and settlement.is_waited_for:  # it ended while the provider was asked
                final.append(settlement._replace(reason=Reason.SKIPPED_ENDED))
            else:
                again.append(settlement)
        log: list[Entry] = []
        self._write(conn, final, [self._retry_row(s, now, log) for s in again], now)
        give_back_unsent(conn, [s.row.id for s in final if s.refused])
        uncount_attempts(conn, [s.row.id for s in again if s.free and s.is_waited_for])
        log.extend(_told(s) for s in final)
        apply(conn, [_refusal(s) for s in final if s.outcome.effect is not None], now)
        self._onward.move(conn, [s for s in final if s.is_waited_for], runs, log, now)
        return_unsent(conn, {s.row.run_id for s in final if s.refused and s.row.run_id in over}, now)
        write_log(conn, now, log)
        self._watch.count(conn, final, now)

    def drop(self, conn: Connection, dropped: Sequence[Dropped], now: int) -> None:
        """Messages of the queue lost their place to others: their runs go on as after a refusal."""
        refused = [Settlement(one.row, Outcome.permanent(one.reason.value), one.reason, one.detail) for one in dropped]
        self.settle(conn, refused, now)

    def _write(self, conn: Connection, final: Sequence[Settlement], again: Sequence[tuple[Any, ...]], now: int) -> None:
        """Both ways a message comes here: it was claimed and must not be sent, or its provider was asked."""
        write_drops(conn, [_final_row(s, now) for s in final if s.row.status == "queued"])
        write_outcomes(conn, [*again, *(_final_row(s, now) for s in final if s.row.status != "queued")])

    def _tries_again(self, conn: Connection, settlement: Settlement) -> bool:
        if settlement.outcome.kind != "transient" or settlement.by is not None:
            return False
        if settlement.free:
            return True
        rule = self._versions.get(conn, settlement.row.rule_version_id)
        own = rule.spec.max_attempts if rule is not None else None
        return bool(settlement.row.attempts < (own or self._settings.max_attempts))

    def _retry_row(self, settlement: Settlement, now: int, log: list[Entry]) -> tuple[Any, ...]:
        outcome, row = settlement.outcome, settlement.row
        backoff = min(self._settings.backoff_seconds * 2 ** max(row.attempts - 1, 0), MAX_BACKOFF_S)
        wait = max(jitter(backoff), outcome.retry_after or 0.0)
        due = now + int(wait * 1000)
        detail = {**_detail(settlement), "attempt": row.attempts, "due_at": due}
        log.append(settlement.entry(Reason.RETRYING, detail))
        return (row.id, "queued", due, None, outcome.provider_id, outcome.code, outcome.detail, None, None)


def _final_row(settlement: Settlement, now: int) -> tuple[Any, ...]:
    outcome, row = settlement.outcome, settlement.row
    status = {"accepted": "accepted", "unknown": "unknown"}.get(outcome.kind, "failed")
    if settlement.reason is not None:
        status = "dropped"
    settled, look_up = (None, now + FIRST_LOOK_UP_MS) if status == "unknown" else (now, None)
    if settlement.refused and row.resent_at is not None and settlement.by is None:
        status, settled = "unknown", None  # the second time it was not sent; the first time it may have been
    return (row.id, status, None, None, outcome.provider_id, outcome.code, outcome.detail, settled, look_up)


def _told(settlement: Settlement) -> Entry:
    """The log's word for a final outcome."""
    detail = _detail(settlement)
    if settlement.by is None:
        return settlement.entry(settlement.cause, detail)
    return settlement.entry(Reason.SETTLED, {**detail, "outcome": settlement.outcome.kind, "by": settlement.by})


def _detail(settlement: Settlement) -> dict[str, Any]:
    outcome = settlement.outcome
    detail: dict[str, Any] = {"channel": settlement.row.channel}
    if outcome.code is not None:
        detail["code"] = outcome.code
    if outcome.detail is not None:
        detail["detail"] = outcome.detail
    if outcome.provider_id is not None:
        detail["provider_id"] = outcome.provider_id
    return detail if settlement.detail is None else {**detail, **settlement.detail}


def _refusal(settlement: Settlement) -> Refusal:
    row, outcome = settlement.row, settlement.outcome
    assert outcome.effect is not None
    return Refusal(outcome.effect, row.contact_id, row.channel, row.address, outcome.code or "", row.purpose)
