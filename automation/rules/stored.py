"""A rule's normalised content: what is stored of a version, its hash, and the way back to YAML nodes."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping as AnyMapping
from typing import TYPE_CHECKING, Any

from automation.jsontext import writer
from automation.rules.guards import written
from automation.yamltree import Entry, Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from automation.rules.reader import Reader
    from automation.rules.spec import Guards

_canonical = writer(sort_keys=True)
_CONDITIONS = frozenset({"audience", "exit_when", "if", "until", "where", "segments"})
"""Keys below which a number may mean a text: `1.50` of a text field is not `1.5`."""


def content_of(
    reader: Reader, rule: Mapping, guards: Guards, timezone: str, segments: AnyMapping[str, Node]
) -> dict[str, Any]:
    """The rule as JSON values, the defaults, the zone and the segments of its file merged in, its tests left out."""
    ruling = Mapping(tuple(entry for entry in rule.entries if entry.key.value != "tests"), rule.line, rule.column)
    found = {**_json(reader, ruling, False), "guards": written(guards), "timezone": timezone}
    if segments:
        found["segments"] = {name: _json(reader, node, True) for name, node in segments.items()}
    return found


def version_of(content: AnyMapping[str, Any]) -> str:
    """16 hex digits that change when anything in the content does, but not with the order of keys."""
    return hashlib.sha256(_canonical(content).encode()).hexdigest()[:16]


def node_of(value: Any) -> Node:
    """JSON values as nodes of a file that nobody wrote: line 1, column 1."""
    if isinstance(value, AnyMapping):
        entries = tuple(Entry(_scalar(str(name)), node_of(below)) for name, below in value.items())
        return Mapping(entries, 1, 1)
    if isinstance(value, (list, tuple)):
        return Sequence(tuple(node_of(item) for item in value), 1, 1)
    return _scalar(value)


def _json(reader: Reader, node: Node, as_written: bool) -> Any:
    """The node as JSON values; `as_written` keeps numbers in an unusual form as the text they were."""
    if isinstance(node, Scalar):
        return _value(reader, node, as_written) if isinstance(node.value, (int, float)) else node.value
    if isinstance(node, Sequence):
        return [_json(reader, item, as_written) for item in node.items]
    return {
        str(entry.key.value): _json(reader, entry.value, as_written or entry.key.value in _CONDITIONS)
        for entry in node.entries
    }


def _value(reader: Reader, node: Scalar, as_written: bool) -> Any:
    if isinstance(node.value, float) and not math.isfinite(node.value):
        reader.error(node, "", "not_finite", found=node.text)
        return node.text
    return node.text if as_written and json.dumps(node.value) != node.text.lower() else node.value


def _scalar(value: Any) -> Scalar:
    if isinstance(value, str):
        return Scalar(value, value, True, 1, 1)
    return Scalar(value, json.dumps(value), False, 1, 1)
