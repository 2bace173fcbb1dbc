"""The words of a file that people may read: all else is blanked, and every character keeps its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

Kind = Literal["text", "html", "yaml"]
BLANK = "\x00"
"""Stands for what nobody reads, so that the words around it don't become one."""

_JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_LITERAL = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_HTML = re.compile(r"<!--.*?-->|<(style|script)\b.*?</\1\s*>|<[^<>]*>", re.DOTALL | re.IGNORECASE)
_URL = re.compile(r"https?://[^\s\"'<>，。；、）】]+", re.ASCII)


def readable(text: str, kind: Kind) -> str:
    """`text` with comments, tags, expressions and addresses blanked; texts inside expressions (defaults) stay."""
    shown = _JINJA.sub(lambda found: _jinja(found[0]), text)
    if kind == "html":
        shown = _HTML.sub(lambda found: _blank(found[0]), shown)
    if kind == "yaml":
        for start, comment in comments(shown):
            shown = shown[:start] + _blank(comment) + shown[start + len(comment) :]
    return _URL.sub(lambda found: _blank(found[0]), shown)


def comments(text: str) -> Iterator[tuple[int, str]]:
    """Each YAML comment from its # to the end of its line, and where it begins."""
    start = 0
    for line in text.splitlines(keepends=True):
        at = _comment_at(line)
        if at is not None:
            yield start + at, line[at:].rstrip("\r\n")
        start += len(line)


def _comment_at(line: str) -> int | None:
    quote = ""
    for index, char in enumerate(line):
        before = line[index - 1] if index else " "
        if quote:
            quote = "" if char == quote and before != "\\" else quote
        elif char in "'\"" and before in " \t[{,:":
            quote = char
        elif char == "#" and before.isspace():
            return index
    return None


def _jinja(tag: str) -> str:
    if not tag.startswith("{{"):
        return _blank(tag)
    kept = _blank(tag)
    for literal in _LITERAL.finditer(tag):
        start, end = literal.start() + 1, literal.end() - 1
        kept = kept[:start] + tag[start:end] + kept[end:]
    return kept


def _blank(text: str) -> str:
    return "".join(char if char == "\n" else BLANK for char in text)
