"""Outranking: where a frequency cap leaves room for one message, the rule of the higher priority has it.

Two things make it so. The runs of one person that are due at the same time are moved in one batch, the highest rule's
first (`gather`). And a message that a lower rule has in the queue makes room for one of a higher rule (`Ranking`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from automation.reasons import Reason
from automation.store.log import Entry
from automation.store.messages import lock_queued
from automation.store.occurrences import running_rules
from automation.store.runs import claim_these, due_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.engine.book import RuleBook
    from automation.engine.delivery.caps import CapBook, Full, Sent
    from automation.engine.delivery.message_guards import Request
    from automation.engine.journey.state import RunState
    from automation.rules.spec import RuleSpec
    from automation.store.types import AnyRow

Ranked: TypeAlias = "Mapping[int, RuleSpec]"
"""The rules by their id where they differ in priority, as `RuleBook.ranked` has them; else empty."""
NOBODY: Ranked = MappingProxyType({})
HELD_MS = 1_000
"""How long a run waits for one of a higher rule that another process has in hand."""


class Dropped(NamedTuple):
    """A message of the ledger that lost its place, and to whom."""

    row: AnyRow
    reason: Reason
    detail: Mapping[str, Any]


class Gathered(NamedTuple):
    """What one batch moves. `waiting`: {run id: the higher rule's id that another process is moving}."""

    rows: Sequence[AnyRow]
    waiting: Mapping[int, str]


def gather(conn: Connection, book: RuleBook, rows: Sequence[AnyRow], now: int) -> Gathered:
    """The claimed runs with all others of the same people that are due too, the highest rules' first.

    Without rules of different priority it does nothing.
    """
    if not book.ranked or not rows:
        return Gathered(rows, {})
    ranking = Ranking(book.ranked)
    claimed = {row.id for row in rows}
    missing = [one for one in due_of(conn, {row.contact_id for row in rows}, now) if one.id not in claimed]
    here = claim_these(conn, [one.id for one in missing], now) if missing else []
    in_hand = {row.id for row in here}
    away: dict[int, list[int]] = defaultdict(list)
    for one in missing:
        if one.id not in in_hand:
            away[one.contact_id].append(one.rule_id)
    both = sorted([*rows, *here], key=lambda row: (-ranking.priority(row.rule_id), row.id))
    return Gathered(both, {row.id: name for row in both if (name := ranking.above(row.rule_id, away[row.contact_id]))})


def hold(runs: Sequence[RunState], gathered: Gathered, now: int, log: list[Entry]) -> None:
    """Put down for a moment the runs that wait for one that another process has in hand."""
    for run in runs:
        winner = gathered.waiting.get(run.id)
        if winner is not None:
            run.wait(now + HELD_MS)
            detail = {"winner": {"rule": winner}}
            log.append(
                Entry(
                    Reason.HELD_OUTRANKED, run.rule.rule_id, run.rule.version_id, run.contact_id, run.id, detail=detail
                )
            )


def by_rank(book: RuleBook, runs: Sequence[RunState]) -> list[Sequence[RunState]]:
    """The runs by their priority, the highest first: they have sent what they send before a lower one begins."""
    if not book.ranked:
        return [runs]
    ranking = Ranking(book.ranked)
    ranks: dict[int, list[RunState]] = defaultdict(list)
    for run in runs:
        ranks[ranking.priority(run.rule.rule_id)].append(run)
    return [ranks[priority] for priority in sorted(ranks, reverse=True)]


def come_later(conn: Connection, book: RuleBook, paused: Set[int]) -> frozenset[int]:
    """The rules whose people don't enter yet, because those of a higher rule are still coming in.

    Two campaigns of the same minute: the higher one's people are all there before the lower one begins to send.
    """
    if not book.ranked:
        return frozenset()
    ranking = Ranking(book.ranked)
    running = running_rules(conn) - paused
    highest = max((ranking.priority(rule_id) for rule_id in running), default=0)
    return frozenset(rule_id for rule_id in running if ranking.priority(rule_id) < highest)


class Ranking:
    """Who goes before whom, among the messages of one batch. Empty where all rules have the same priority."""

    def __init__(self, ranked: Ranked) -> None:
        self._ranked = ranked
        self._rows: dict[int, AnyRow] = {}

    def priority(self, rule_id: int) -> int:
        """A rule that is gone has the lowest."""
        spec = self._ranked.get(rule_id)
        return spec.priority if spec is not None else 0

    def above(self, rule_id: int, others: Sequence[int]) -> str | None:
        """The highest of the other rules that stands above this one, by its name."""
        highest = max(others, key=self.priority, default=rule_id)
        return self._ranked[highest].id if self.priority(highest) > self.priority(rule_id) else None

    def find_losers(self, conn: Connection, requests: Sequence[Request], caps: CapBook, *, keep: bool) -> None:
        """Learn which queued messages these requests may take the place of. With `keep`, nobody sends them meanwhile.

        One query, and only where a lower rule has something in the queue.
        """
        if not self._ranked:
            return
        lower = {
            sent.message_id
            for request in requests
            for sent in caps.of(request.contact_id)
            if sent.queued and self.priority(sent.rule_id) < self.priority(request.rule.rule_id)
        }
        self._rows = {row.id: row for row in lock_queued(conn, sorted(lower), keep=keep)} if lower else {}

    def loser(self, sent: Sequence[Sent], rule_id: int) -> Sent | None:
        """The message that gives up its place to this rule: of the lowest rule, the newest."""
        lower = [
            one for one in sent
            if one.message_id in self._rows and self.priority(one.rule_id) < self.priority(rule_id)
        ]  # fmt: skip
        return min(lower, key=lambda one: (self.priority(one.rule_id), -one.message_id), default=None)

    def refusal(self, full: Full, rule_id: int) -> tuple[Reason, dict[str, Any]]:
        """Why there is no room: a higher rule has it, or simply the cap."""
        higher = [one for one in full.sent if self.priority(one.rule_id) > self.priority(rule_id)]
        if not higher:
            return Reason.SKIPPED_FREQUENCY_CAP, full.detail()
        winner = max(higher, key=lambda one: (self.priority(one.rule_id), one.message_id))
        return Reason.SKIPPED_OUTRANKED, {**full.detail(), "winner": self.named(winner)}

    def named(self, winner: Sent) -> dict[str, Any]:
        """The winner as the log tells it."""
        return {"rule": self._ranked[winner.rule_id].id, "message": winner.message_id}

    def dropped(self, loser: Sent, winner: Sent) -> Dropped:
        """The loser as it is settled: no other channel is tried for it."""
        row = self._rows.pop(loser.message_id)
        return Dropped(row._replace(rest=[]), Reason.SKIPPED_OUTRANKED, {"winner": self.named(winner)})
