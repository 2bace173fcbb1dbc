"""A chart as Mermaid text: the one form from which all pictures are drawn."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automation.insight.explain.chart import Arrow, Box, Chart

CHINESE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")
_CHINESE_FONTS = ("Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", "WenQuanYi Micro Hei")
_OTHER_FONTS = ("Noto Sans", "Segoe UI", "Helvetica Neue", "Arial", "DejaVu Sans", "Liberation Sans")

SHAPES: dict[str, tuple[str, str]] = {
    "start": ("([", "])"),
    "gate": ("[", "]"),
    "guard": ("[", "]"),
    "do": ("[", "]"),
    "wait": ("(", ")"),
    "ask": ("{{", "}}"),
    "loop": ("[[", "]]"),
    "stop": ("([", "])"),
    "end": ("([", "])"),
}
COLOURS: dict[str, str] = {
    "start": "fill:#dbeafe,stroke:#2563eb,color:#1e3a8a",
    "gate": "fill:#fef9c3,stroke:#ca8a04,color:#713f12",
    "guard": "fill:#f1f5f9,stroke:#64748b,color:#334155,stroke-dasharray:4 3",
    "do": "fill:#dcfce7,stroke:#16a34a,color:#14532d",
    "wait": "fill:#f3e8ff,stroke:#9333ea,color:#581c87",
    "ask": "fill:#fef9c3,stroke:#ca8a04,color:#713f12",
    "loop": "fill:#e0f2fe,stroke:#0284c7,color:#0c4a6e",
    "stop": "fill:#fee2e2,stroke:#dc2626,color:#7f1d1d",
    "end": "fill:#e2e8f0,stroke:#475569,color:#1e293b",
}
_COLOURS = {
    "lineColor": "#64748b",
    "primaryTextColor": "#1e293b",
    "edgeLabelBackground": "#ffffff",
}
_ESCAPES = {"#": "#35;", "&": "#amp;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "`": "#96;", "\\": "#92;"}
_ESCAPED = str.maketrans(_ESCAPES)


def mermaid(chart: Chart, letters: int = 16) -> str:
    """A flowchart that any Mermaid understands. A remark before each box names the step that it shows.

    `letters` is their size in pixels; a line of a box is as long as 24 of them are wide.
    """
    return "\n".join(_lines(chart, letters)) + "\n"


def escaped(text: str) -> str:
    """What people wrote, as a label that can be nothing else."""
    return " ".join(text.split()).translate(_ESCAPED)


def fonts(chart: Chart) -> str:
    """The families to write with, on whatever system the picture is looked at; what is told decides who goes first."""
    told = "".join(text for box in chart.boxes for text in (box.title, *box.lines))
    chinese = 3 * len(CHINESE.findall(told)) > len(told)
    first, then = (_CHINESE_FONTS, _OTHER_FONTS) if chinese else (_OTHER_FONTS, _CHINESE_FONTS)
    return ", ".join((*first, *then, "sans-serif"))


def _style(chart: Chart, letters: int) -> dict[str, object]:
    return {
        "theme": "base",
        "themeVariables": {**_COLOURS, "fontSize": f"{letters}px", "fontFamily": fonts(chart)},
        "flowchart": {"wrappingWidth": 24 * letters, "padding": 24, "curve": "linear"},
    }


def _lines(chart: Chart, letters: int) -> Iterator[str]:
    yield f"%%{{init: {json.dumps(_style(chart, letters))}}}%%"
    yield "flowchart TB"
    for box in chart.boxes:
        if box.path:
            yield f"  %% {box.id}: {box.path}"
        yield f"  {_box(box)}"
    yield from (f"  {_arrow(arrow)}" for arrow in chart.arrows)
    kinds = dict.fromkeys(box.kind for box in chart.boxes)
    yield from (f"  classDef kind_{kind} {COLOURS[kind]}" for kind in kinds)


def _box(box: Box) -> str:
    begin, end = SHAPES[box.kind]
    label = "<br/>".join(escaped(text) for text in (box.title, *box.lines))
    return f'{box.id}{begin}"{label}"{end}:::kind_{box.kind}'


def _arrow(arrow: Arrow) -> str:
    label = f'|"{escaped(arrow.label)}"|' if arrow.label else ""
    return f"{arrow.source} -->{label} {arrow.target}"
