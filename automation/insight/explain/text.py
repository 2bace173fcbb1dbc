"""An explanation as plain text for a terminal or a mail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automation.insight.explain.explanation import Explanation, Line

INDENT = "  "


def text(explanation: Explanation) -> str:
    """Headings, and below each its sentences; steps are numbered."""
    return "\n".join(_lines(explanation)) + "\n"


def _lines(explanation: Explanation) -> Iterator[str]:
    yield explanation.heading
    for part in explanation.parts:
        yield ""
        yield part.title
        yield from (INDENT + _line(line) for line in part.lines)


def _line(line: Line) -> str:
    mark = "" if line.number is None else f"{line.number}. "
    return INDENT * line.depth + mark + " ".join(line.text.split())
