"""How much one rendering may cost: characters and iterations, counted per thread, so that no template is a bomb."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import Any

MAX_CHARACTERS = 500_000
MAX_ITERATIONS = 10_000


class TooMuch(Exception):
    """The template asks for more characters or iterations than one message can need."""


class _Budget(threading.local):
    characters = MAX_CHARACTERS
    iterations = MAX_ITERATIONS


_budget = _Budget()


def start_budget() -> None:
    """Begin a rendering in this thread."""
    _budget.characters = MAX_CHARACTERS
    _budget.iterations = MAX_ITERATIONS


def spend_iteration() -> None:
    _budget.iterations -= 1
    if _budget.iterations < 0:
        raise TooMuch


def spend_characters(count: int) -> None:
    _budget.characters -= count
    if _budget.characters < 0:
        raise TooMuch


def counted(items: Iterable[Any]) -> Iterator[Any]:
    """The items of a loop, each paid for."""
    for item in items:
        spend_iteration()
        yield item


def measured(text: Any) -> Any:
    """A text that was put together, paid for."""
    spend_characters(len(text))
    return text
