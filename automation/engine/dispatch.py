"""Dispatch: what an action wants sent meets the guards before a message, and is queued, held, or skipped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from automation.channels import CHANNELS
from automation.clock import from_ms, to_ms
from automation.engine.caps import Sent
from automation.engine.message_guards import (
    TRANSACTIONAL,
    Held,
    Past,
    Refused,
    Request,
    address_of,
    load_past,
    purpose_of,
    refusal_of,
)
from automation.reasons import Reason
from automation.store.bulk import to_json
from automation.store.messages import queue_messages

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.templating import TemplateSet


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


def dispatch(conn: Connection, templates: TemplateSet, requests: Sequence[Request], now: int) -> list[Verdict]:
    """Decide every request, in order, and queue those that may be sent. The people must be locked already."""
    past = load_past(conn, requests, now)
    verdicts: list[Verdict | None] = [None] * len(requests)
    chosen: list[tuple[int, Request, _Choice]] = []
    for i, request in enumerate(requests):
        choice = _choose(request, templates, past)
        if isinstance(choice, _Choice):
            chosen.append((i, request, choice))
            if _guarded(request, choice.channel):
                past.caps.add(request.contact_id, Sent(choice.channel, request.rule.rule_id, now))
        else:
            verdicts[i] = choice
    ids = queue_messages(conn, [_row(request, choice) for _, request, choice in chosen], now)
    for (i, _, choice), message_id in zip(chosen, ids, strict=True):
        verdicts[i] = Queued(message_id, choice.channel)
    return [verdict for verdict in verdicts if verdict is not None]


def _choose(request: Request, templates: TemplateSet, past: Past) -> _Choice | Held | Skipped:
    refusals: list[Refused] = []
    expires_at = _expiry(request, past.now)
    for i, channel in enumerate(request.channels):
        address = request.address or address_of(request.contact, channel)
        refusal = refusal_of(request, channel, address, templates, past)
        if isinstance(refusal, Held) and expires_at is not None and refusal.until >= expires_at:
            return Skipped(Reason.FAILED_EXPIRED, {"channel": channel, **refusal.detail})
        if isinstance(refusal, Held) and not request.hold_message:
            return refusal
        if refusal is None or isinstance(refusal, Held):
            until = refusal.until if refusal is not None else None
            return _Choice(channel, address or "", request.channels[i + 1 :], until, expires_at)
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


def _guarded(request: Request, channel: str) -> bool:
    return CHANNELS[channel].reaches_person and request.rule.spec.guards.purpose != TRANSACTIONAL


def _row(request: Request, choice: _Choice) -> tuple[Any, ...]:
    return (
        request.run_id, request.step, request.visit, choice.channel, to_json(list(choice.rest)), request.contact_id,
        request.rule.rule_id, request.rule.version_id, purpose_of(request.rule, choice.channel), choice.address,
        request.template, to_json(dict(request.payload)), choice.due_at, choice.expires_at,
    )  # fmt: skip
