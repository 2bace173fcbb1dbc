"""Finding terms in texts: each where it stands, but not inside a compound that means something else."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Terms:
    """`allow` are longer words; a term that stands inside one of them is passed over."""

    terms: tuple[str, ...]
    allow: tuple[str, ...] = ()

    def find(self, text: str) -> Iterator[tuple[int, str]]:
        """Offset and text of each term, the longest where several begin."""
        passed = [match.span() for match in self._allowed.finditer(text)] if self.allow else []
        for match in self._wanted.finditer(text) if self.terms else ():
            if not any(start <= match.start() and match.end() <= end for start, end in passed):
                yield match.start(), match[0]

    @cached_property
    def _wanted(self) -> re.Pattern[str]:
        return re.compile("|".join(map(_word, _longest_first(self.terms))), re.IGNORECASE)

    @cached_property
    def _allowed(self) -> re.Pattern[str]:
        return re.compile("|".join(map(_word, _longest_first(self.allow))), re.IGNORECASE)


def _longest_first(words: Collection[str]) -> list[str]:
    return sorted(words, key=lambda word: (-len(word), word))


def _word(word: str) -> str:
    """A word in Latin letters is not found inside another one; Chinese has no such borders."""
    before = r"(?<![A-Za-z0-9])" if word[0].isascii() and word[0].isalnum() else ""
    after = r"(?![A-Za-z0-9])" if word[-1].isascii() and word[-1].isalnum() else ""
    return before + re.escape(word) + after
