"""After a syntax error: say what it is in an operator's words, and find the other errors of the file.

The file is cut into its blocks (a rule, a field); each is read alone, so that one block's error hides no other's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

from automation.problems import Problem
from automation.yamltree import characters

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# What the parser says, in parts of its sentence → the name of our sentence. The first that fits counts.
_MEANINGS = (
    ("mapping values are not allowed", "syntax_colon"),
    ("found unexpected end of stream", "syntax_unclosed_quote"),
    ("expected ',' or", "syntax_unclosed_bracket"),
    ("expected node content", "syntax_unclosed_bracket"),
    ("could not find expected ':'", "syntax_no_colon"),
    ("cannot start any token", "syntax_bad_start"),
    ("unknown escape", "syntax_escape"),
    ("did not find expected key", "syntax_indent"),
    ("expected '-' indicator", "syntax_indent"),
    ("expected <block end>", "syntax_indent"),
    ("block sequence entries are not allowed", "syntax_indent"),
    ("expected alphabetic or numeric", "syntax_bad_start"),
    ("violates indentation", "tab"),
)


@dataclass(frozen=True)
class _Block:
    """Lines [start, end), which can be read alone; `parent` is the line of the key they stand under."""

    parent: int
    start: int
    end: int


def recover(text: str, file: str, error: yaml.MarkedYAMLError) -> tuple[list[Problem], str | None]:
    """The problem of each block that can't be read, and the text without those blocks; None when nothing is left."""
    lines = text.split("\n")
    faults: list[Problem] = []
    good: dict[int, int] = {}
    for block in _blocks(lines):
        fault = _fault(lines, block, file)
        good[block.parent] = good.get(block.parent, 0) + (fault is None)
        if fault is not None:
            faults.append(fault)
            lines[block.start : block.end] = [""] * (block.end - block.start)
    rest = "\n".join(lines)
    if not faults:
        return [_explained(error, text.split("\n"), file)], None
    if not all(good.values()):
        return faults, None
    left = _syntax_error(rest)
    return ([*faults, _explained(left, lines, file)], None) if left is not None else (faults, rest)


def _fault(lines: list[str], block: _Block, file: str) -> Problem | None:
    error = _syntax_error("\n".join(lines[block.start : block.end]))
    return _explained(error, lines[: block.end], file, block.start) if error is not None else None


def _syntax_error(text: str) -> yaml.MarkedYAMLError | None:
    loader = _Loader(text)
    try:
        while loader.get_event() is not None:
            pass
    except yaml.MarkedYAMLError as error:
        return error
    finally:
        loader.dispose()
    return None


def _explained(error: yaml.MarkedYAMLError, lines: list[str], file: str, offset: int = 0) -> Problem:
    """The problem in our words, at the place where a person has to look; a full-width mark near it is named."""
    said, context = error.problem or "", error.context or ""
    opened = "quoted scalar" in context or "flow" in context
    mark: Any = error.context_mark if opened and error.context_mark else error.problem_mark or error.context_mark
    line = min(mark.line + offset, len(lines) - 1)
    while line > offset and not lines[line].strip():
        line -= 1
    near = {line, line - 1, min((error.problem_mark or mark).line + offset, len(lines) - 1)}
    for number in sorted(near & set(range(offset, len(lines))), key=lambda number: abs(number - line)):
        found = characters.first_full_width(lines[number])
        if found is not None and (number >= line or found[1] == "："):
            params = {"found": found[1], "instead": characters.HALF_WIDTH[found[1]]}
            return Problem(file, number + 1, found[0], "yamltree.full_width", params)
    meaning = next((name for part, name in _MEANINGS if part in said), "syntax")
    return Problem(file, line + 1, mark.column + 1, f"yamltree.{meaning}", {"reason": said})


def _blocks(lines: list[str]) -> list[_Block]:
    """The blocks under each top-level key, or the items of a top-level list."""
    blocks: list[_Block] = []
    tops = [number for number, line in enumerate(lines) if _starts(line) and not line.startswith((" ", "- ", "-\t"))]
    for parent, end in zip([-1, *tops], [*tops, len(lines)], strict=True):
        inner = range(parent + 1, end)
        first = next((number for number in inner if _starts(lines[number])), None)
        if first is None:
            continue
        depth = _indent(lines[first])
        listed = lines[first].lstrip().startswith("-")
        starts = [n for n in inner if _starts(lines[n]) and _indent(lines[n]) <= depth and _opens(lines[n], listed)]
        blocks += [_Block(parent, start, stop) for start, stop in zip(starts, [*starts[1:], end], strict=True)]
    return blocks


def _starts(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _opens(line: str, listed: bool) -> bool:
    return not listed or re.match(r" *-(\s|$)", line) is not None


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
