"""The guards before a message, in their fixed order: each is asked about one message on one channel."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from automation.channels import CHANNELS
from automation.clock import from_ms, to_ms
from automation.contacts.consent import allows, load_consents
from automation.contacts.profile import values_of
from automation.engine.delivery.addresses import Listed, choose_address, load_listed
from automation.engine.delivery.bad_contacts import address_problem, keep_problems, quiet_problem
from automation.engine.delivery.budget import Budgets
from automation.engine.delivery.caps import CapBook, Sent, window_begins
from automation.engine.delivery.outranking import NOBODY, Ranked, Ranking
from automation.engine.delivery.quiet import DO_NOT_DISTURB, Quiet, needs_zone, own_windows, quiet_time, zone_of
from automation.engine.limits import Usage, load_usage
from automation.reasons import Reason
from automation.store.messages import recent
from automation.store.problems import EVERY_CHANNEL, QUIET_FIELDS, load_problems

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.engine.book import LoadedRule
    from automation.store.problems import Problem, ProblemKey

TRANSACTIONAL = "transactional"


class Request(NamedTuple):
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
    expires_at: int | None = None
    """When an earlier channel's message of this step would have expired."""


@dataclass(frozen=True, slots=True)
class Held:
    """Quiet time: the step comes again at `until` (milliseconds UTC)."""

    until: int
    detail: Mapping[str, Any]
    reason: Reason = Reason.HELD_QUIET_HOURS


Refused: TypeAlias = tuple[Reason, dict[str, Any]]


@dataclass
class Past:
    """What the guards need to know of the people of one batch."""

    consents: Mapping[int, Mapping[tuple[str, str], str]]
    listed: Listed
    caps: CapBook
    problems: Mapping[ProblemKey, Problem]
    ranking: Ranking
    budgets: Budgets
    limits: Usage
    now: int = 0
    losers: dict[tuple[int, str], Sequence[Sent]] = field(default_factory=dict)
    """By contact and channel: the messages in the queue whose place the next one there would take."""
    found: list[Problem] = field(default_factory=list)
    """What the guards found wrong with contacts."""

    def address(self, request: Request, channel: str) -> str | None:
        """Where a message goes on this channel."""
        return choose_address(request, channel, self.listed, self.problems)


class Rechecked(NamedTuple):
    """Where a queued message goes now, and what holds it back, if anything does."""

    address: str
    verdict: Refused | Held | None


def recheck(conn: Connection, requests: Sequence[Request], now: int) -> list[Rechecked]:
    """What has changed since messages were queued, just before they are sent; each request names its one channel."""
    past = load_past(conn, requests, now, caps=False)
    found = []
    for request in requests:
        channel = request.channels[0]
        address = past.address(request, channel)
        found.append(Rechecked(address or "", _rechecked(Asked(request, channel, address, past))))
    write_problems(conn, requests, past)
    return found


def ask_with(request: Request, past: Past) -> dict[str, list[tuple[Reason, Refused | Held | None]]]:
    """What each guard says, by channel, in their order: for `why`. Nothing is queued, nothing is written."""
    found = {}
    for channel in request.channels:
        asked = Asked(request, channel, past.address(request, channel), past)
        found[channel] = [(guard.reason, guard.ask(asked)) for guard in _guards_of(channel)]
    return found


def purpose_of(rule: LoadedRule, channel: str) -> str | None:
    """What consent a message on this channel needs; None where no person is reached."""
    return rule.spec.guards.purpose if CHANNELS[channel].reaches_person else None


def refusal_of(request: Request, channel: str, address: str | None, past: Past) -> Refused | Held | None:
    """The first guard that holds the message back. A message that is queued all the same is asked the others too."""
    asked = Asked(request, channel, address, past)
    held: Held | None = None
    for guard in _guards_of(channel):
        refusal = guard.ask(asked)
        if isinstance(refusal, Held) and request.hold_message:
            held = refusal
        elif refusal is not None:
            return refusal
    return held


class Asked(NamedTuple):
    """One message on one channel, before its guards."""

    request: Request
    channel: str
    address: str | None
    past: Past


@dataclass(frozen=True)
class MessageGuard:
    """One guard. `personal`: it protects a person, so it doesn't apply where none is reached."""

    reason: Reason
    ask: Callable[[Asked], Refused | Held | None]
    personal: bool = True


