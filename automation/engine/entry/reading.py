"""Reading one incoming event: bytes to checked values, or the reason why not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta

from automation.calendars.local import moment_of
from automation.catalogue.types import normalise
from automation.clock import EPOCH, token
from automation.contacts.identity import NobodyError, read_identity
from automation.errors import AutomationError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from automation.catalogue.model import Catalogue
    from automation.store.identities import Pair

FUTURE_MS = 24 * 3600 * 1000
"""How far ahead of our clock a sender's clock may be."""


class EventError(AutomationError):
    """An event that can't be taken, with the reason."""


_NO_PROPERTIES = msgspec.Raw(b"{}")


class IncomingEvent(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """The wire form of an event. Only `name` is required; what is null is as if it were not there."""

    name: Annotated[str, Meta(min_length=1, max_length=120)]
    contact: str | int | dict[str, str | int | None] | None = None
    occurred_at: str | None = None
    message_id: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    source: Annotated[str, Meta(max_length=80)] | None = ""
    channel: Annotated[str, Meta(max_length=40)] | None = None
    properties: msgspec.Raw = _NO_PROPERTIES


_NULL = msgspec.Raw(b"null")
_NUL: dict[type, Any] = {bytes: b"\\u0000", str: "\\u0000"}


class Parsed(msgspec.Struct, gc=False):
    """A checked event whose contact is not yet resolved. `identities` is empty when it names nobody."""

    name: str
    identities: tuple[Pair, ...]
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
        self._kind = catalogue.default_identity
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
            given = event.properties if event.properties != _NULL else _NO_PROPERTIES
            properties = self._properties(given)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise EventError("ingest.not_an_event", reason=str(error)) from None
        if _NUL[type(payload)] in payload:  # PostgreSQL stores no NUL character
            raise EventError("ingest.nul")
        check = self._checkers.get(event.name)
        changed = False
        if check is not None:
            properties, changed = check(properties)
        elif self._catalogue.strict_events:
            raise EventError("ingest.unknown_event", name=event.name)
        raw = str(self._encode(properties) if changed else given, "utf-8")
        at = None if event.occurred_at is None else self.moment(event.occurred_at)
        if at is not None and at > now + FUTURE_MS:
            raise EventError("ingest.future", found=event.occurred_at)
        message_id, source = event.message_id or message_id_of(payload, at, repeat), event.source or ""
        return Parsed(
            event.name, self.identities(event.contact), at, source, message_id, event.channel, properties, raw,
        )  # fmt: skip

    def moment(self, value: Any) -> int:
        """Milliseconds UTC. EventError when it is no time."""
        if not isinstance(value, str):
            raise EventError("ingest.bad_time", found=value)
        return _moment(value, self._zone)

    def property_of(self, event: str, name: str, value: Any) -> Any:
        """The value as the event's declaration has it. ValueProblem when it is none of its type."""
        known = self._catalogue.events.get(event)
        defn = known.properties.get(name) if known is not None else None
        return value if defn is None else normalise(defn, value, self._zone)

    def identities(self, contact: Any) -> tuple[Pair, ...]:
        """The normalised (kind, value) pairs of an event's `contact`."""
        if contact is None:
            return ()
        if contact.__class__ is not dict:
            return ((self._kind, read_identity(self._catalogue, self._kind, str(contact))),)
        for kind in contact:
            if kind not in self._catalogue.identity_kinds:
                known = ", ".join(self._catalogue.identity_kinds)
                raise EventError("ingest.unknown_identity", kind=kind, known=known)
        return self._named(contact)

    def _named(self, contact: Mapping[str, str | int | None]) -> tuple[Pair, ...]:
        """What is written for nothing is left out, as long as another identity says who it is."""
        found: list[Pair] = []
        nobody: NobodyError | None = None
        for kind, value in contact.items():
            if value is None:
                continue
            try:
                found.append((kind, read_identity(self._catalogue, kind, str(value))))
            except NobodyError as error:
                nobody = error
        if nobody is not None and not found:
            raise nobody
        return tuple(found)


def _moment(text: str, zone: ZoneInfo) -> int:
    """Milliseconds of an ISO 8601 date or date-time; without an offset it is local, a date is its 00:00."""
    second, rest = _second(text[:19]), _rest(text[19:])
    if second is not None and rest is not None:
        return second + rest
    try:
        moment = datetime.fromisoformat(text)
        return _milliseconds(moment if moment.tzinfo else moment_of(moment, zone))
    except (ValueError, OverflowError):
        raise EventError("ingest.bad_time", found=text) from None


# Events come close together: the second, and the fraction with its offset, were mostly seen before.


@lru_cache(maxsize=4096)
def _second(text: str) -> int | None:
    """Milliseconds of `2026-08-01T10:00:00` in UTC; None: another form."""
    return _if_right(text + "Z") if text[10:11] == "T" and text[13:14] == text[16:17] == ":" else None


@lru_cache(maxsize=4096)
def _rest(text: str) -> int | None:
    """Milliseconds that `.123+08:00` adds to a second; None: another form."""
    return _if_right("1970-01-01T00:00:00" + text) if text[-1:] == "Z" or text[-6:-5] in ("+", "-") else None


def _if_right(text: str) -> int | None:
    try:
        return _milliseconds(datetime.fromisoformat(text))
    except ValueError:
        return None


def _milliseconds(moment: datetime) -> int:
    return (moment - EPOCH + timedelta(microseconds=500)) // timedelta(milliseconds=1)


def message_id_of(payload: bytes | str, at: int | None, repeat: int) -> str:
    """What names an event whose sender gave it no number."""
    if at is None:
        return token("0123456789abcdef", 24)  # nothing tells it from its like: always a new event
    data = payload.encode() if isinstance(payload, str) else payload
    return f"{sha256(data).hexdigest()[:24]}-{repeat}"
