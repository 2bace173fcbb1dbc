"""Words: absolute terms that the Advertising Law forbids, and the brand's own voice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from automation.i18n import Text
from automation.insight.lint.finding import Finding
from automation.insight.lint.terms import Terms
from automation.yamltree import parse, plain

if TYPE_CHECKING:
    from automation.insight.lint.bench import Bench
    from automation.insight.lint.sources import Source


@dataclass(frozen=True)
class Group:
    """Terms that one source forbids."""

    code: str
    source: Text
    terms: Terms


def absolute_terms(_: Bench, source: Source) -> Iterator[Finding]:
    """L101, L102: what the law names, and what means the same."""
    seen: set[int] = set()
    for group in groups():
        for offset, term in group.terms.find(source.readable):
            if not seen & set(range(offset, offset + len(term))):
                seen |= set(range(offset, offset + len(term)))
                yield Finding(group.code, *source.place(offset), {"term": term, "source": group.source})


def brand_voice(bench: Bench, source: Source) -> Iterator[Finding]:
    """L103, L104: what the brand never says, and what it says otherwise."""
    brand = bench.brand
    for offset, term in Terms(brand.excluded).find(source.readable):
        yield Finding("L103", *source.place(offset), {"term": term})
    prefer = {avoid.lower(): word for avoid, word in brand.preferred.items()}
    for offset, term in Terms(tuple(brand.preferred), tuple(_containing(brand.preferred))).find(source.readable):
        yield Finding("L104", *source.place(offset), {"term": term, "instead": prefer[term.lower()]})


@cache
def groups() -> tuple[Group, ...]:
    """The kept list. The whole of it is checked by a test."""
    text = (files("automation.insight.lint") / "absolute_terms.yaml").read_text(encoding="utf-8")
    tree, problems = parse(text, "absolute_terms.yaml")
    assert not problems, problems
    listed: list[dict[str, Any]] = plain(tree)["groups"]
    everywhere = tuple(word for each in listed for word in each["allow"])
    return tuple(
        Group(each["code"], Text(each["source"]["zh"], each["source"]["en"]), Terms(tuple(each["terms"]), everywhere))
        for each in listed
    )


def _containing(preferred: dict[str, str]) -> Iterator[str]:
    """`会员用户`, preferred to `用户`, is no `用户`."""
    return (word for avoid, word in preferred.items() if avoid.lower() in word.lower() and avoid != word)