def _no_address(asked: Asked) -> Refused | None:
    return None if asked.address else (Reason.SKIPPED_UNREACHABLE, {"identity": CHANNELS[asked.channel].identity})


def _no_template(asked: Asked) -> Refused | None:
    name = asked.request.template
    there = name is None or asked.request.rule.templates.get(name, asked.channel) is not None
    return None if there else (Reason.SKIPPED_NO_TEMPLATE, {"template": name})


def _bad_contact(asked: Asked) -> Refused | None:
    """Only this channel is held back, for a time zone too: on another one the rule may ask for no quiet hours."""
    request, past = asked.request, asked.past
    kind = CHANNELS[asked.channel].identity
    problem = quiet_problem(request.rule.spec, request.contact_id, request.contact)
    if problem is not None:
        past.found.append(problem)
        return Reason.SKIPPED_BAD_CONTACT, {"field": problem.code, "value": problem.value}
    if asked.address is None:
        return None
    problem = address_problem(past.problems, request.contact_id, asked.channel, kind, asked.address)
    if problem is None:
        return None
    if kind is not None and asked.address in values_of(request.contact, kind):
        past.found.append(problem)
    return Reason.SKIPPED_BAD_CONTACT, {"field": kind, "code": problem.code}


def _suppressed(asked: Asked) -> Refused | None:
    listed = asked.past.listed.holds(asked.request.contact_id, asked.channel, asked.address)
    return (Reason.SKIPPED_SUPPRESSION, {}) if listed else None


def _without_consent(asked: Asked) -> Refused | None:
    purpose = asked.request.rule.spec.guards.purpose
    consents = asked.past.consents.get(asked.request.contact_id, {})
    allowed = purpose == TRANSACTIONAL or allows(consents, purpose, asked.channel)
    return None if allowed else (Reason.SKIPPED_CONSENT, {"purpose": purpose})


def _capped(asked: Asked) -> Refused | None:
    """Where a cap is full, messages of lower rules that have not left yet make room."""
    request, past = asked.request, asked.past
    rule, guards = request.rule, request.rule.spec.guards
    if guards.purpose == TRANSACTIONAL:
        return None
    caps, zone, losers = guards.frequency_cap, rule.spec.zone, list[Sent]()
    while (
        full := past.caps.full(caps, request.contact_id, asked.channel, rule.rule_id, past.now, zone, losers)
    ) is not None:
        loser = past.ranking.loser(full.sent, rule.rule_id)
        if loser is None:
            return past.ranking.refusal(full, rule.rule_id)
        losers.append(loser)
    past.losers[request.contact_id, asked.channel] = losers
    return None


def _limited(asked: Asked) -> Refused | None:
    """A transactional rule has the limits that it names itself."""
    request = asked.request
    full = asked.past.limits.full(request.rule, request.contact_id, asked.past.now)
    return None if full is None else (Reason.SKIPPED_LIMIT, full)


def _over_budget(asked: Asked) -> Refused | None:
    detail = asked.past.budgets.refusal(asked.request.rule)
    return None if detail is None else (Reason.SKIPPED_BUDGET, detail)


def _quiet(asked: Asked) -> Refused | Held | None:
    """The rule's quiet hours and send windows."""
    return _quiet_by(asked, ("quiet_hours", "send_window"), Reason.HELD_QUIET_HOURS, Reason.SKIPPED_QUIET_HOURS)


def _disturbing(asked: Asked) -> Refused | Held | None:
    """What the person asks for themselves."""
    return _quiet_by(asked, (DO_NOT_DISTURB,), Reason.HELD_DO_NOT_DISTURB, Reason.SKIPPED_DO_NOT_DISTURB)


def _quiet_by(asked: Asked, causes: Collection[str], held: Reason, skipped: Reason) -> Refused | Held | None:
    """Whether it is quiet because of one of `causes`. It lasts until nothing at all stands in the way."""
    request, guards = asked.request, asked.request.rule.spec.guards
    if not needs_zone(guards, request.contact):
        return None
    zone, own = zone_of(request.contact, request.rule.spec.zone), own_windows(guards, request.contact)
    if zone is None or own is None:  # nobody knows when it is quiet there
        field_ = "timezone" if zone is None else DO_NOT_DISTURB
        return Reason.SKIPPED_BAD_CONTACT, {"field": field_, "value": str(request.contact.get(field_))}
    quiet = quiet_time(guards, own, from_ms(asked.past.now), zone)
    if quiet is None or not set(causes).intersection(quiet.causes):
        return None
    detail = {"until": quiet.until.astimezone(zone).isoformat() if quiet.until else None, "zone": zone.key}
    if quiet.causes != ("quiet_hours",):
        detail["by"] = " + ".join(quiet.causes)
    return skipped_or_held(quiet, detail, held, skipped)


