"""Where each path of a rule stands in its file: for those who tell an operator, never for the engine."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence as AnySequence
from dataclasses import dataclass, field
from functools import cached_property

from automation.yamltree import Mapping, Node, Scalar, Sequence

_PASSED_OVER = frozenset({"with", "wait", "wait_for", "split"})
"""Keys that no path names: what is below them belongs to the step or trigger itself."""


@dataclass(frozen=True, eq=False)
class Positions:
    """The lines of one rule's file by the paths that errors, traces and logs use. Looked up only when asked.

    `rules/promo/guards/cooldown` is the line in the rule or, where the rule says nothing, that in `defaults:`.
    """

    file: str = ""
    nodes: AnyMapping[str, Node] = field(default_factory=dict, repr=False)  # by path: the rule, defaults, its segments

    def line(self, path: str) -> int | None:
        """The line of a path, or of what it stands in; None for a part of the rule that the file does not have."""
        if path in self._lines:
            return self._lines[path]
        before, guards, name = path.partition("/guards/")
        if guards:
            return self._lines.get(f"defaults/{name}")
        above = before.rpartition("/")[0]
        return self.line(above) if above and above not in self.nodes else None

    def place(self, path: str) -> str:
        """`rules.yaml:42`; empty when the file has no such place."""
        line = self.line(path) if self.file else None
        return f"{self.file}:{line}" if line is not None else ""

    @cached_property
    def _lines(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for path, node in self.nodes.items():
            found.setdefault(path, node.line)
            _walk(node, path, found)
        return found


def _walk(node: Node, path: str, found: dict[str, int]) -> None:
    """What is below a node. The first thing on a path gives it its line."""
    if isinstance(node, Sequence):
        _walk_items(node.items, path, found)
    elif isinstance(node, Mapping):
        for entry in node.entries:
            _walk_entry(str(entry.key.value), entry.key, entry.value, path, found)


def _walk_items(items: AnySequence[Node], path: str, found: dict[str, int]) -> None:
    for index, item in enumerate(items):
        found.setdefault(f"{path}/{index}", item.line)
        _walk(item, f"{path}/{index}", found)


def _walk_entry(name: str, key: Scalar, value: Node, path: str, found: dict[str, int]) -> None:
    below = f"{path}/{name}"
    found.setdefault(below, key.line)
    if name in _PASSED_OVER:
        _walk_parameters(value, path, found)
    elif name == "arms" and isinstance(value, Sequence):
        for arm in value.items:
            _walk_arm(arm, below, found)
    elif name == "repeat" and isinstance(value, Mapping):
        for entry in value.entries:
            inner = below if entry.key.value == "steps" else f"{path}/{entry.key.value}"
            found.setdefault(inner, entry.key.line)
            _walk(entry.value, inner, found)
    else:
        _walk(value, below, found)


def _walk_parameters(value: Node, path: str, found: dict[str, int]) -> None:
    """Conditions among parameters have the paths of a list that stands directly below the trigger or step."""
    _walk(value, path, found)
    for entry in value.entries if isinstance(value, Mapping) else ():
        if isinstance(entry.value, Sequence):
            _walk_items(entry.value.items, path, found)


def _walk_arm(arm: Node, path: str, found: dict[str, int]) -> None:
    """An arm's steps are `arms/A/0`."""
    name, steps = (arm.get("arm"), arm.get("steps")) if isinstance(arm, Mapping) else (None, None)
    if isinstance(name, Scalar):
        found.setdefault(f"{path}/{name.value}", arm.line)
        if steps is not None:
            _walk(steps, f"{path}/{name.value}", found)
