"""The languages of a template: `NAME.en.sms.j2` beside `NAME.sms.j2`, chosen by the person's own `language`."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

FIELD = "language"
"""The contact's field that says it: a language tag such as en, en-GB, zh-Hant."""
_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*\Z")


def split_language(name: str) -> tuple[str, str | None]:
    """`birthday.en` is the template `birthday` in `en`; a name without a tag behind a dot stays as it is."""
    stem, dot, tag = name.rpartition(".")
    return (stem, _normal(tag)) if dot and _TAG.match(tag) else (name, None)


def language_of(variables: Mapping[str, Any]) -> str | None:
    """What the person's profile says, whatever it is."""
    contact = variables.get("contact")
    value = contact.get(FIELD) if isinstance(contact, Mapping) else None
    return value if isinstance(value, str) else None


def best_language(wanted: str | None, there: Collection[str]) -> str | None:
    """The most exact of `there`: `en-GB` is served by en-gb, else by en. None: the template without a language.

    Every tag in `there` is as `split_language` gives it.
    """
    tag = _normal(wanted or "")
    while tag and tag not in there:
        tag = tag.rpartition("-")[0]
    return tag or None


def _normal(tag: str) -> str:
    return tag.strip().replace("_", "-").lower()
