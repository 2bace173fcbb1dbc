"""E-mail: its text part and its subject."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from automation.insight.lint.finding import Finding

if TYPE_CHECKING:
    from automation.insight.lint.bench import Bench
    from automation.insight.lint.rendering import Rendering

_EMPTY = "templating.empty"


def text_part(bench: Bench, rendering: Rendering) -> Iterator[Finding]:
    """L501: without a block `text`, the text is made from the HTML."""
    if rendering.use.channel == "email" and not _has_block(bench, rendering, "text"):
        yield Finding("L501", *rendering.place, {"template": rendering.template.name})


def subject(bench: Bench, rendering: Rendering) -> Iterator[Finding]:
    """L502, L503."""
    if rendering.use.channel != "email":
        return
    place = _subject_place(rendering)
    empty = sum(error.key == _EMPTY and error.params["part"] == "subject" for _, error in rendering.errors)
    if empty:
        yield Finding("L502", *place, rendering.of_people(empty))
    most = bench.project.settings.lint.subject_characters
    lengths = [len(content.subject or "") for content in rendering.contents]
    long = [length for length in lengths if length > most]
    if long:
        yield Finding("L503", *place, {"most": most, "longest": max(long), **rendering.of_contents(len(long))})


def _has_block(bench: Bench, rendering: Rendering, name: str) -> bool:
    used = [s for s in bench.sources.values() if (rendering.template.name, "email") in s.templates]
    return any(_block_offset(source.text, name) is not None for source in used)


def _subject_place(rendering: Rendering) -> tuple[str, int, int]:
    offset = _block_offset(rendering.source.text, "subject")
    return rendering.place if offset is None else rendering.source.place(offset)


def _block_offset(text: str, name: str) -> int | None:
    found = re.search(rf"\{{%[-+]?\s*block\s+{name}\b", text)
    return found.start() if found else None
