"""`segments:` of a file: named condition lists, expanded wherever a rule names them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from automation.rules.conditions.parse import GROUPS, SEGMENT, parse_conditions
from automation.rules.conditions.scope import Scope
from automation.yamltree import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from automation.catalogue.model import Catalogue
    from automation.problems import Problem
    from automation.rules.conditions.tree import Condition
    from automation.rules.reader import Reader

MOST_DEEP = 20
"""So many segments may stand on each other."""

_NAMESPACES = frozenset({"contact", "history"})


def read_segments(reader: Reader, catalogue: Catalogue, node: Node | None, zone: ZoneInfo) -> Segments:
    """The segments of a file, each checked in the file's zone, also when no rule uses it."""
    mapping = reader.mapping(node, "segments", _keys(node)) if node is not None else None
    nodes: dict[str, Node] = {}
    segments = Segments(catalogue, reader.file, nodes)
    for entry in mapping.entries if mapping else ():
        name = reader.label(entry.key, "segments")
        if name is not None:
            nodes[name] = entry.value
            segments.broken |= set() if _says_something(reader, entry.value, f"segments/{name}") else {name}
    links = _Links(reader, nodes, segments.broken)
    for name in nodes:
        links.follow(name)
    for name in nodes:
        segments.condition(name, zone, reader.problems)
    return segments


def _says_something(reader: Reader, node: Node, path: str) -> bool:
    if isinstance(node, Scalar) and node.value is None:
        reader.wrong(node, path, "conditions")
        return False
    return not isinstance(node, Sequence) or reader.items(node, path) is not None


@dataclass
class Segments:
    """`broken` ones are never expanded. A condition means times without a zone in the zone of the rule that uses it."""

    catalogue: Catalogue
    file: str
    nodes: dict[str, Node] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    _read: dict[tuple[str, str], Condition | None] = field(default_factory=dict)

    def condition(self, name: str, zone: ZoneInfo, problems: list[Problem] | None = None) -> Condition | None:
        """What `name` stands for; None when it, or one that it uses, is broken. `problems` gets what is wrong."""
        key = (name, zone.key)
        if name in self.broken:
            return None
        if key not in self._read:
            self._read[key] = self._parsed(name, zone, problems if problems is not None else [])
        return self._read[key]

    def used_by(self, names: Collection[str]) -> dict[str, Node]:
        """The definitions behind some names, those that they use included."""
        found: dict[str, Node] = {}
        waiting = sorted(names)
        while waiting:
            name = waiting.pop()
            if name in self.nodes and name not in found:
                found[name] = self.nodes[name]
                waiting += [used for used, _ in _uses(self.nodes[name])]
        return found

    def _parsed(self, name: str, zone: ZoneInfo, problems: list[Problem]) -> Condition | None:
        scope = Scope(self.catalogue, None, namespaces=_NAMESPACES, zone=zone, in_run=False)
        scope = replace(scope, segments=_Below(self, zone, problems), referring=scope)
        mine: list[Problem] = []
        found = parse_conditions(self.nodes[name], scope, mine, self.file, f"segments/{name}")
        problems += mine
        return found


@dataclass(frozen=True)
class _Below:
    """What one segment sees of the others."""

    segments: Segments
    zone: ZoneInfo
    problems: list[Problem]

    def names(self) -> Collection[str]:
        return self.segments.nodes

    def condition(self, name: str) -> Condition | None:
        return self.segments.condition(name, self.zone, self.problems)


@dataclass
class SegmentUse:
    """The segments as one rule sees them; remembers which it names."""

    segments: Segments
    zone: ZoneInfo
    used: set[str] = field(default_factory=set)

    def names(self) -> Collection[str]:
        return self.segments.nodes

    def condition(self, name: str) -> Condition | None:
        self.used.add(name)
        return self.segments.condition(name, self.zone)

    def definitions(self) -> dict[str, Node]:
        """All that the rule needs to be understood without its file."""
        return self.segments.used_by(self.used)


def _keys(node: Node) -> tuple[str, ...]:
    return tuple(entry.key.text for entry in node.entries) if isinstance(node, Mapping) else ()


def _uses(node: Node) -> Iterator[tuple[str, Scalar]]:
    """The segments that a condition list names, in reading order."""
    if isinstance(node, Sequence):
        for item in node.items:
            yield from _uses(item)
    elif isinstance(node, Mapping):
        for entry in node.entries:
            if entry.key.value == SEGMENT and isinstance(entry.value, Scalar):
                yield entry.value.text, entry.value
            elif entry.key.value in GROUPS:
                yield from _uses(entry.value)


@dataclass
class _Links:
    """Follows who uses whom: says each circle once, at the link that closes it, and each chain that is too long."""

    reader: Reader
    nodes: dict[str, Node]
    broken: set[str] = field(default_factory=set)
    depth: dict[str, int] = field(default_factory=dict)
    chain: list[str] = field(default_factory=list)

    def follow(self, name: str) -> int:
        """How many segments stand on each other from `name` down."""
        if name in self.depth:
            return self.depth[name]
        self.chain.append(name)
        below = max((self._below(name, used, at) for used, at in _uses(self.nodes[name])), default=0)
        self.chain.pop()
        self.depth[name] = below + 1
        return below + 1

    def _below(self, name: str, used: str, at: Node) -> int:
        if used not in self.nodes:
            return 0
        if used in self.chain:
            circle = self.chain[self.chain.index(used) :]
            self.reader.error(at, f"segments/{name}", "conditions.segment_circle", chain=" → ".join((*circle, used)))
            self.broken |= set(circle)
            return 0
        below = self.follow(used) if used in self.depth or len(self.chain) < MOST_DEEP else MOST_DEEP
        if below < MOST_DEEP:
            return below
        self.reader.error(at, f"segments/{name}", "conditions.segments_too_deep", most=MOST_DEEP)
        self.broken.add(name)
        return 0