def skipped_or_held(quiet: Quiet, detail: dict[str, Any], held: Reason, skipped: Reason) -> Refused | Held:
    """Quiet time that drops, or has no end, refuses; the rest is waited for."""
    if quiet.drop or quiet.until is None:
        return skipped, detail
    return Held(to_ms(quiet.until), detail, held)


_BAD_CONTACT = MessageGuard(Reason.SKIPPED_BAD_CONTACT, _bad_contact)
_SUPPRESSION = MessageGuard(Reason.SKIPPED_SUPPRESSION, _suppressed)
_CONSENT = MessageGuard(Reason.SKIPPED_CONSENT, _without_consent)
_QUIET = MessageGuard(Reason.HELD_QUIET_HOURS, _quiet)
_DO_NOT_DISTURB = MessageGuard(Reason.HELD_DO_NOT_DISTURB, _disturbing)
MESSAGE_GUARDS: tuple[MessageGuard, ...] = (
    MessageGuard(Reason.SKIPPED_UNREACHABLE, _no_address, personal=False),
    MessageGuard(Reason.SKIPPED_NO_TEMPLATE, _no_template, personal=False),
    _BAD_CONTACT,
    _SUPPRESSION,
    _CONSENT,
    MessageGuard(Reason.SKIPPED_FREQUENCY_CAP, _capped),
    MessageGuard(Reason.SKIPPED_LIMIT, _limited),
    _QUIET,
    _DO_NOT_DISTURB,
    MessageGuard(Reason.SKIPPED_BUDGET, _over_budget),
)
"""The fixed order before a message."""
_IMPERSONAL = tuple(guard for guard in MESSAGE_GUARDS if not guard.personal)
_RECHECKED = (_BAD_CONTACT, _SUPPRESSION, _CONSENT, _QUIET, _DO_NOT_DISTURB)
"""What may have changed since a message was queued."""


def _guards_of(channel: str) -> tuple[MessageGuard, ...]:
    return MESSAGE_GUARDS if CHANNELS[channel].reaches_person else _IMPERSONAL


def _rechecked(asked: Asked) -> Refused | Held | None:
    if CHANNELS[asked.channel].reaches_person:
        for guard in _RECHECKED:
            refusal = guard.ask(asked)
            if refusal is not None:
                return refusal
    return None


def load_past(
    conn: Connection, requests: Sequence[Request], now: int, ranked: Ranked = NOBODY, *, caps: bool = True,
    keep: bool = False,
) -> Past:  # fmt: skip
    """One query a guard for the whole batch. With `keep`, what may be used up stays as it is until the end."""
    guarded = [(r, channel) for r in requests for channel in r.channels if CHANNELS[channel].reaches_person]
    ids = sorted({r.contact_id for r, _ in guarded})
    specs = {r.rule.version_id: r.rule.spec for r, _ in guarded}.values()
    begins = [window_begins(cap, now, spec.zone) for spec in specs for cap in spec.guards.frequency_cap]
    cap_book = CapBook(recent(conn, ids, min(begins)) if begins and caps else [])
    ranking = Ranking(ranked)
    ranking.find_losers(conn, [r for r, _ in guarded], cap_book, keep=keep)
    rules = [r.rule for r, _ in guarded] if caps else []
    return Past(
        load_consents(conn, ids) if ids else {}, load_listed(conn, guarded, now), cap_book, load_problems(conn, ids),
        ranking, Budgets(conn, rules, now, keep=keep), load_usage(conn, rules, "messages", ids, now), now,
    )  # fmt: skip


def write_problems(conn: Connection, requests: Sequence[Request], past: Past) -> None:
    """Note what the guards found wrong with these people, and forget what has been put right."""
    if not (past.found or past.problems):
        return
    present: dict[tuple[int, str], Collection[Any]] = {
        (r.contact_id, channel): values_of(r.contact, CHANNELS[channel].identity or "")
        for r in requests
        for channel in r.channels
    }
    for r in requests:
        present[r.contact_id, EVERY_CHANNEL] = [r.contact.get(name) for name in QUIET_FIELDS]
    keep_problems(conn, past.problems, past.found, present, past.now)
