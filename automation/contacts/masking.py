"""Personal data as listings, logs and errors show it: enough for its owner to know it, not for anybody else.

Whoever shows something asks `masker()`. Nothing is shown in full unless a command that was told to reveal, and has
written that into the audit, says so for its block (`revealing`).
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from automation.contacts.personal import Finder, attribute_values, identity_values, stars
from automation.store import contacts as contact_rows
from automation.store import identities

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from sqlalchemy import Connection

    from automation.catalogue.model import Catalogue

_MAIL = r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
_PHONE = r"(?<![0-9A-Za-z+])(?:\+\d{8,15}|(?:86)?1[3-9]\d{9})(?![0-9A-Za-z])"
_LOOKS_PERSONAL = re.compile(f"{_MAIL}|{_PHONE}", re.ASCII)
_QUOTED = re.compile(r"""(['"“‘(])([^'"“”‘’()]*(?:[0-9]|[^\x00-\x7f])[^'"“”‘’()]*)(['"”’)])""")


def mask(value: Any) -> str:
    """As templates mask it; of a web address, what comes before its parameters."""
    text = str(value)
    return text.partition("?")[0] if text.startswith(("http://", "https://")) else stars(text)


class Masker:
    """Masks what is known of the people in question, and whatever looks like a phone number or an e-mail address."""

    revealed = False

    def __init__(self, values: Collection[str] = ()) -> None:
        self._known = Finder(values)

    def text(self, text: str) -> str:
        """A text in which personal data may stand."""
        return _LOOKS_PERSONAL.sub(_masked, self._known.without(text, _masked))

    def personal(self, value: Any) -> Any:
        """A value that is personal as a whole; a list keeps its length."""
        if isinstance(value, (list, tuple, frozenset)):
            return [self.personal(item) for item in value]
        return value if value is None or isinstance(value, bool) else mask(value)

    def value(self, value: Any) -> Any:
        """A JSON value, for example a log row's detail."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {key: self._member(key, item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(item) for item in value]
        return self._known.without(value, _masked)

    def error(self, text: str) -> str:
        """What an exception says: what it quotes may be anybody's."""
        return self.text(_QUOTED.sub(lambda match: f"{match[1]}{mask(match[2])}{match[3]}", text))

    def _member(self, key: str, value: Any) -> Any:
        if key == "identity" and isinstance(value, str):
            kind, colon, named = value.partition(":")
            return kind + colon + mask(named) if colon else self.text(value)
        return self.error(value) if key == "error" and isinstance(value, str) else self.value(value)


class _Revealed(Masker):
    """Shows everything."""

    revealed = True

    def text(self, text: str) -> str:
        return text

    def personal(self, value: Any) -> Any:
        return value

    def value(self, value: Any) -> Any:
        return value

    def error(self, text: str) -> str:
        return text


_current: ContextVar[Masker | None] = ContextVar("automation_masker", default=None)
_NOBODY = Masker()
REVEALED = _Revealed()


def masker() -> Masker:
    """The masker of this block; outside of any, one that knows nobody."""
    return _current.get() or _NOBODY


@contextmanager
def masking(chosen: Masker) -> Iterator[Masker]:
    """Show what is shown inside the block through `chosen`."""
    token = _current.set(chosen)
    try:
        yield chosen
    finally:
        _current.reset(token)


def masker_of(conn: Connection, catalogue: Catalogue, ids: Collection[int]) -> Masker:
    """One that knows these people: their identities, and what of their profile is personal."""
    return Masker(known_values(conn, catalogue, ids))


def known_values(conn: Connection, catalogue: Catalogue, ids: Collection[int]) -> set[str]:
    """The texts by which these contacts would be known, in two queries."""
    rows = {row.id: row for row in contact_rows.read_contacts(conn, ids).values()}
    held = identities.held_by(conn, rows)
    found = identity_values((kind, value) for own in held.values() for kind, value, _ in own)
    for row in rows.values():
        found |= attribute_values(catalogue, row.attributes)
    return {value for value in found if len(value) > 1}


def masked_profile(catalogue: Catalogue, profile: Mapping[str, Any]) -> dict[str, Any]:
    """A profile as it may be shown: what is personal, and what the catalogue doesn't know, is masked."""
    show, fields = masker(), catalogue.fields
    return {
        name: show.personal(value) if name not in fields or fields[name].personal else show.value(value)
        for name, value in profile.items()
    }


def masked_event(catalogue: Catalogue, properties: Mapping[str, Any], name: str | None = None) -> dict[str, Any]:
    """An event's properties as they may be shown. Without a name, what any event's definition calls personal is."""
    show = masker()
    events = [catalogue.events[name]] if name and name in catalogue.events else list(catalogue.events.values())
    defined = [defn for event in events for defn in event.properties.values()]
    personal = {defn.name for defn in defined if defn.personal or defn.identity is not None}
    plain = {defn.name for defn in defined} - personal
    return {key: show.value(value) if key in plain else show.personal(value) for key, value in properties.items()}


def _masked(match: re.Match[str]) -> str:
    return mask(match[0])
