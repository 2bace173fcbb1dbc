"""What becomes of the people who are inside when new files are published."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from automation.i18n import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automation.store.types import AnyRow


@dataclass(frozen=True)
class Inside:
    """People inside one rule. now = finish + move + exit."""

    now: int
    finish: int  # on the version that they entered
    move: int  # to the new one, or stay on the one that goes on
    exit: int

    @property
    def changes(self) -> bool:
        return bool(self.finish or self.exit)

    def as_dict(self) -> dict[str, int]:
        return asdict(self)

    def sentence(self) -> str:
        return say("planning.inside", **asdict(self))


def inside(before: Sequence[AnyRow], after: Sequence[AnyRow]) -> dict[str, Inside]:
    """By rule, from the rows of `store.planning.alive` before and after the new files were published in a copy."""
    found = {}
    for key in dict.fromkeys(row.key for row in before):
        now = sum(row.amount for row in before if row.key == key)
        stay = sum(row.amount for row in after if row.key == key and row.current)
        finish = sum(row.amount for row in after if row.key == key and not row.current)
        found[key] = Inside(now, finish, stay, now - finish - stay)
    return found
