"""A problem in a file that a person wrote: where it is, what it is, and the rule path it belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from unicodedata import normalize

from automation.i18n import say

Severity = Literal["error", "warning"]

_FOUND = frozenset(("found", "name", "event", "field"))
"""Params that hold what the author wrote; an empty one of the others is a part that the sentence leaves out."""


@dataclass(frozen=True)
class Problem:
    """`line` and `column` count from 1. `key` and `params` are the sentence in the i18n tables.

    A param whose name ends in `_nearest` holds the nearest known name, or "" when none is near.
    """

    file: str
    line: int
    column: int
    key: str
    params: Mapping[str, Any] = field(default_factory=dict, hash=False)
    path: str = ""
    severity: Severity = "error"

    def text(self, lang: str | None = None) -> str:
        return say(self.key, lang, **{name: _visible(name, value) for name, value in self.params.items()}) + (
            self._half_width(lang)
        )

    def shown(self, lang: str | None = None) -> str:
        """`file:line:column: sentence`, as compilers and editors know it; of what is no file (line 0) the name."""
        word = say(f"problems.{self.severity}", lang)
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {word} {self.text(lang)}"

    def _half_width(self, lang: str | None) -> str:
        """On a Chinese keyboard `10:00` easily becomes `１０：００`, which looks right: say what is wrong with it.

        (A single character is the sentence's own subject: it is told by the YAML reader.)
        """
        found = self.params.get("found")
        if not isinstance(found, str) or found.isascii():
            return ""
        narrow = normalize("NFKC", found)
        return say("problems.full_width", lang, narrow=narrow) if narrow.isascii() and len(narrow) > 1 else ""


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """By file, line and column, without repetitions."""
    unique = {(p.file, p.line, p.column, p.key, str(p.params)): p for p in problems}
    return sorted(unique.values(), key=lambda p: (p.file, p.line, p.column, p.key))


def _visible(name: str, value: Any) -> Any:
    """An empty text in quotes, so that the sentence says what was found."""
    blank = isinstance(value, str) and not value.strip()
    return f'"{value}"' if blank and name in _FOUND else value
