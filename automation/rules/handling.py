"""The keys of a rule that say how it is handled: who goes first, what is too late, too much or too often wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from automation.rules.reader import is_none

if TYPE_CHECKING:
    from automation.rules.reader import Reader
    from automation.yamltree import Mapping, Node

CATCH_UP = ("latest", "all", "skip")
ON_UNKNOWN = ("hold", "resend")
ON_CHANGE = ("finish", "move", "exit")
MOST_PRIORITY = 100
MOST_ATTEMPTS = 100
MOST_AUDIENCE = 1_000_000_000
NO_LIMIT = 10_000
"""`failure_limit: none`: more than everything can't fail."""


def read_handling(reader: Reader, rule: Mapping, path: str) -> dict[str, Any]:
    """The fields of RuleSpec that the rule names."""
    found = {}
    for name, read in _READERS.items():
        node = rule.get(name)
        value = read(reader, node, f"{path}/{name}") if node is not None else None
        if value is not None:
            found[name] = value
    return found


def _one_of(choices: tuple[str, ...]) -> Callable[[Reader, Node, str], Any]:
    return lambda reader, node, path: reader.choice(node, path, choices)


def _count(least: int, most: int) -> Callable[[Reader, Node, str], Any]:
    return lambda reader, node, path: reader.count(node, path, least, most)


_READERS: dict[str, Callable[[Reader, Node, str], Any]] = {
    "priority": _count(0, MOST_PRIORITY),
    "catch_up": _one_of(CATCH_UP),
    "expires_after": lambda reader, node, path: reader.duration(node, path),
    "max_attempts": _count(1, MOST_ATTEMPTS),
    "max_audience": _count(1, MOST_AUDIENCE),
    "failure_limit": lambda reader, node, path: NO_LIMIT if is_none(node) else reader.percent(node, path),
    "on_unknown": _one_of(ON_UNKNOWN),
    "on_change": _one_of(ON_CHANGE),
}
HANDLING_KEYS = tuple(_READERS)
