"""What names a person: the values by which others would recognise them, and how they are taken out of text and JSON."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from automation.catalogue.model import Catalogue

SHORTEST_TOLD = 4
"""A shorter identity can't be told from other words and numbers in what is about others."""
GONE = "erased"
_MOST_STARS = 8
Put: TypeAlias = "str | Callable[[re.Match[str]], str]"


def spellings(kind: str, value: str) -> set[str]:
    """A value as senders write it: a phone number also without its plus or its country."""
    if kind != "phone":
        return {value}
    digits = value.removeprefix("+")
    return {value, digits, digits.removeprefix("86")} if digits.startswith("86") else {value, digits}


def identity_values(identities: Iterable[tuple[str, str]]) -> set[str]:
    """Every spelling of every (kind, value)."""
    return {spelling for kind, value in identities for spelling in spellings(kind, value)}


def attribute_values(catalogue: Catalogue, attributes: Mapping[str, Any]) -> set[str]:
    """The texts of a profile that are personal: flagged so in the catalogue, or not in the catalogue at all."""
    found: set[str] = set()
    for name, value in attributes.items():
        field = catalogue.fields.get(name)
        if field is None or field.personal:
            found |= {text for text in _texts(value) if len(text) >= 2}
    return found


def kept_properties(catalogue: Catalogue, event: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """What of an event names nobody: what the catalogue declares, and neither flags as personal nor as an identity."""
    known = catalogue.events.get(event)
    declared = known.properties if known is not None else {}
    return {
        name: value
        for name, value in properties.items()
        if name in declared and not declared[name].personal and declared[name].identity is None
    }


class Finder:
    """Finds whole values: `M001` is not in `M0011`. Upper and lower case are the same."""

    def __init__(self, values: Collection[str]) -> None:
        listed = "|".join(map(_whole, sorted(values, key=len, reverse=True)))
        self._pattern = re.compile(listed, re.IGNORECASE | re.ASCII) if values else None
        self._numbers = {value for value in values if value.isdecimal()}

    def mentions(self, text: str) -> bool:
        return self._pattern is not None and self._pattern.search(text) is not None

    def without(self, value: Any, put: Put = GONE) -> Any:
        """A text, or a JSON value, with `put` (or what it makes of the match) in place of each."""
        if isinstance(value, str):
            return value if self._pattern is None else self._pattern.sub(put, value)
        if isinstance(value, dict):
            return {self.without(key, put): self.without(item, put) for key, item in value.items()}
        if isinstance(value, list):
            return [self.without(item, put) for item in value]
        if isinstance(value, int) and not isinstance(value, bool) and str(value) in self._numbers:
            return self.without(str(value), put)
        return value


def stars(text: str) -> str:
    """138****5678, z***@example.com, 张*: enough for its owner to know it, not for anybody else."""
    if "@" in text:
        user, _, host = text.partition("@")
        return f"{user[:1]}***@{host}"
    digits = text.removeprefix("+86")
    if len(digits) >= 8 and digits.removeprefix("+").isdigit():
        return f"{digits[:3]}****{digits[-4:]}"
    return text[:1] + "*" * max(1, min(len(text) - 1, _MOST_STARS))


def _whole(value: str) -> str:
    """Not as a part of a longer word or number; an address not as the end of another one."""
    if "@" in value:
        return rf"(?<![\w.+-]){re.escape(value)}(?![\w-]|\.\w)"
    begins = r"(?<![0-9A-Za-z])" if value[0].isascii() else ""
    ends = r"(?![0-9A-Za-z])" if value[-1].isascii() else ""
    return begins + re.escape(value) + ends


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
