"""Several values in one cell: `a|b`, or a JSON list when a value holds a mark itself. The import reads both."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from automation.store.bulk import to_json

if TYPE_CHECKING:
    from collections.abc import Sequence

BAR = "|"
LIST_MARKS = "|;；、\n"
"""What catalogue/types.py takes as the end of an item in a list."""


def join_cell(items: Sequence[str], marks: str = BAR) -> str:
    """The cell that `split_cell` reads as `items`."""
    plain = all(item and item == item.strip() and not any(mark in item for mark in marks) for item in items)
    return BAR.join(items) if plain and not _opens(items) else to_json(list(items))


def split_cell(cell: str) -> list[str]:
    """The items of a cell without the spaces around them; empty ones are left out."""
    listed = listed_cell(cell)
    items = cell.split(BAR) if listed is None else listed
    return [item.strip() for item in items if item.strip()]


def listed_cell(cell: str) -> list[str] | None:
    """The items of a cell that is a JSON list of texts; None for every other cell."""
    if not cell.lstrip().startswith("["):
        return None
    try:
        items = json.loads(cell)
    except (ValueError, RecursionError):
        return None
    return items if isinstance(items, list) and all(isinstance(item, str) for item in items) else None


def _opens(items: Sequence[str]) -> bool:
    return bool(items) and items[0].startswith("[")
