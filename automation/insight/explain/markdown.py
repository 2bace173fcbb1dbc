"""An explanation as Markdown: for a wiki, a merge request, or a page to print; the diagram is inside as Mermaid."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from automation.i18n import say
from automation.insight.explain.mermaid import mermaid

if TYPE_CHECKING:
    from automation.insight.explain.explanation import Explanation, Line

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~])")


def markdown(explanation: Explanation) -> str:
    """What people wrote is escaped, so that it changes nothing but the words."""
    blocks = [f"# {_escaped(explanation.heading)}"]
    for part in explanation.parts:
        blocks += [f"## {part.title}", "\n".join(_listed(part.lines))]
    blocks += [f"## {say('explain.part_diagram')}", f"```mermaid\n{mermaid(explanation.chart)}```"]
    return "\n\n".join(blocks) + "\n"


def _listed(lines: Sequence[Line]) -> Iterator[str]:
    """One list: numbered where the lines are."""
    for line in lines:
        mark = "- " if line.number is None else f"{line.number}. "
        yield "   " * line.depth + mark + _escaped(line.text)


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
