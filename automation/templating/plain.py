"""The plain text of an HTML e-mail, for those who read without HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_UNSEEN = frozenset({"style", "script", "head", "title", "template"})
_LINES = frozenset({"br", "tr", "li", "h4", "h5", "h6", "div", "section", "header", "footer"})
_PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "table", "ul", "ol", "blockquote", "hr"})


def plain_text(html: str) -> str:
    """The words of `html`, a line for each block; a link keeps its address in brackets."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.words).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._unseen = 0
        self._links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in _UNSEEN
        self._break(tag)
        if tag == "li":
            self.words.append("- ")
        if tag == "a":
            self._links.append((dict(attrs).get("href") or "", len(self.words)))

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in _UNSEEN and self._unseen > 0
        if tag not in ("br", "li"):
            self._break(tag)
        if tag == "a" and self._links:
            address, start = self._links.pop()
            if address.startswith(("http:", "https:")) and "".join(self.words[start:]).strip() != address:
                self.words.append(f" ({address})")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.words.append(re.sub(r"\s+", " ", data))

    def _break(self, tag: str) -> None:
        if tag in _LINES:
            self.words.append("\n")
        elif tag in _PARAGRAPHS:
            self.words.append("\n\n")
