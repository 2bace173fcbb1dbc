"""The values a rendering reads: picked by the paths the template names, as JSON, so that the ledger can keep them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from automation.templating.variables import Path

Tree: TypeAlias = dict[str, Any]
"""Names to the names below them; None: everything below."""

_AS_IS = frozenset({str, int, float, bool})


def tree_of(paths: Iterable[Path]) -> Tree:
    """The paths as a tree, in which a path swallows those that go on from it."""
    tree: Tree = {}
    for path in sorted(set(paths), key=lambda path: (-len(path), path)):
        inner = tree
        for name in path[:-1]:
            inner = inner.setdefault(name, {})
        inner[path[-1]] = None
    return tree


def pick(tree: Tree, values: Mapping[str, Any]) -> dict[str, Any]:
    """What `values` holds of `tree`. What is absent or None is left out."""
    found: dict[str, Any] = {}
    for name, inner in tree.items():
        value = values.get(name)
        if value is None:
            continue
        if inner is not None and (value.__class__ is dict or isinstance(value, Mapping)):
            found[name] = pick(inner, value)
        else:
            found[name] = value if type(value) in _AS_IS else as_json(value)
    return found


def as_json(value: Any) -> Any:
    """`value` in JSON's types: times as ISO 8601, sets in order. TypeError for anything else."""
    if value is None or type(value) in _AS_IS:
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(as_json(item) for item in value)
    if isinstance(value, (list, tuple)):
        return [as_json(item) for item in value]
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"a template can't read a {type(value).__name__}")


def zone_of(values: Mapping[str, Any]) -> str | None:
    """The name of the time zone in which times are shown: `zone`, or that of `now`."""
    zone = values.get("zone") or getattr(getattr(values.get("now"), "tzinfo", None), "key", None)
    return str(zone) if zone else None
