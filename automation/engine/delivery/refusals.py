"""Refusals: what a provider's "never" says of the person is written down, for that person and that channel alone.

| effect | what is written |
| --- | --- |
| opted_out | consent denied on the channel, and the address suppressed there for ever |
| not_reachable | the address suppressed on the channel for 30 days: the person may follow the account again |
| bad_address | a contact problem: the person is held back on the channel until the address changes |
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from automation.channels import CHANNELS
from automation.contacts.consent import ConsentChange, record_consent
from automation.contacts.suppression import Suppression, suppress
from automation.engine.delivery.message_guards import TRANSACTIONAL
from automation.store.audit import AuditRow, subject_of, write_audit
from automation.store.problems import Problem, note_problems

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.providers.base import Effect

NOT_REACHABLE_MS = 30 * 86_400_000
ACTOR = "provider"


class Refusal(NamedTuple):
    """One person's refusal on one channel; `code` is the provider's word for it, `purpose` what was to be sent."""

    effect: Effect
    contact_id: int
    channel: str
    address: str
    code: str
    purpose: str | None


def apply(conn: Connection, refusals: Sequence[Refusal], now: int) -> None:
    """Write all of them, in a fixed number of statements. The people must be locked already."""
    told = [refusal for refusal in refusals if CHANNELS[refusal.channel].reaches_person]
    opted_out = [one for one in told if one.effect == "opted_out"]
    record_consent(conn, [_denied(one, now) for one in opted_out], actor=ACTOR)
    gone = [one for one in told if one.effect != "bad_address"]
    suppress(conn, [_suppression(one, now) for one in gone], now, actor=ACTOR)
    bad = [one for one in told if one.effect == "bad_address"]
    note_problems(conn, [Problem(one.contact_id, one.channel, one.code, one.address, now) for one in bad])
    write_audit(conn, [_audit(one, now) for one in bad])


def _denied(one: Refusal, now: int) -> ConsentChange:
    """Whoever says no to a receipt says no to advertising too."""
    purpose = "marketing" if one.purpose in (None, TRANSACTIONAL) else one.purpose
    return ConsentChange(one.contact_id, purpose or "marketing", one.channel, "denied", _source(one), now)


def _suppression(one: Refusal, now: int) -> Suppression:
    until = now + NOT_REACHABLE_MS if one.effect == "not_reachable" else None
    return Suppression(_source(one), address=one.address, channel=one.channel, until_ms=until)


def _audit(one: Refusal, now: int) -> AuditRow:
    detail = {"channel": one.channel, "code": one.code, "address": one.address}
    return AuditRow(now, ACTOR, "contact.bad_address", subject_of(one.contact_id), detail)


def _source(one: Refusal) -> str:
    return f"provider:{one.effect}:{one.code}"  # see OUT_OF_REACH
