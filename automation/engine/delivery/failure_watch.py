"""Failure watch: a rule whose messages fail too often pauses by itself, before it has gone through everybody."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from automation.i18n import say
from automation.reasons import Reason
from automation.store.audit import AuditRow, write_audit
from automation.store.log import Entry, write_log
from automation.store.pauses import begin_pause, rule_scope
from automation.store.rates import count_outcomes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from automation.engine.book import RuleBook
    from automation.engine.delivery.settle import Settlement

_log = logging.getLogger(__name__)

LEAST_ATTEMPTS = 100
"""Fewer tell nothing."""
ACTOR = "engine"


class FailureWatch:
    """Counts inside the settling transaction, for one rule book."""

    def __init__(self, book: RuleBook) -> None:
        self._book = book
        self._limit = book.project.settings.delivery.most_failures

    def count(self, conn: Connection, final: Iterable[Settlement], now: int) -> None:
        """Add what providers said, and pause the rules of which too much failed. The last thing a settling does."""
        counts: dict[int, tuple[int, int]] = {}
        for settlement in final:
            failed = _failed(settlement)
            if failed is not None:
                attempts, failures = counts.get(settlement.row.rule_id, (0, 0))
                counts[settlement.row.rule_id] = attempts + 1, failures + failed
        for rule_id, (attempts, failures) in count_outcomes(conn, counts, now).items():
            limit = self._limit_of(rule_id)
            if attempts >= LEAST_ATTEMPTS and failures * 10_000 > limit * attempts:
                self._pause(conn, rule_id, attempts, failures, limit, now)

    def _limit_of(self, rule_id: int) -> int:
        rule = self._book.by_rule(rule_id)
        own = None if rule is None else rule.spec.failure_limit
        return self._limit if own is None else own

    def _pause(self, conn: Connection, rule_id: int, attempts: int, failures: int, limit: int, now: int) -> None:
        counts = {"attempts": attempts, "failures": failures, "limit": f"{limit / 100:g}%"}
        reason = say("control.too_many_failures", **counts)
        if not begin_pause(conn, rule_scope(rule_id), reason, ACTOR, now):
            return
        rule = self._book.by_rule(rule_id)
        name = f"rule:{rule_id if rule is None else rule.spec.id}"
        write_log(conn, now, [Entry(Reason.PAUSED_FAILURES, rule_id, detail={"what": name, **counts})])
        write_audit(conn, [AuditRow(now, ACTOR, f"switch.{Reason.PAUSED_FAILURES.value}", name, counts)])
        _log.error(say("control.paused_by_itself", what=name, reason=reason))


def _failed(settlement: Settlement) -> bool | None:
    """Whether nobody was reached; None: no provider has said so, or another channel is tried, or it was told before."""
    if settlement.reason is not None or settlement.by is not None or settlement.has_next:
        return None
    return settlement.refused
