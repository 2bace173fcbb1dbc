"""`attribution`: it changes nothing about who gets what. Checked fully, kept, and said so."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automation.rules.names import Names
    from automation.rules.reader import Reader
    from automation.yamltree import Mapping, Node

MEASURED_KEYS = ("attribution",)
ATTRIBUTION_KEYS = ("credit", "id", "window")


def read_measured(reader: Reader, names: Names, rule: Mapping, path: str) -> None:
    """Check the key of a rule, if it is there."""
    attribution = rule.get("attribution")
    if attribution is not None:
        _attribution(reader, names, attribution, f"{path}/attribution")
    key = rule.key_node("attribution")
    if key is not None:
        reader.warn(key, f"{path}/attribution", "counted_later", what="attribution")


def _attribution(reader: Reader, names: Names, node: Node, path: str) -> None:
    mapping = reader.mapping(node, path, ATTRIBUTION_KEYS, ("credit", "id", "window"))
    if mapping is None:
        return
    credit, who = mapping.get("credit"), mapping.get("id")
    if credit is not None:
        reader.name(credit, path)
    if who is not None:
        names.reference(reader, who, path, ("contact", "event"))
    window = mapping.get("window")
    if window is not None:
        reader.duration(window, path)
