"""The people whom an event names by a property: which identities stand there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from automation.contacts.identity import IdentityError, NobodyError, read_identity

if TYPE_CHECKING:
    from automation.engine.book import RuleBook


def named_identities(book: RuleBook, kind: str, properties: Mapping[str, Any], key: str) -> list[str]:
    """The values, one or a list of them, by which a property names people, in their normal form."""
    value = properties.get(key)
    values = value if isinstance(value, list) else [] if value is None else [value]
    return [text for item in values if (text := _identity(book, kind, str(item))) is not None]


def _identity(book: RuleBook, kind: str, value: str) -> str | None:
    """In its normal form; what can't be one names nobody, and is told as it was written."""
    try:
        return read_identity(book.project.catalogue, kind, value)
    except NobodyError:
        return None
    except IdentityError:
        return value.strip()
