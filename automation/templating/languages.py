"""The languages of a template: `NAME.en.sms.j2` beside `NAME.sms.j2`, chosen by the person's own `language`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
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
    """The most exact of `there`: `en-GB` is served by en-gb, else by en; `zh-Hant-TW` by zh-hant-tw, zh-tw, zh-hant,
    else by zh. None: the template without a language.

    Every tag in `there` is as `split_language` gives it.
    """
    return next((tag for tag in _served_by(_normal(wanted or "")) if tag in there), None)


def _served_by(tag: str) -> Iterator[str]:
    """The tags that will do, the best first: without what stands last (RFC 4647, 3.4); of Chinese also without the
    script that follows from the region, and by that script."""
    yield from _shorter(tag)
    parts = tag.split("-")
    if parts[0] != "zh" or len(parts) < 2:
        yield parts[0]
        return
    written = next((part for part in parts[1:] if len(part) == 4), None)
    region = next((part for part in parts[1:] if len(part) == 2), None)
    script = written or ("hant" if region in _TRADITIONAL else "hans" if region is not None else None)
    if region is not None and script == ("hant" if region in _TRADITIONAL else "hans"):
        yield f"zh-{region}"
    if script is not None:
        yield f"zh-{script}"
        yield from (f"zh-{one}" for one in (_TRADITIONAL if script == "hant" else _SIMPLIFIED))
    yield "zh"


def _shorter(tag: str) -> Iterator[str]:
    """The tag, and what is left of it as long as it says more than the language."""
    while "-" in tag:
        yield tag
        tag = tag.rpartition("-")[0]


_TRADITIONAL, _SIMPLIFIED = ("tw", "hk", "mo"), ("cn", "sg", "my")
"""The regions whose Chinese is written in one script (CLDR's likely subtags), the most common first."""


def _normal(tag: str) -> str:
    return tag.strip().replace("_", "-").lower()
