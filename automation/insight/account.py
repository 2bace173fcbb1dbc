"""What `why` answers: lines with an answer and the value seen, and one sentence at the end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from automation.contacts.masking import masker

if TYPE_CHECKING:
    from automation.rules.positions import Positions

Kind = Literal[
    "asof", "rule", "trigger", "considered", "audience", "entry", "message", "history", "next",  # of a person
    "queued", "guards", "ledger", "onward",  # of a message
]  # fmt: skip


@dataclass(frozen=True)
class Line:
    """`ok`: ✓, ✗, or None where nothing is decided. `seen` is what was found; `path` is the place in the rule.

    `place` is where that stands in the files: `rules.yaml:42`; empty where it stands in none.
    """

    kind: Kind
    ok: bool | None
    sentence: str
    seen: str = ""
    path: str = ""
    depth: int = 0
    place: str = ""


def masked(account: Account) -> Account:
    """What it says, with personal data masked by the masker of the block: values that are flagged already are."""
    show = masker()
    lines = [replace(line, sentence=show.text(line.sentence), seen=show.text(line.seen)) for line in account.lines]
    return replace(account, lines=tuple(lines), conclusion=show.text(account.conclusion))


def placed(lines: Iterable[Line], positions: Positions) -> tuple[Line, ...]:
    """The lines with the place of each path in the rule's file."""
    return tuple(_placed(line, positions) for line in lines)


def _placed(line: Line, positions: Positions) -> Line:
    if not line.path.startswith(("rules/", "segments/")):
        return line
    return replace(line, place=positions.place(line.path))


@dataclass(frozen=True)
class Account:
    """Why one contact enters one rule or does not, as it is now or was (or will be) `at` a moment (ISO 8601)."""

    rule: str
    contact: int
    lines: tuple[Line, ...]
    conclusion: str
    at: str | None = None
    message: int | None = None  # the account is about this message

    def as_dict(self) -> dict[str, Any]:
        """`at` and `message` are there only where they were asked about."""
        return {name: value for name, value in asdict(self).items() if value is not None}
