"""A finding: a code at a place of a file, a sentence, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from automation.i18n import say
from automation.insight.lint.codes import CODES, Severity


@dataclass(frozen=True)
class Finding:
    """`line` and `column` count from 1. `params` fill the sentence and the remedy; a Text among them is translated."""

    code: str
    file: str
    line: int
    column: int
    params: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def severity(self) -> Severity:
        return CODES[self.code].severity

    def text(self, lang: str | None = None) -> str:
        return say(f"lint.{self.code.lower()}", lang, **self.params)

    def remedy(self, lang: str | None = None) -> str:
        return say(f"lint.{self.code.lower()}_remedy", lang, **self.params)

    def shown(self, lang: str | None = None) -> str:
        """`file:line:column: error L101 sentence`, as compilers and editors know it."""
        word = say(f"lint.{self.severity}", lang)
        return f"{self.file}:{self.line}:{self.column}: {word} {self.code} {self.text(lang)}"

    def as_dict(self) -> dict[str, Any]:
        return {
            "code": self.code, "severity": self.severity, "file": self.file, "line": self.line,
            "column": self.column, "message": self.text(), "remedy": self.remedy(),
        }  # fmt: skip


def in_order(findings: list[Finding]) -> list[Finding]:
    """By file, line, column and code, without repetitions."""
    unique = {(f.file, f.line, f.column, f.code, str(f.params)): f for f in findings}
    return sorted(unique.values(), key=lambda f: (f.file, f.line, f.column, f.code))
