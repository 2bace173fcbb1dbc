"""Reading one incoming event: bytes to checked values, or the reason why not."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from automation.catalogue.nearest import offer
from automation.catalogue.types import ValueProblem, normalise
from automation.clock import token
from automation.contacts.identity import NobodyError, read_identity
from automation.engine.entry.diagnosis import EventError, diagnose, of_source
from automation.engine.entry.moments import read_moment
from automation.engine.entry.translation import read_object, translate

if TYPE_CHECKING:
    from automation.catalogue.model import Catalogue, SourceDef
    from automation.store.identities import Pair

FUTURE_MS = 24 * 3600 * 1000
"""How far ahead of our clock a sender's clock may be."""


_NO_PROPERTIES = msgspec.Raw(b"{}")


class IncomingEvent(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """The wire form of an event. Only `name` is required; what is null is as if it were not there."""

    name: Annotated[str, Meta(min_length=1, max_length=120)]
    contact: str | int | dict[str, str | int | None] | None = None
    occurred_at: str | int | float | None = None
    message_id: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    source: Annotated[str, Meta(max_length=80)] | None = ""
    channel: Annotated[str, Meta(max_length=40)] | None = None
    properties: msgspec.Raw = _NO_PROPERTIES


__all__ = ["EventError", "EventReader", "IncomingEvent", "Parsed", "message_id_of"]

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
        self._sources = catalogue.sources
        self._decode = msgspec.json.Decoder(IncomingEvent).decode
        self._properties = msgspec.json.Decoder(dict[str, Any]).decode
        self._encode = msgspec.json.Encoder().encode

    def read(self, payload: bytes | str, now: int, repeat: int = 0, source: str = "") -> Parsed:
        """One event. EventError says what is wrong with it.

        `repeat` counts earlier identical payloads of the same input; with the content it names an event that came
        with a time but without a message_id, so that the same file read twice changes nothing. `source` is whom the
        door knows it comes from, where the event doesn't say.
        """
        wire, declared = self.translated(payload, source) if self._sources else (payload, None)
        try:
            event = self._decode(wire)
            given = event.properties if event.properties != _NULL else _NO_PROPERTIES
            properties = self._properties(given)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise diagnose(wire) from None
        if _NUL[type(payload)] in payload:  # PostgreSQL stores no NUL character
            raise EventError("ingest.nul")
        check = self._checkers.get(event.name)
        changed = False
        if check is not None:
            properties, changed = self._checked(check, event, properties, source)
        elif self._catalogue.strict_events:
            near = offer(event.name, self._catalogue.events)
            raise EventError(
                "ingest.unknown_event", name=event.name, of_source=of_source(event.source or source), **near
            )
        raw = str(self._encode(properties) if changed else given, "utf-8")
        at = None if event.occurred_at is None else self.moment(event.occurred_at, declared)
        if at is not None and at > now + FUTURE_MS:
            raise EventError("ingest.future", found=event.occurred_at)
        message_id, source = event.message_id or message_id_of(payload, at, repeat), event.source or source
        return Parsed(
            event.name, self.identities(event.contact), at, source, message_id, event.channel, properties, raw,
        )  # fmt: skip

    def translated(self, payload: bytes | str, source: str) -> tuple[bytes | str, SourceDef | None]:
        """The event as ours are written, and its source where that is declared."""
        raw = read_object(payload)
        told = raw.get("source") if raw is not None else None
        declared = self._sources.get(told if isinstance(told, str) and told else source)
        if raw is None or declared is None or not (declared.fields or declared.events or not told):
            return payload, declared
        return self._encode(translate(raw, declared, self._catalogue)), declared

    def translated_in_part(self, payload: bytes | str, source: str) -> tuple[dict[str, Any], SourceDef | None]:
        """As `translated`, whatever is wrong with the event: what its source's declaration doesn't know stays."""
        raw = read_object(payload if isinstance(payload, str) else payload.decode("utf-8", "replace")) or {}
        told = raw.get("source")
        declared = self._sources.get(told if isinstance(told, str) and told else source)
        if declared is None:
            return raw, None
        return translate(raw, declared, self._catalogue, strict=False), declared

    def moment(self, value: Any, source: SourceDef | None = None) -> int:
        """Milliseconds UTC. EventError when it is no time, or not in the form that its source declares."""
        form = source.time if source is not None else None
        zone = ZoneInfo(source.zone) if source is not None and source.zone is not None else self._zone
        found = read_moment(value, zone, form)
        if found is not None:
            return found
        if form is None or source is None:
            raise EventError("ingest.bad_time", found=value)
        raise EventError("ingest.bad_time_form", found=value, source=source.key, form=form)

    def _checked(
        self, check: Any, event: IncomingEvent, properties: dict[str, Any], source: str
    ) -> tuple[dict[str, Any], bool]:
        """A required property that is missing is told with the name that it may have there."""
        try:
            found: tuple[dict[str, Any], bool] = check(properties)
            return found
        except ValueProblem as problem:
            if problem.key != "catalogue.required":
                raise
            known = self._catalogue.events[event.name].properties
            others = [name for name in properties if name not in known]
            near = offer(problem.params["field"], others)
            near.pop("found")
            raise EventError(
                "ingest.lacks", of_source=of_source(event.source or source), name=event.name,
                field=problem.params["field"], known=", ".join(others) or "–", **near,
            ) from None  # fmt: skip

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


def message_id_of(payload: bytes | str, at: int | None, repeat: int) -> str:
    """What names an event whose sender gave it no number."""
    if at is None:
        return token("0123456789abcdef", 24)  # nothing tells it from its like: always a new event
    data = payload.encode() if isinstance(payload, str) else payload
    return f"{sha256(data).hexdigest()[:24]}-{repeat}"
