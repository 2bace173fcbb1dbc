"""A chart as SVG, drawn by a library from its Mermaid text, and as PNG. Both work without network and system programs.

The libraries are the extra `diagram`; they are imported here alone, when a picture is asked for.
"""

from __future__ import annotations

import re
from html import escape
from importlib import import_module
from typing import TYPE_CHECKING, Any

from automation.errors import AutomationError
from automation.i18n import say
from automation.insight.explain.mermaid import CHINESE, fonts, mermaid

if TYPE_CHECKING:
    from pathlib import Path

    from automation.insight.explain.chart import Chart

SCALE = 2.0
"""Pixels of a PNG for each unit of the drawing: sharp on paper and on dense screens."""

MEASURED, WRITTEN = 18, 15
"""Pixels of a letter. The library knows few fonts; it makes room for larger letters than are written: wide ones fit."""

_HEADINGS = ("message", "exit", "goal")
_PROBE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40">'
    '<text x="2" y="30" font-size="24" font-family="{family}">{character}</text></svg>'
)


def svg(chart: Chart) -> str:
    """A picture whose words can be looked for and copied. AutomationError when it can't be drawn."""
    library = _library("mmdr")
    try:
        drawn: str = library.render(mermaid(chart, MEASURED)).svg()
    except Exception as error:  # the library is foreign code and raises what it likes
        raise AutomationError("explain.not_drawn", reason=str(error)) from None
    return _with_bold_headings(drawn.replace(f"font-size:{MEASURED}px", f"font-size:{WRITTEN}px"), chart)


def png(chart: Chart, font: Path | None = None) -> bytes:
    """A picture on white. `font` is a file to write with, and nothing else then; without it, what the system has.

    AutomationError where no font can show the diagram's characters: a picture of empty boxes is no answer.
    """
    drawn, library = svg(chart), _library("resvg_py")
    options = _fonts(font)
    _refuse_unreadable(library, fonts(chart), drawn, options)
    made: bytes = library.svg_to_bytes(svg_string=drawn, background="#ffffff", zoom=SCALE, **options)
    return made


def _with_bold_headings(drawn: str, chart: Chart) -> str:
    """The library writes everything alike; the first line of a box with several is its heading."""
    headings = {box.title for box in chart.boxes if box.lines} | {say(f"explain.part_{key}") for key in _HEADINGS}
    any_of = "|".join(re.escape(escape(" ".join(heading.split()), quote=False)) for heading in headings)
    line = rf'(<text [^>]*style="[^"]*)("[^>]*>(?:{any_of}) ?</text>)'
    return re.sub(line, r"\1;font-weight:700;font-size:16px\2", drawn)


def _fonts(font: Path | None) -> dict[str, Any]:
    """The family that stands for sans-serif, and the file that has it."""
    if font is None:
        return {"sans_serif_family": "DejaVu Sans"}
    tools = _library("fontTools.ttLib", "fonttools")
    try:
        with tools.TTFont(font, fontNumber=0, lazy=True) as opened:
            family = opened["name"].getBestFamilyName()
    except Exception as error:  # not a font, or one that is broken in some way of its own
        raise AutomationError("explain.bad_font", file=str(font), reason=str(error)) from None
    return {"font_files": [str(font)], "sans_serif_family": family, "skip_system_fonts": True}


def _refuse_unreadable(library: Any, family: str, drawn: str, options: dict[str, Any]) -> None:
    """Two characters that look the same are not shown at all: both are blank, or the same empty box."""
    pair = ("中", "国") if CHINESE.search(drawn) else ("A", "B")
    first, second = (
        library.svg_to_bytes(svg_string=_PROBE.format(family=family, character=character), **options)
        for character in pair
    )
    if first == second:
        raise AutomationError("explain.no_font")


def _library(module: str, package: str = "") -> Any:
    try:
        return import_module(module)
    except ImportError:
        raise AutomationError("explain.no_library", package=package or module) from None
