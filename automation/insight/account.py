"""What `why` answers: lines with an answer and the value seen, and one sentence at the end."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Kind = Literal["rule", "trigger", "audience", "entry", "message", "history"]


@dataclass(frozen=True)
class Line:
    """`ok`: ✓, ✗, or None where nothing is decided. `seen` is what was found; `path` is the place in the rule."""

    kind: Kind
    ok: bool | None
    sentence: str
    seen: str = ""
    path: str = ""
    depth: int = 0


@dataclass(frozen=True)
class Account:
    """Why one contact enters one rule or does not, as it is now."""

    rule: str
    contact: int
    lines: tuple[Line, ...]
    conclusion: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
