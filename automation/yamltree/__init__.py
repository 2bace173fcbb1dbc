"""YAML with positions: what a person wrote, where, and everything that is wrong with its form, in one reading.

YAML 1.2 core scalars only. No anchors, tags, merge keys, tabs, duplicate keys or several documents.
"""

from automation.yamltree.nodes import Entry, Mapping, Node, Scalar, Sequence, plain
from automation.yamltree.reader import MAX_DEPTH, parse

__all__ = ["MAX_DEPTH", "Entry", "Mapping", "Node", "Scalar", "Sequence", "parse", "plain"]
