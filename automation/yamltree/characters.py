"""Characters that look right and are not: full-width marks, tabs and wide spaces in indentation, control characters."""

from __future__ import annotations

import re

from automation.problems import Problem

HALF_WIDTH = {
    "：": ":", "，": ",", "“": '"', "”": '"', "‘": "'", "’": "'", "［": "[", "］": "]",
    "｛": "{", "｝": "}",
}  # fmt: skip
"""What YAML wants instead of each full-width mark."""

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BAD_INDENT = re.compile("^ *(?:- +)*([\t\u3000\xa0])", re.MULTILINE)
_KEY_COLON = re.compile(r"[A-Za-z_][\w.]*：", re.ASCII)
_MISPLACED = re.compile(
    r"^\s*(?:-\s+)*[\w.]+(?P<after_key>：)"
    r"|(?:^\s*(?:-\s+)*|[:,]\s+|[\[{]\s*)(?P<before_value>[“”‘’［｛])"
    r"|[\[{][^\]}]*?(?P<in_flow>[：，])"
)
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'|(?:^|\s)#.*")


def cleaned(text: str, file: str) -> tuple[str, list[Problem]]:
    """`text` without a byte order mark and without characters that no text file holds, which are problems."""
    text = text.removeprefix("\ufeff")
    problems = []
    for match in _UNPRINTABLE.finditer(text):
        line, column = _place(text, match.start())
        problems.append(Problem(file, line, column, "yamltree.control_character", {"code": f"U+{ord(match[0]):04X}"}))
    return (_UNPRINTABLE.sub(" ", text) if problems else text), problems


def bad_indents(text: str) -> list[tuple[int, int, str]]:
    """Line, column and character of each tab or wide space in an indentation."""
    if "\t" not in text and "\u3000" not in text and "\xa0" not in text:
        return []
    return [(*_place(text, match.start(1)), match[1]) for match in _BAD_INDENT.finditer(text)]


def mistyped(text: str, *, in_flow: bool, after_key: bool) -> str | None:
    """The full-width mark in an unquoted text that was surely meant as YAML: `level：金卡`, `[银卡，金卡]`."""
    if text[0] in "“‘" and text[-1] in "”’":
        return text[0]
    if not after_key and _KEY_COLON.match(text):
        return "："
    if in_flow and "，" in text:
        return "，"
    return None


def first_full_width(line: str) -> tuple[int, str] | None:
    """Column and mark of what broke a line: a full-width mark outside quotes, where YAML has a mark of its own."""
    bare = _QUOTED.sub(lambda match: " " * len(match[0]), line)
    match = _MISPLACED.search(bare)
    return (match.start(match.lastgroup or 0) + 1, match[match.lastgroup or 0]) if match else None


def _place(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1
