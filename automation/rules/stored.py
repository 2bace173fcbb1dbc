"""A rule's normalised content: what is stored of a version, its hash, and the way back to YAML nodes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping as AnyMapping
from typing import Any

from automation.rules.guards import written
from automation.rules.spec import Guards
from automation.yamltree import Entry, Mapping, Node, Scalar, Sequence, plain


def content_of(rule: Mapping, guards: Guards, timezone: str) -> dict[str, Any]:
    """The rule as JSON values, with the defaults and the zone of its file merged in."""
    return {**plain(rule), "guards": written(guards), "timezone": timezone}


def version_of(content: AnyMapping[str, Any]) -> str:
    """16 hex digits that change when anything in the content does, but not with the order of keys."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def node_of(value: Any) -> Node:
    """JSON values as nodes of a file that nobody wrote: line 1, column 1."""
    if isinstance(value, AnyMapping):
        entries = tuple(Entry(_scalar(str(name)), node_of(below)) for name, below in value.items())
        return Mapping(entries, 1, 1)
    if isinstance(value, (list, tuple)):
        return Sequence(tuple(node_of(item) for item in value), 1, 1)
    return _scalar(value)


def _scalar(value: Any) -> Scalar:
    if isinstance(value, str):
        return Scalar(value, value, True, 1, 1)
    return Scalar(value, json.dumps(value), False, 1, 1)
