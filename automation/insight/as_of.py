"""As of a moment: what had been written about a person by then, by taking back what the audit says came after it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from automation.channels import CHANNELS
from automation.clock import to_ms
from automation.contacts.consent import EVERY_CHANNEL, allows, states
from automation.contacts.profile import usable_values, values_of, with_values
from automation.engine.delivery.addresses import Listed, addresses_of
from automation.engine.delivery.caps import CapBook, window_begins
from automation.engine.delivery.message_guards import TRANSACTIONAL, load_past
from automation.engine.limits import Usage, limits_of
from automation.rules.limits import limit_begins
from automation.store.audit import read_audit, subject_of
from automation.store.consent import ConsentRow, read_consents
from automation.store.identities import held_by
from automation.store.limits import messages_of
from automation.store.problems import load_problems
from automation.store.suppression import suppressions_of
from automation.store.why import counted_then

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from automation.engine.delivery.message_guards import Past, Request
    from automation.engine.delivery.outranking import Ranked
    from automation.rules.conditions.tree import Reachable
    from automation.store.audit import AuditRow

_FOR_EVER = 2**62


@dataclass(frozen=True)
class Moment:
    """When a question is about. `now` is when it is asked; `asked`: somebody named the moment."""

    at: datetime
    now: datetime
    asked: bool = False

    @property
    def ms(self) -> int:
        return to_ms(self.at)

    @property
    def bound(self) -> int:
        """What came after it is not seen. Where nobody named a moment, everything that is there is."""
        return self.ms if self.asked else _FOR_EVER

    @property
    def past(self) -> bool:
        return self.asked and self.at < self.now

    @property
    def future(self) -> bool:
        return self.asked and self.at > self.now


def profile_then(
    conn: Connection, people: Sequence[int], profile: Mapping[str, Any], at: int
) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """The profile with values that were replaced since put back, and the names of those."""
    found, back = dict(profile), set[str]()
    for row in reversed(_audit(conn, people)):
        if row.action == "contact.updated" and row.at > at:
            for name, change in row.detail.items():
                found[name] = change["from"]
                back.add(name)
    then = {name: value for name, value in found.items() if value is not None}
    return with_values(profile, then), tuple(sorted(back))


def past_then(
    conn: Connection, request: Request, at: int, ranked: Ranked, people: Sequence[int], except_message: int = 0
) -> Past:
    """What the guards before a message knew then, of one request, which is `except_message` where it was queued.

    Budgets are those of the whole day.
    """
    past = load_past(conn, [request], at, ranked)
    contact_id, guards = request.contact_id, request.rule.spec.guards
    begins = [window_begins(cap, at, request.rule.spec.zone) for cap in guards.frequency_cap]
    counted = counted_then(conn, contact_id, min(begins), at) if begins else []
    return replace(
        past,
        consents={contact_id: _consents_then(conn, people, at)},
        listed=_listed_then(conn, request, people, at),
        caps=CapBook([row for row in counted if row.id != except_message]),
        limits=_limits_then(conn, request, at, except_message),
        problems={key: problem for key, problem in past.problems.items() if problem.at <= at},
    )


def reachable_then(
    conn: Connection, node: Reachable, people: Sequence[int], profile: Mapping[str, Any], at: int
) -> bool:
    """What `reachable` said then: by the answers, the list, the addresses and what was known of them at the moment."""
    since = {(kind, value): created_at for kind, value, created_at in held_by(conn, people[:1]).get(people[0], ())}
    consents, problems = _consents_then(conn, people, at), load_problems(conn, people[:1])
    wrong = {key[1:] for key, problem in problems.items() if problem.at <= at}
    for channel in node.channels:
        kind = str(CHANNELS[channel].identity)
        addresses = [value for value in values_of(profile, kind) if since.get((kind, value), at) <= at]
        tried = set(usable_values(profile, kind)).intersection(addresses)
        usable = any((channel, address) not in wrong for address in tried)
        agreed = node.purpose == TRANSACTIONAL or allows(consents, node.purpose, channel)
        if usable and agreed and not _was_listed(conn, people, channel, addresses, at):
            return True
    return False


def _limits_then(conn: Connection, request: Request, at: int, except_message: int) -> Usage:
    """What counted towards the rule's limits of messages then."""
    begins = [limit_begins(limit, at, request.rule.spec.zone) for limit in limits_of(request.rule, "messages")]
    uses = messages_of(conn, [request.contact_id], min(begins)) if begins else []
    return Usage("messages", [use for use in uses if use[2] <= at and use[4] != except_message])


def _consents_then(conn: Connection, people: Sequence[int], at: int) -> dict[tuple[str, str], str]:
    """Today's answers, the later ones taken back one by one."""
    found = dict(read_consents(conn, people[:1]).get(people[0], {}))
    for row in reversed(_audit(conn, people)):
        if not row.action.startswith("consent.") or row.at <= at:
            continue
        key, before = (row.detail["purpose"], row.detail["channel"]), row.detail.get("before")
        if before is None:
            found.pop(key, None)
        else:
            found[key] = _answer(before)
    return states(found)


def _answer(told: Mapping[str, Any]) -> ConsentRow:
    """As the audit tells it; in older rows everything was heard of when it was given."""
    at = int(told["at"])
    return ConsentRow(told["state"], told["source"], at, told.get("given_at", at), told.get("heard_at", at))


def _listed_then(conn: Connection, request: Request, people: Sequence[int], at: int) -> Listed:
    """Where the person, or an address of theirs, was on the list. What was out of reach then counts as a no: it may
    have been one."""
    return Listed(
        people=frozenset(
            (request.contact_id, channel)
            for channel in request.channels
            if CHANNELS[channel].reaches_person
            and _was_listed(conn, people, channel, addresses_of(request, channel), at)
        )
    )


def _was_listed(conn: Connection, people: Sequence[int], channel: str, addresses: Sequence[str], at: int) -> bool:
    rows = suppressions_of(conn, people[0], addresses)
    held = [row for row in rows if row.created_at <= at and (row.until is None or row.until > at)]
    names = {row.channel for row in held} | _lifted_since(conn, people, addresses, at)
    return not names.isdisjoint({channel, EVERY_CHANNEL})


def _lifted_since(conn: Connection, people: Sequence[int], addresses: Sequence[str], at: int) -> set[str]:
    """The channels of entries that stood on the list then and have been taken off since."""
    rows = _audit(conn, people) + [row for address in addresses for row in read_audit(conn, f"address:{address}")]
    found: set[str] = set()
    for row in sorted((row for row in rows if row.at <= at), key=lambda row: row.at):
        if row.action == "suppression.added":
            found.add(row.detail["channel"])
        elif row.action == "suppression.lifted":
            found.discard(row.detail["channel"])
    lifted = {row.detail["channel"] for row in rows if row.action == "suppression.lifted" and row.at > at}
    return found & lifted


def _audit(conn: Connection, people: Sequence[int]) -> list[AuditRow]:
    """What was changed about the person and those who were merged into it, oldest first."""
    rows = [row for contact_id in people for row in read_audit(conn, subject_of(contact_id))]
    return sorted(rows, key=lambda row: row.at)
