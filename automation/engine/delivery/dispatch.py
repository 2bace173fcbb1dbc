"""Dispatch: what an action wants sent meets the guards before a message, and is queued, held, or skipped."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from automation.channels import CHANNELS
from automation.clock import from_ms, to_ms
from automation.engine.delivery.caps import Sent
from automation.engine.delivery.message_guards import (
    TRANSACTIONAL,
    Held,
    Past,
    Refused,
    Request,
    load_past,
    purpose_of,
    refusal_of,
    write_problems,
)
from automation.engine.delivery.outranking import Dropped, Ranking
from automation.reasons import Reason
from automation.store.bulk import to_json
from automation.store.messages import queue_messages

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.engine.book import RuleBook


@dataclass(frozen=True, slots=True)
class Queued:
    message_id: int
    channel: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """No channel is left; `reason` is the first channel's, `detail` tells them all."""

    reason: Reason
    detail: Mapping[str, Any]


Verdict: TypeAlias = Queued | Held | Skipped


@dataclass(frozen=True, slots=True)
class _Choice:
    channel: str
    address: str
    rest: tuple[str, ...]
    due_at: int | None = None
    expires_at: int | None = None
    budget_day: str | None = None


class Drop(Protocol):
    """Settles messages of the queue that lost their place (`Settler.drop`)."""

    def __call__(self, conn: Connection, dropped: Sequence[Dropped], now: int) -> None: ...


def dispatch(conn: Connection, book: RuleBook, requests: Sequence[Request], now: int, drop: Drop) -> list[Verdict]:
    """Decide every request, those of higher rules first, and queue what may be sent; a verdict each, in their order.

    The people must be locked already.
    """
    past = load_past(conn, requests, now, book.ranked, keep=True)
    verdicts: dict[int, Verdict] = {}
    dropped: list[Dropped] = []
    for places in _by_priority(book, requests):
        verdicts |= _decide(conn, requests, places, past, dropped)
    past.budgets.write(conn)
    write_problems(conn, requests, past)
    if dropped:
        drop(conn, dropped, now)
    return [verdicts[i] for i in range(len(requests))]


def _by_priority(book: RuleBook, requests: Sequence[Request]) -> list[Sequence[int]]:
    """The places of the requests, the highest priority's first, then the oldest run's."""
    if not book.ranked:
        return [range(len(requests))]
    ranking, ranks = Ranking(book.ranked), defaultdict[int, list[int]](list)
    for i in sorted(range(len(requests)), key=lambda i: requests[i].run_id):
        ranks[ranking.priority(requests[i].rule.rule_id)].append(i)
    return [ranks[priority] for priority in sorted(ranks, reverse=True)]


def _decide(
    conn: Connection, requests: Sequence[Request], places: Sequence[int], past: Past, dropped: list[Dropped]
) -> dict[int, Verdict]:
    """The verdicts on the requests at `places`. What they take is gone for those after them."""
    verdicts: dict[int, Verdict] = {}
    chosen: list[tuple[int, _Choice, Sent, Sequence[Sent]]] = []
    for i in places:
        choice = _choose(requests[i], past)
        if isinstance(choice, _Choice):
            chosen.append((i, choice, *_take(requests[i], choice, past)))
        else:
            verdicts[i] = choice
    ids = queue_messages(conn, [_row(requests[i], choice) for i, choice, *_ in chosen], past.now)
    for (i, choice, sent, losers), message_id in zip(chosen, ids, strict=True):
        verdicts[i] = Queued(message_id, choice.channel)
        sent.message_id = message_id
        dropped.extend(past.ranking.dropped(loser, sent) for loser in losers)
    return verdicts


def _take(request: Request, choice: _Choice, past: Past) -> tuple[Sent, Sequence[Sent]]:
    """The message counts from now on; returns it, and those that make room for it."""
    sent = Sent(choice.channel, request.rule.rule_id, past.now)
    if not CHANNELS[choice.channel].reaches_person:
        return sent, ()
    past.budgets.take(request.rule)
    shared = request.rule.spec.guards.purpose != TRANSACTIONAL
    past.limits.add(request.contact_id, request.rule.rule_id, past.now, shared=shared)
    losers = past.losers.pop((request.contact_id, choice.channel), ())
    past.caps.remove(request.contact_id, losers)
    if shared:
        past.caps.add(request.contact_id, sent)
    return sent, losers


def _choose(request: Request, past: Past) -> _Choice | Held | Skipped:
    refusals: list[Refused] = []
    expires_at = _expiry(request, past.now)
    for i, channel in enumerate(request.channels):
        address = past.address(request, channel)
        refusal = refusal_of(request, channel, address, past)
        if isinstance(refusal, Held) and expires_at is not None and refusal.until >= expires_at:
            return Skipped(Reason.FAILED_EXPIRED, {"channel": channel, **refusal.detail})
        if isinstance(refusal, Held) and not request.hold_message:
            return refusal
        if refusal is None or isinstance(refusal, Held):
            until = refusal.until if refusal is not None else None
            day = past.budgets.day(request.rule) if CHANNELS[channel].reaches_person else None
            return _Choice(channel, address or "", request.channels[i + 1 :], until, expires_at, day)
        refusals.append(refusal)
    detail = {"channels": [{"channel": c, "reason": r.value, **d} for c, (r, d) in
                           zip(request.channels, refusals, strict=True)]}  # fmt: skip
    return Skipped(refusals[0][0] if refusals else Reason.SKIPPED_UNREACHABLE, detail)


def _expiry(request: Request, now: int) -> int | None:
    """When the message is no longer worth sending: what an earlier channel left of it, or by the rule from now on."""
    lifetime, zone = request.rule.spec.expires_after, request.rule.spec.zone
    if request.expires_at is not None or lifetime is None:
        return request.expires_at
    return to_ms(lifetime.after(from_ms(now), zone))


def _row(request: Request, choice: _Choice) -> tuple[Any, ...]:
    return (
        request.run_id, request.step, request.visit, choice.channel, to_json(list(choice.rest)), request.contact_id,
        request.rule.rule_id, request.rule.version_id, purpose_of(request.rule, choice.channel), choice.address,
        request.template, to_json(dict(request.payload)), choice.due_at, choice.expires_at, choice.budget_day,
    )  # fmt: skip
