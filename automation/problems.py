"""A problem in a file that a person wrote: where it is, what it is, and the rule path it belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from automation.i18n import say

Severity = Literal["error", "warning"]


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
        return say(self.key, lang, **self.params)

    def shown(self, lang: str | None = None) -> str:
        """`file:line:column: sentence`, as compilers and editors know it; of what is no file (line 0) the name."""
        word = say(f"problems.{self.severity}", lang)
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {word} {self.text(lang)}"


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """By file, line and column, without repetitions."""
    unique = {(p.file, p.line, p.column, p.key, str(p.params)): p for p in problems}
    return sorted(unique.values(), key=lambda p: (p.file, p.line, p.column, p.key))
