"""brand.yaml: the brand's tone, the words it prefers and those it never uses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from automation.catalogue.reading import Reader
from automation.problems import Problem, in_order
from automation.yamltree import Mapping, parse

if TYPE_CHECKING:
    from automation.insight.lint.sources import Source
    from automation.yamltree import Node

FILE = "brand.yaml"
_KEYS = ("tone", "preferred_words", "excluded_terms")


@dataclass(frozen=True)
class Brand:
    """`preferred`: what is written → what the brand says instead. Empty without a file."""

    tone: tuple[str, ...] = ()
    preferred: dict[str, str] = field(default_factory=dict)
    excluded: tuple[str, ...] = ()


def read_brand(source: Source | None) -> tuple[Brand, list[Problem]]:
    """The brand's voice, and everything that is wrong with its file."""
    if source is None:
        return Brand(), []
    root, problems = parse(source.text, FILE)
    reader = Reader(FILE)
    top = reader.mapping(root, "", _KEYS)
    brand = Brand(
        tone=_notes(reader, top.get("tone")),
        preferred=_pairs(reader, top.get("preferred_words")),
        excluded=reader.texts(top.get("excluded_terms"), "excluded_terms") or (),
    )
    return brand, in_order([*problems, *reader.problems])


def _notes(reader: Reader, node: Node | None) -> tuple[str, ...]:
    """One note, or a list of them."""
    if node is None or not hasattr(node, "value"):
        return reader.texts(node, "tone") or ()
    note = reader.text(node, "tone")
    return (note,) if note else ()


def _pairs(reader: Reader, node: Node | None) -> dict[str, str]:
    pairs: Mapping = reader.mapping(node, "preferred_words")
    found = {entry.key.text: reader.text(entry.value, "preferred_words") for entry in pairs.entries}
    return {avoid: prefer for avoid, prefer in found.items() if prefer}
