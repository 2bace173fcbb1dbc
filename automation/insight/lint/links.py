"""Links: safe ones, with something to measure their clicks by, that lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from automation.insight.lint.finding import Finding
from automation.insight.lint.uses import asks_consent

if TYPE_CHECKING:
    from automation.insight.lint.bench import Bench
    from automation.insight.lint.sources import Source
    from automation.rules.spec import RuleSpec

_ADDRESS = re.compile(r"https?://(?:\{\{.*?\}\}|\{%.*?%\}|[^\s\"'<>{}\u3000-\u303f\uff00-\uffef])+", re.ASCII)
_BRAND = re.compile(r"\{\{-?\s*brand\.(\w+)[^{}]*\}\}")
_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")
_LOADED = re.compile(r"\b(src|background)\s*=\s*[\"']?$|url\([\"']?$", re.IGNORECASE)
_NO_LINKS = re.compile(r"https?://www\.w3\.org/", re.IGNORECASE)
"""Names of HTML's own, which look like addresses."""
_LEAVES = re.compile(r"unsubscribe|opt-?out|tuiding|退订", re.IGNORECASE)


@dataclass(frozen=True)
class Link:
    """`url` with the brand's variables filled in; those of people are still in braces."""

    url: str
    offset: int

    @property
    def shown(self) -> str:
        return _JINJA.sub("…", self.url)

    @property
    def is_whole(self) -> bool:
        """Whether it is the same for everybody, so that it can be asked for."""
        return "{" not in self.url

    def is_tracked(self, names: tuple[str, ...]) -> bool:
        query = urlsplit(_JINJA.sub("x", self.url)).query
        return any(key.startswith(names) for key, _ in parse_qsl(query, keep_blank_values=True))


def link_forms(bench: Bench, source: Source) -> Iterator[Finding]:
    """L701, L702 in a template."""
    marketing = bench.is_marketing(source)
    seen: set[tuple[str, int]] = set()
    for link in links_in(source.text, bench.project.settings.template_variables):
        place = source.place(link.offset)
        if (link.url, place[1]) not in seen:  # an address is often shown as the text of its own link
            seen.add((link.url, place[1]))
            clicked = not _LOADED.search(source.text[: link.offset])
            yield from _faults(bench, link, place, marketing and clicked)


def rule_link_forms(bench: Bench, rule: RuleSpec) -> Iterator[Finding]:
    """L701, L702 in the parameters of steps that send to people."""
    for text, source, line in bench.rule_texts(rule):
        for link in links_in(text, bench.project.settings.template_variables):
            yield from _faults(bench, link, source.find(text, line), asks_consent(rule))


def dead_links(bench: Bench, source: Source) -> Iterator[Finding]:
    """L703, L704: only when asked, and only links that are the same for everybody."""
    if bench.link_check is None:
        return
    for link in links_in(source.text, bench.project.settings.template_variables):
        answer = bench.link_check(link.url) if link.is_whole else None
        if answer is not None:
            code = "L703" if answer.is_dead else "L704"
            yield Finding(code, *source.place(link.offset), {"link": link.shown, "answer": answer.said})


def links_in(text: str, brand: dict[str, str]) -> Iterator[Link]:
    """Every address, also of those that stand in the settings as `brand.…`."""
    spans: list[tuple[int, int]] = []
    for match in _ADDRESS.finditer(text):
        spans.append(match.span())
        if _NO_LINKS.match(match[0]):
            continue
        yield Link(_BRAND.sub(lambda found: brand.get(found[1], found[0]), match[0]).rstrip(".,;:!?)"), match.start())
    for match in _BRAND.finditer(text):
        url = brand.get(match[1], "")
        inside = any(start <= match.start() < end for start, end in spans)
        if url.startswith(("http://", "https://")) and not inside:
            tail = re.match(r"(?:\{\{.*?\}\}|[^\s\"'<>{}\u3000-\u303f\uff00-\uffef])*", text[match.end() :], re.ASCII)
            yield Link(url + (tail[0] if tail and tail[0][:1] in "/?&#" else ""), match.start())


def _faults(bench: Bench, link: Link, place: tuple[str, int, int], marketing: bool) -> Iterator[Finding]:
    names = bench.project.settings.lint.tracking
    if link.url.startswith("http://"):
        yield Finding("L701", *place, {"link": link.shown})
    if marketing and names and not link.is_tracked(names) and not _LEAVES.search(link.url):
        yield Finding("L702", *place, {"link": link.shown, "names": ", ".join(f"{name}…" for name in names)})
