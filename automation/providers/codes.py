"""Codes: what a provider's own words mean, whom they are about, and where its maker says so.

Whose fault it is decides what follows. What is said of one person never counts against the account that sent it; what
is said of the account never fails a person: the message waits, and uses up no attempt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from automation.i18n import Text
from automation.providers.base import Outcome

if TYPE_CHECKING:
    from automation.providers.base import About, Effect


@dataclass(frozen=True)
class Code:
    """One code of a provider. `again`: the same message may get through later.

    About the account, that is always so; about the person or the message, only where it is said here.
    """

    about: About
    meaning: Text
    source: str
    effect: Effect | None = None
    again: bool = False

    def outcome(self, code: str, words: str | None, wait: float | None = None) -> Outcome:
        """What it means for a message. `wait`: seconds that the provider asked for."""
        if self.about == "account" or self.again:
            return Outcome.transient(code, words, wait, about=self.about)
        return Outcome.permanent(code, words, self.effect, about=self.about)


Codes: TypeAlias = Mapping[str, Code]


def table(source: str, *rows: tuple[str, About, str, str, Effect | bool | None]) -> dict[str, Code]:
    """Rows of (code, about, Chinese, English, what follows): an effect on the person, True for `again`, or nothing.

    `source` may hold `{code}`.
    """
    return {
        code: Code(
            about, Text(zh, en), source.format(code=code),
            None if isinstance(then, bool) else then, again=then is True,
        )
        for code, about, zh, en, then in rows
    }  # fmt: skip
