"""A person who says stop is heard at once: `contact.unsubscribed` denies consent in the transaction that stores it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from automation.channels import MESSAGE_CHANNELS
from automation.contacts.consent import ConsentChange, record_consent

if TYPE_CHECKING:
    from sqlalchemy import Connection

UNSUBSCRIBED = "contact.unsubscribed"
PURPOSE = "marketing"


def withdraw(conn: Connection, said: Sequence[tuple[int, str | None, int]]) -> None:
    """(contact id, channel or None for all, when in milliseconds UTC) of each unsubscribing.

    Without a channel it is denied for all, the channels with a consent of their own included.
    """
    if not said:
        return
    changes = [
        ConsentChange(contact_id, PURPOSE, one, "denied", UNSUBSCRIBED, at)
        for contact_id, channel, at in said
        for one in ((channel,) if channel in MESSAGE_CHANNELS else ("*", *MESSAGE_CHANNELS))
    ]
    record_consent(conn, changes, actor="ingest")
