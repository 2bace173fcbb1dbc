"""Which of a person's addresses a message goes to: the first that is not known to be wrong or out of reach.

A no to one of them is a no of the person on that channel: then no other one is tried (docs/decisions/addresses.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from automation.channels import CHANNELS
from automation.contacts.profile import usable_values, values_of
from automation.contacts.suppression import load_suppressed
from automation.engine.delivery.bad_contacts import address_problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection

    from automation.engine.delivery.message_guards import Request
    from automation.store.problems import Problem, ProblemKey

Recipient = tuple[int, str, str | None]
"""(contact id, channel, address)."""


class Listed(NamedTuple):
    """What the suppressions say: addresses that get nothing, and the channels on which a person said no."""

    addresses: frozenset[Recipient] = frozenset()
    people: frozenset[tuple[int, str]] = frozenset()

    def holds(self, contact_id: int, channel: str, address: str | None) -> bool:
        return (contact_id, channel) in self.people or (contact_id, channel, address) in self.addresses


def addresses_of(request: Request, channel: str) -> tuple[str, ...]:
    """What is asked about, the best first: where the step names an address, that one alone."""
    if request.address:
        return (request.address,)
    kind = CHANNELS[channel].identity
    return values_of(request.contact, kind) if kind is not None else ()


def load_listed(conn: Connection, guarded: Iterable[tuple[Request, str]], now: int) -> Listed:
    """What is on the list of these people and of all that a message to them could go to. One query."""
    recipients: list[Recipient] = [
        (request.contact_id, channel, address)
        for request, channel in guarded
        for address in addresses_of(request, channel) or (None,)
    ]
    if not recipients:
        return Listed()
    hits, noes = load_suppressed(conn, recipients, now)
    return Listed(frozenset(recipients[i] for i in hits), frozenset(recipients[i][:2] for i in noes))


def choose_address(
    request: Request, channel: str, listed: Listed, problems: Mapping[ProblemKey, Problem]
) -> str | None:
    """The first that can be used; where none can, the first, so that the guards say what is wrong with it."""
    kind = CHANNELS[channel].identity
    found = addresses_of(request, channel)
    if kind is not None and not request.address:
        found = usable_values(request.contact, kind)
    if len(found) < 2:
        return found[0] if found else None
    usable = (
        address
        for address in found
        if not listed.holds(request.contact_id, channel, address)
        and address_problem(problems, request.contact_id, channel, kind, address) is None
    )
    return next(usable, found[0])


def unused_addresses(
    request: Request, channel: str, listed: Listed, problems: Mapping[ProblemKey, Problem]
) -> list[tuple[str, Literal["hearsay", "listed", "wrong", "behind"]]]:
    """The person's other addresses, with why the message doesn't go there."""
    found, kind = addresses_of(request, channel), CHANNELS[channel].identity
    chosen = choose_address(request, channel, listed, problems)
    usable = usable_values(request.contact, kind) if kind is not None and not request.address else found

    def why(address: str) -> Literal["hearsay", "listed", "wrong", "behind"]:
        if listed.holds(request.contact_id, channel, address):
            return "listed"
        if address_problem(problems, request.contact_id, channel, kind, address) is not None:
            return "wrong"
        return "behind" if address in usable else "hearsay"

    return [(address, why(address)) for address in found if address != chosen]


def named_address(contact: Mapping[str, Any], channel: str, address: str) -> str | None:
    """The address of a queued message, where its step named it; None where it is one of the person's own, of which the
    best is chosen anew before the call: they may have another phone by now."""
    kind = CHANNELS[channel].identity
    return None if kind is not None and address in values_of(contact, kind) else address
