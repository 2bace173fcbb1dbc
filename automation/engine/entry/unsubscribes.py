"""A person who says stop is heard at once: `contact.unsubscribed` denies consent in the transaction that stores it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from automation.channels import MESSAGE_CHANNELS
from automation.contacts.consent import EVERY_CHANNEL, ConsentChange, readable_purpose, record_consent

if TYPE_CHECKING:
    from sqlalchemy import Connection

UNSUBSCRIBED = "contact.unsubscribed"
PURPOSE = "marketing"


class OptOut(NamedTuple):
    """A contact who says stop: the event's properties, and when it happened, in milliseconds UTC."""

    contact_id: int
    properties: Mapping[str, Any]
    at: int


def withdraw(conn: Connection, said: Sequence[OptOut], now: int, known: Collection[str]) -> None:
    """Deny what each asks for. Without a channel that is known it is denied for all of them; without a purpose for
    marketing, and with one that no rule has (`known`) for every purpose that rules have, too."""
    if not said:
        return
    changes = [
        ConsentChange(one.contact_id, purpose, _channel(one.properties), "denied", UNSUBSCRIBED, one.at, now)
        for one in said
        for purpose in _purposes(one.properties, known)
    ]
    record_consent(conn, changes, actor="ingest")


def _channel(properties: Mapping[str, Any]) -> str:
    channel = properties.get("channel")
    return channel if isinstance(channel, str) and channel in MESSAGE_CHANNELS else EVERY_CHANNEL


def _purposes(properties: Mapping[str, Any], known: Collection[str]) -> set[str]:
    said = properties.get("purpose")
    if said is None:
        return {PURPOSE}
    if not readable_purpose(said):
        return {PURPOSE, *known}
    return {said} if said in known or said == PURPOSE else {said, PURPOSE, *known}
