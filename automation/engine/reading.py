"""Reading one incoming event: bytes to checked values, or the reason why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from math import floor
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta

from automation.clock import token
from automation.contacts.identity import normalise_identity
from automation.errors import AutomationError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from automation.catalogue.model import Catalogue

FUTURE_MS = 24 * 3600 * 1000
"""How far ahead of our clock a sender's clock may be."""


class EventError(AutomationError):
    """An event that can't be taken, with the reason."""


class IncomingEvent(msgspec.Struct, forbid_unknown_fields=True):
    """The wire form of an event. Only `name` is required."""

    name: Annotated[str, Meta(min_length=1, max_length=120)]
    contact: str | int | dict[str, str | int] | None = None
    occurred_at: str | None = None
    message_id: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    source: Annotated[str, Meta(max_length=80)] = ""
    channel: Annotated[str, Meta(max_length=40)] | None = None
    properties: msgspec.Raw = msgspec.Raw(b"{}")


_NUL: dict[type, Any] = {bytes: b"\\u0000", str: "\\u0000"}


@dataclass(slots=True)
class Parsed:
    """A checked event whose contact is not yet resolved. `identities` is None when it names nobody."""

    name: str
    identities: Mapping[str, str] | None
    occurred_at: int | None  # milliseconds UTC; None: the sender gave no time
    source: str
    message_id: str
    channel: str | None
    properties: dict[str, Any]
    raw_properties: str


class EventReader:
    """Reads events for one catalogue. Reused for every batch, so that decoders and checkers are made once."""

    def __init__(self, catalogue: Catalogue, checkers: Mapping[str, Any], zone: ZoneInfo) -> None:
        self._catalogue = catalogue
        self._checkers = checkers
        self._zone = zone
        self._decode = msgspec.json.Decoder(IncomingEvent).decode
        self._properties = msgspec.json.Decoder(dict[str, Any]).decode
        self._encode = msgspec.json.Encoder().encode

    def read(self, payload: bytes | str, now: int, repeat: int = 0) -> Parsed:
        """One event. EventError says what is wrong with it.

        `repeat` counts earlier identical payloads of the same input; with the content it names an event that came
        with a time but without a message_id, so that the same file read twice changes nothing.
        """
        try:
            event = self._decode(payload)
            properties = self._properties(event.properties)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise EventError("ingest.not_an_event", reason=str(error)) from None
        if _NUL[type(payload)] in payload:  # PostgreSQL stores no NUL character
            raise EventError("ingest.nul")
        check = self._checkers.get(event.name)
        if check is None and self._catalogue.strict_events:
            raise EventError("ingest.unknown_event", name=event.name)
        changed = False
        if check is not None:
            properties, changed = check(properties)
        raw = self._encode(properties) if changed else bytes(event.properties)
        at = None if event.occurred_at is None else _moment(event.occurred_at, self._zone)
        if at is not None and at > now + FUTURE_MS:
            raise EventError("ingest.future", found=event.occurred_at)
        message_id = event.message_id or _message_id(payload, at, repeat)
        return Parsed(
            event.name, self._identities(event.contact), at, event.source, message_id, event.channel, properties,
            raw.decode(),
        )  # fmt: skip

    def _identities(self, contact: Any) -> dict[str, str] | None:
        if contact is None:
            return None
        country = self._catalogue.country
        if not isinstance(contact, dict):
            kind = self._catalogue.default_identity
            return {kind: normalise_identity(kind, str(contact), country)}
        for kind in contact:
            if kind not in self._catalogue.identity_kinds:
                raise EventError("ingest.unknown_identity", kind=kind, known=", ".join(self._catalogue.identity_kinds))
        return {kind: normalise_identity(kind, str(value), country) for kind, value in contact.items()} or None


@lru_cache(maxsize=4096)
def _moment(text: str, zone: ZoneInfo) -> int:
    """Milliseconds of an ISO 8601 date or date-time; without an offset it is local, a date is its 00:00."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
        return floor(moment.timestamp() * 1000 + 0.5)
    except (ValueError, OverflowError):
        raise EventError("ingest.bad_time", found=text) from None


def _message_id(payload: bytes | str, at: int | None, repeat: int) -> str:
    if at is None:
        return token("0123456789abcdef", 24)  # nothing tells it from its like: always a new event
    data = payload.encode() if isinstance(payload, str) else payload
    return f"{sha256(data).hexdigest()[:24]}-{repeat}"
