"""Dispatch: what an action wants sent meets the guards before a message, and is queued, held, or skipped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from automation.channels import CHANNELS
from automation.clock import from_ms, to_ms
from automation.contacts.consent import allows, load_consents
from automation.contacts.suppression import load_suppressed
from automation.engine.caps import CapBook, Sent, window_begins
from automation.engine.quiet import quiet_until, zone_of
from automation.reasons import Reason
from automation.store.bulk import to_json
from automation.store.messages import queue_messages, recent

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.engine.book import LoadedRule
    from automation.templating import TemplateSet

TRANSACTIONAL = "transactional"


@dataclass(frozen=True, slots=True)
class Request:
    """One person's message as a step wants it."""

    rule: LoadedRule
    run_id: int
    contact_id: int
    step: str
    contact: Mapping[str, Any]
    channels: tuple[str, ...]
    template: str | None
    payload: Mapping[str, Any]
    address: str | None = None
    visit: int = 0
    hold_message: bool = False
    """In quiet hours, queue the message for their end instead of holding the step: the step has begun already."""


@dataclass(frozen=True, slots=True)
class Queued:
    message_id: int
    channel: str


@dataclass(frozen=True, slots=True)
class Held:
    """Quiet hours: the step comes again at `until` (milliseconds UTC)."""

    until: int
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Skipped:
    """No channel is left; `reason` is the first channel's, `detail` tells them all."""

    reason: Reason
    detail: Mapping[str, Any]


Refused: TypeAlias = tuple[Reason, dict[str, Any]]
Verdict: TypeAlias = Queued | Held | Skipped


@dataclass(frozen=True, slots=True)
class _Choice:
    channel: str
    address: str
    rest: tuple[str, ...]
    due_at: int | None = None


@dataclass
class _Past:
    """What the guards need to know of the people of one batch."""

    consents: Mapping[int, Mapping[tuple[str, str], str]]
    suppressed: set[tuple[int, str]]
    caps: CapBook
    now: int = 0


def dispatch(conn: Connection, templates: TemplateSet, requests: Sequence[Request], now: int) -> list[Verdict]:
    """Decide every request, in order, and queue those that may be sent. The people must be locked already."""
    past = _load_past(conn, requests, now)
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


def recheck(conn: Connection, requests: Sequence[Request], now: int) -> list[Refused | Held | None]:
    """What has changed since messages were queued, just before they are sent; each request names its one channel."""
    past = _load_past(conn, requests, now, with_caps=False)
    found: list[Refused | Held | None] = []
    for request in requests:
        channel = request.channels[0]
        if CHANNELS[channel].reaches_person:
            found.append(_standing(request, channel, past) or _quiet(request, now))
        else:
            found.append(None)
    return found


def purpose_of(rule: LoadedRule, channel: str) -> str | None:
    """What consent a message on this channel needs; None where no person is reached."""
    return rule.spec.guards.purpose if CHANNELS[channel].reaches_person else None


def _choose(request: Request, templates: TemplateSet, past: _Past) -> _Choice | Held | Skipped:
    refusals: list[Refused] = []
    for i, channel in enumerate(request.channels):
        address = request.address or _address(request.contact, channel)
        refusal = _refusal(request, channel, address, templates, past)
        if isinstance(refusal, Held) and not request.hold_message:
            return refusal
        if refusal is None or isinstance(refusal, Held):
            until = refusal.until if refusal is not None else None
            return _Choice(channel, address or "", request.channels[i + 1 :], until)
        refusals.append(refusal)
    detail = {"channels": [{"channel": c, "reason": r.value, **d} for c, (r, d) in
                           zip(request.channels, refusals, strict=True)]}  # fmt: skip
    return Skipped(refusals[0][0] if refusals else Reason.SKIPPED_UNREACHABLE, detail)


def _refusal(
    request: Request, channel: str, address: str | None, templates: TemplateSet, past: _Past
) -> Refused | Held | None:
    """The guards before a message, in their fixed order."""
    if not address:
        return Reason.SKIPPED_UNREACHABLE, {"identity": CHANNELS[channel].identity}
    if request.template is not None and templates.get(request.template, channel) is None:
        return Reason.SKIPPED_NO_TEMPLATE, {"template": request.template}
    if not CHANNELS[channel].reaches_person:
        return None
    standing = _standing(request, channel, past)
    if standing is not None:
        return standing
    rule, guards = request.rule, request.rule.spec.guards
    if guards.purpose != TRANSACTIONAL:
        zone = rule.spec.zone
        cap = past.caps.reached(guards.frequency_cap, request.contact_id, channel, rule.rule_id, past.now, zone)
        if cap is not None:
            return Reason.SKIPPED_FREQUENCY_CAP, cap
    return _quiet(request, past.now)


def _standing(request: Request, channel: str, past: _Past) -> Refused | None:
    """What a person has said: never on this channel, or not for this purpose."""
    contact_id, purpose = request.contact_id, request.rule.spec.guards.purpose
    if (contact_id, channel) in past.suppressed:
        return Reason.SKIPPED_SUPPRESSION, {}
    if purpose != TRANSACTIONAL and not allows(past.consents.get(contact_id, {}), purpose, channel):
        return Reason.SKIPPED_CONSENT, {"purpose": purpose}
    return None


def _quiet(request: Request, now: int) -> Refused | Held | None:
    hours = request.rule.spec.guards.quiet_hours
    if hours is None:
        return None
    zone = zone_of(request.contact, request.rule.spec.zone)
    until = quiet_until(hours, from_ms(now), zone)
    if until is None:
        return None
    detail = {"until": until.astimezone(zone).isoformat(), "zone": zone.key}
    return Held(to_ms(until), detail) if hours.then == "delay" else (Reason.SKIPPED_QUIET_HOURS, detail)


def _load_past(conn: Connection, requests: Sequence[Request], now: int, *, with_caps: bool = True) -> _Past:
    guarded = [(r, channel) for r in requests for channel in r.channels if CHANNELS[channel].reaches_person]
    ids = sorted({r.contact_id for r, _ in guarded})
    wanted = [(r.contact_id, channel, r.address or _address(r.contact, channel)) for r, channel in guarded]
    hits = load_suppressed(conn, wanted, now) if wanted else set()
    suppressed = {(wanted[i][0], wanted[i][1]) for i in hits}
    begins = [window_begins(cap, now, r.rule.spec.zone) for r, _ in guarded for cap in r.rule.spec.guards.frequency_cap]
    rows = recent(conn, ids, min(begins)) if begins and with_caps else []
    return _Past(load_consents(conn, ids) if ids else {}, suppressed, CapBook(rows), now)


def _guarded(request: Request, channel: str) -> bool:
    return CHANNELS[channel].reaches_person and request.rule.spec.guards.purpose != TRANSACTIONAL


def _address(contact: Mapping[str, Any], channel: str) -> str | None:
    kind = CHANNELS[channel].identity
    return contact.get(kind) if kind is not None else None


def _row(request: Request, choice: _Choice) -> tuple[Any, ...]:
    return (
        request.run_id, request.step, request.visit, choice.channel, to_json(list(choice.rest)), request.contact_id,
        request.rule.rule_id, request.rule.version_id, purpose_of(request.rule, choice.channel), choice.address,
        request.template, to_json(dict(request.payload)), choice.due_at,
    )  # fmt: skip
