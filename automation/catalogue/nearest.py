"""The nearest known name, for the end of a sentence about an unknown one."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from automation.i18n import LANGS, Text, lookup

if TYPE_CHECKING:
    from collections.abc import Collection


def nearest(name: str, known: Collection[str]) -> str:
    """The known name that `name` most likely meant; "" when none is near."""
    found = get_close_matches(name.lower(), {item.lower() for item in known}, n=1, cutoff=0.6)
    return next((item for item in known if item.lower() == found[0]), "") if found else ""


def offer(name: str, known: Collection[str]) -> dict[str, Any]:
    """The params of a sentence about an unknown name: `found`, `found_nearest`, and `hint`, which offers it."""
    return {"found": name, **hint(nearest(name, known))}


def hint(near: str) -> dict[str, Any]:
    """The params that offer `near`; an empty hint when it is empty."""
    template = lookup("problems.did_you_mean")
    text = Text(*(template.get(lang).format(nearest=near) for lang in LANGS)) if near else ""
    return {"found_nearest": near, "hint": text}
