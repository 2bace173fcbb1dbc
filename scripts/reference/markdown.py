"""Markdown in one of two languages: headings, tables that survive `|`, code blocks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from automation.i18n import Lang, Text

Words: TypeAlias = Text | str


@dataclass
class Page:
    """One page in one language. Each method adds a block."""

    lang: Lang
    blocks: list[str] = field(default_factory=list)

    def heading(self, level: int, words: Words) -> None:
        self.blocks.append(f"{'#' * level} {self.say(words)}")

    def text(self, words: Words) -> None:
        self.blocks.append(self.say(words))

    def bullets(self, items: Iterable[Words]) -> None:
        self.blocks.append("\n".join(f"- {self.say(item)}" for item in items))

    def code(self, kind: str, source: str) -> None:
        self.blocks.append(f"```{kind}\n{source.strip()}\n```")

    def table(self, titles: Sequence[Words], rows: Iterable[Sequence[Words]]) -> None:
        lines = [self._row(titles), "|" + " --- |" * len(titles), *map(self._row, rows)]
        self.blocks.append("\n".join(lines))

    def say(self, words: Words) -> str:
        return words.get(self.lang) if isinstance(words, Text) else words

    def markdown(self) -> str:
        return "\n\n".join(self.blocks) + "\n"

    def _row(self, cells: Sequence[Words]) -> str:
        return "| " + " | ".join(_cell(self.say(cell)) for cell in cells) + " |"


def code(text: str) -> str:
    """Inline code."""
    return f"`{text}`"


def codes(names: Iterable[str]) -> str:
    """Names one after the other, each as code."""
    return " ".join(map(code, names))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
