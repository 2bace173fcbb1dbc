"""Words: absolute terms that the Advertising Law forbids, and the brand's own voice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from automation.i18n import Text
from automation.insight.lint.finding import Finding
from automation.insight.lint.masking import readable
from automation.insight.lint.terms import Terms
from automation.yamltree import parse, plain

if TYPE_CHECKING:
    from automation.insight.lint.bench import Bench
    from automation.insight.lint.brand import Brand
    from automation.insight.lint.sources import Source
    from automation.rules.spec import RuleSpec


@dataclass(frozen=True)
class Group:
    """Terms that one source forbids."""

    code: str
    source: Text
    terms: Terms


Word = tuple[str, int, Mapping[str, Any]]
"""A code, the offset in the text, and the params of the sentence."""


def wording(bench: Bench, source: Source) -> Iterator[Finding]:
    """L101 to L104 in a template."""
    for code, offset, params in words_in(source.readable, bench.brand):
        yield Finding(code, *source.place(offset), params)


def rule_wording(bench: Bench, rule: RuleSpec) -> Iterator[Finding]:
    """L101 to L104 in the texts that steps send along with their templates."""
    for text, source, line in bench.rule_texts(rule):
        for code, _, params in words_in(readable(text, "text"), bench.brand):
            yield Finding(code, *source.find(params["term"], line), params)


def words_in(text: str, brand: Brand) -> Iterator[Word]:
    """What the law names and what means the same, what the brand never says, and what it says otherwise."""
    seen: set[int] = set()
    for group in groups():
        for offset, term in group.terms.find(text):
            span = range(offset, offset + len(term))
            if seen.isdisjoint(span):
                seen.update(span)
                yield group.code, offset, {"term": term, "source": group.source}
    for offset, term in Terms(brand.excluded).find(text):
        yield "L103", offset, {"term": term}
    prefer = {avoid.lower(): word for avoid, word in brand.preferred.items()}
    for offset, term in Terms(tuple(brand.preferred), tuple(_containing(brand.preferred))).find(text):
        yield "L104", offset, {"term": term, "instead": prefer[term.lower()]}


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
