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

_NAMESPACES = frozenset({"contact", "history"})


def read_segments(reader: Reader, catalogue: Catalogue, node: Node | None, zone: ZoneInfo) -> Segments:
    """The segments of a file, each checked in the file's zone, also when no rule uses it."""
    mapping = reader.mapping(node, "segments", _keys(node)) if node is not None else None
    nodes: dict[str, Node] = {}
    for entry in mapping.entries if mapping else ():
        if reader.label(entry.key, "segments") is not None:
            nodes[entry.key.text] = entry.value
    segments = Segments(catalogue, reader.file, nodes)
    segments.broken |= _circles(reader, nodes)
    for name in nodes:
        segments.condition(name, zone, reader.problems)
    return segments


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
        scope = replace(scope, segments=_Below(self, zone, problems))
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


def _circles(reader: Reader, nodes: dict[str, Node]) -> set[str]:
    """Says each circle once, at the link that closes it; gives the segments in circles."""
    found: set[str] = set()
    done: set[str] = set()
    for name in nodes:
        found |= _follow(reader, nodes, name, [], done)
    return found


def _follow(reader: Reader, nodes: dict[str, Node], name: str, chain: list[str], done: set[str]) -> set[str]:
    if name in done or name not in nodes:
        return set()
    found: set[str] = set()
    chain.append(name)
    for used, at in _uses(nodes[name]):
        if used in chain:
            circle = chain[chain.index(used) :]
            shown = " → ".join((*circle, used))
            reader.error(at, f"segments/{name}", "conditions.segment_circle", chain=shown)
            found |= set(circle)
        else:
            found |= _follow(reader, nodes, used, chain, done)
    chain.pop()
    done.add(name)
    return found
