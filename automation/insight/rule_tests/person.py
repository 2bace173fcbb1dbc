"""The person of a case: who can be reached on every channel, unless the case says otherwise."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from automation.clock import to_ms
from automation.contacts.consent import EVERY_CHANNEL, ConsentChange, record_consent
from automation.contacts.identity import normalise_identity
from automation.contacts.profile import add_tags, update_attributes
from automation.rules.program import Fork, arm_of
from automation.store.in_memory import place_person

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from automation.catalogue.model import Catalogue
    from automation.engine.book import LoadedRule
    from automation.rules.cases.spec import Given

ACTOR = "automation test"
LOOKED_AT = 200_000
"""How many numbers are tried for a person in given arms of splits, in or out of the control group."""
KNOWN_FOR = timedelta(days=365)
"""How long the person has been a contact, where the case says nothing."""
_USUAL = {"phone": "13800138000", "email": "test@example.com", "member_no": "M0001"}


def identities_of(catalogue: Catalogue, given: Given) -> dict[str, str]:
    """One of each kind, but for what the case says. Nobody is both known and anonymous."""
    usual = {kind: _USUAL.get(kind, f"test-{kind}") for kind in catalogue.identity_kinds if kind != "anonymous_id"}
    found = {kind: normalise_identity(kind, value, _country(kind, catalogue)) for kind, value in usual.items()}
    return {kind: value for kind, value in (found | dict(given.identities)).items() if value is not None}


def person_for(rule: LoadedRule, given: Given) -> int | None:
    """The first contact id in the arms that the case names, in or out of the control group; None: there is none."""
    forks = [op for op in rule.program.ops if isinstance(op, Fork) and op.name in given.arms]

    def fits(contact_id: int) -> bool:
        if any(group.holds(contact_id) for group in rule.holdouts) is not given.control_group:
            return False
        return all(
            fork.arms[arm_of(rule.spec.id, fork.name, contact_id, fork.arms)][0] == given.arms[fork.name]
            for fork in forks
        )

    candidates: Iterator[int] = (number for number in range(1, LOOKED_AT) if fits(number))
    return next(islice(candidates, 1), None)


def settle_in(
    conn: Connection, contact_id: int, identities: Mapping[str, str], given: Given, purpose: str, created: datetime
) -> None:
    """The contact with its fields, tags and consents, as of `created`."""
    now = to_ms(created)
    place_person(conn, contact_id, identities, now)
    update_attributes(conn, {contact_id: given.attributes}, now, ACTOR)
    if given.tags:
        add_tags(conn, {contact_id: given.tags}, now)
    answers = {(name, EVERY_CHANNEL): "granted" for name in (purpose, "marketing")}
    answers |= {(name, channel): state for name, channel, state in given.consents}
    record_consent(
        conn,
        [
            ConsentChange(contact_id, name, channel, state, ACTOR, now)
            for (name, channel), state in answers.items()
            if state != "none"
        ],
    )


def _country(kind: str, catalogue: Catalogue) -> str:
    """The usual phone number is a Chinese one, wherever the project's contacts live."""
    return "CN" if kind == "phone" else catalogue.country
