"""The nodes of a read file. Lines and columns count from 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value. `text` is what was written (without quotes); `quoted` values and block texts are always text."""

    value: str | int | float | bool | None
    text: str
    quoted: bool
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Sequence:
    items: tuple[Node, ...]
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One `key: value`. The key's value is always a text."""

    key: Scalar
    value: Node


@dataclass(frozen=True, slots=True)
class Mapping:
    entries: tuple[Entry, ...]
    line: int
    column: int

    def get(self, name: str) -> Node | None:
        """The value under `name`; None when the key is absent."""
        for entry in self.entries:
            if entry.key.value == name:
                return entry.value
        return None

    def key_node(self, name: str) -> Scalar | None:
        """The key `name` itself, for its position."""
        return next((entry.key for entry in self.entries if entry.key.value == name), None)


Node: TypeAlias = Scalar | Sequence | Mapping


def plain(node: Node | None) -> Any:
    """The node as dicts, lists and values."""
    if isinstance(node, Mapping):
        return {entry.key.value: plain(entry.value) for entry in node.entries}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return node.value if node is not None else None
