"""One cell: what is put on so that a spreadsheet runs no formula and loses nothing, and what is taken off again.

Three marks, each taken off exactly where it was put on:

1. `'` before what a spreadsheet would run (`=…`, `+…`, `-…`, `@…`), and before what would lose an apostrophe below.
   A negative number stays as it is. An apostrophe before a digit, `'00123`, marks a text in other programs' files.
2. A JSON text, `" a "`, for what reading would change otherwise: space around it, a word that means "empty".
3. Nothing for everything else.
"""

from __future__ import annotations

import json
import re

_SIGNS = frozenset("=+-@＝＋－＠")
_BEGINNINGS = frozenset("\t\r\n")
_UNSEEN = re.compile(r"[\s\ufeff\u200b-\u200f\u2060]*")
_NEGATIVE = re.compile(r"-\d{1,15}(\.\d+)?", re.ASCII)
_BLANKS = frozenset({"", "null", "(null)", "<null>", "n/a", "#n/a", "\\n", "-", "--", "—", "–", "无"})
"""In small letters: what databases, spreadsheets and people write into a cell that holds nothing."""
_LONGEST_BLANK = max(map(len, _BLANKS))


def harmless(cell: str) -> str:
    """`cell`, with an apostrophe in front when a spreadsheet would run it. For cells that others wrote."""
    return "'" + cell if is_formula(cell) else cell


def guarded(cell: str) -> str:
    """`cell` so that no spreadsheet runs it and `unguarded` gives it back, whatever it is."""
    core = cell.lstrip("'")
    return "'" + cell if is_formula(core) or (core != cell and _a_number(core)) else cell


def unguarded(cell: str) -> str:
    if not cell.startswith("'"):
        return cell
    core = cell.lstrip("'")
    return cell[1:] if is_formula(core) or _a_number(core) else cell


def kept_exact(text: str) -> str:
    """The cell that `read_cell` reads as `text`, with every space and every word as it is."""
    return guarded(json.dumps(text, ensure_ascii=False) if _changes(text) else text)


def read_cell(cell: str) -> str:
    """The text of a cell: without the space around it, and without the marks of this module."""
    text = cell.strip()
    if text[:1] not in ("'", '"'):
        return text
    text = unguarded(text).strip()
    inner = _json_text(text)
    return text if inner is None else inner


def is_blank(cell: str) -> bool:
    """Whether the cell, as it stands in the file, says nothing: empty, space, `NULL`, `-`, `无` …"""
    text = cell.strip()
    return len(text) <= _LONGEST_BLANK and text.lower() in _BLANKS


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet would run it. Negative numbers are none; `+86…` would become 8.6E+12."""
    if is_blank(cell):  # a lone - is a text to them
        return False
    if cell[0] in _BEGINNINGS:
        return True
    seen = _UNSEEN.match(cell)
    begin = seen.end() if seen else 0
    return cell[begin : begin + 1] in _SIGNS and not _NEGATIVE.fullmatch(cell)


def _a_number(core: str) -> bool:
    return core[:1].isdigit() or _NEGATIVE.fullmatch(core) is not None


def _changes(text: str) -> bool:
    """Whether reading would make something else of it."""
    return text != text.strip() or is_blank(text) or _json_text(text) is not None


def _json_text(cell: str) -> str | None:
    """What `kept_exact` wrapped; None for every other cell."""
    if len(cell) < 2 or cell[0] != '"' or cell[-1] != '"':
        return None
    try:
        text = json.loads(cell)
    except (ValueError, RecursionError):
        return None
    return text if isinstance(text, str) and _changes(text) else None
