"""What `explain` answers: the parts of a rule as lines of prose, and its diagram."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from automation.i18n import say

if TYPE_CHECKING:
    from automation.insight.explain.chart import Chart


@dataclass(frozen=True)
class Line:
    """One sentence. `number` is its place in a list of steps; `path` is the step that it tells, if it does."""

    text: str
    depth: int = 0
    number: int | None = None
    path: str = ""


@dataclass(frozen=True)
class Part:
    """One heading with its sentences. `key` names it in programs: `trigger`, `steps` …"""

    key: str
    lines: tuple[Line, ...]

    @property
    def title(self) -> str:
        return say(f"explain.part_{self.key}")


@dataclass(frozen=True)
class Explanation:
    """The whole rule, in the language that was spoken when it was made."""

    rule: str
    name: str
    version: str
    parts: tuple[Part, ...]
    chart: Chart

    @property
    def heading(self) -> str:
        return say("explain.heading", name=self.name, id=self.rule) if self.name != self.rule else self.rule

    def as_dict(self) -> dict[str, Any]:
        parts = [{"key": part.key, "title": part.title, **asdict(part)} for part in self.parts]
        return {
            "rule": self.rule,
            "name": self.name,
            "version": self.version,
            "parts": parts,
            "diagram": asdict(self.chart),
        }
