"""Rules that call each other in a circle, through the events that their actions emit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def circles(calls: Iterable[tuple[str, str, int]]) -> list[list[str]]:
    """Every circle once, each begun with the first of its rules by name; `calls` are (caller, called, how often)."""
    called: dict[str, list[str]] = {}
    for one, two, _ in calls:
        called.setdefault(one, []).append(two)
    found: list[list[str]] = []
    for start in sorted(called):
        _walk(called, start, [start], found)
    return found


def _walk(called: dict[str, list[str]], start: str, path: Sequence[str], found: list[list[str]]) -> None:
    for following in sorted(called.get(path[-1], ())):
        if following == start:
            found.append(list(path))
        elif following > start and following not in path:
            _walk(called, start, [*path, following], found)
