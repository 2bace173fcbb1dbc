"""How far a polled query was read: the value after which it is asked, and the rows beyond it that are known already.

The query is asked again for the last value that was seen, because rows with the same value may come later: on the next
page, or from a transaction that had not ended. So the bookmark stays one value behind, with the rows since then.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from automation.engine.clocks.polled import plain
from automation.errors import AutomationError
from automation.store.bulk import to_json

if TYPE_CHECKING:
    from automation.triggers.base import Poll

_LIMIT = re.compile(r"\b(?:limit|top|first|next)\s*\(?\s*(\d+)", re.IGNORECASE)
NO_LIMIT = 1_000_000
_READ: dict[str, Callable[[str], Any]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "decimal": Decimal,
}


class PollError(AutomationError):
    """A source can't be read, or its rows are not what the rule says."""


@dataclass(frozen=True)
class Bookmark:
    """`after`: what `:watermark` is next; `seen`: the names of the rows after it that became events."""

    after: Any
    seen: frozenset[str] = frozenset()

    @classmethod
    def of(cls, text: str | None, start: Any) -> Bookmark:
        """As it was stored; None: nothing was read yet."""
        if text is None:
            return cls(start)
        stored = json.loads(text)
        after = stored["after"]
        if isinstance(after, dict):
            ((kind, value),) = after.items()
            after = _READ[kind](value)
        return cls(after, frozenset(stored["seen"]))

    def text(self) -> str:
        return to_json({"after": _stored(self.after), "seen": sorted(self.seen)})


@dataclass(frozen=True)
class PolledPage:
    """The rows that are new, each with its name, and where to go on. `full`: there may be more."""

    new: Sequence[tuple[str, Mapping[str, Any]]]
    bookmark: Bookmark
    full: bool


def row_limit(query: str) -> int:
    """How many rows the query itself lets through, as far as it says so."""
    found = _LIMIT.findall(query)
    return int(found[-1]) if found else NO_LIMIT


def read_on(bookmark: Bookmark, rows: Sequence[Mapping[str, Any]], poll: Poll, limit: int) -> PolledPage:
    """What a page of rows brings. PollError when it lacks a column, is out of order, or can't be got past."""
    if not rows:
        return PolledPage((), bookmark, False)
    _check_columns(rows[0], poll)
    values = [row[poll.watermark] for row in rows]
    _check_order(values, poll.watermark)
    last = _first_of_last(values)
    named = [(name_of(row, poll), row) for row in rows]
    new = [(name, row) for name, row in named if name not in bookmark.seen]
    full = len(rows) >= limit
    if full and last == 0 and not new:
        raise PollError("triggers.poll_stuck", column=poll.watermark, value=str(values[-1]), limit=limit)
    tail = frozenset(name for name, _ in named[last:])
    ahead = Bookmark(values[last - 1], tail) if last else Bookmark(bookmark.after, bookmark.seen | tail)
    return PolledPage(new, ahead, full)


def name_of(row: Mapping[str, Any], poll: Poll) -> str:
    """A row's name: the same whenever it is read."""
    text = to_json([plain(row[column]) for column in poll.key])
    return text if len(text) <= 200 else sha256(text.encode()).hexdigest()


def _check_columns(row: Mapping[str, Any], poll: Poll) -> None:
    missing = [name for name in poll.columns if name not in row]
    if missing:
        raise PollError("triggers.poll_no_column", columns=", ".join(missing), known=", ".join(row))


def _check_order(values: Sequence[Any], column: str) -> None:
    if any(value is None for value in values):
        raise PollError("triggers.poll_null", column=column)
    try:
        ordered = all(one <= other for one, other in pairwise(values))
    except TypeError:
        ordered = False
    if not ordered:
        raise PollError("triggers.poll_order", column=column)


def _first_of_last(values: Sequence[Any]) -> int:
    """Where the rows with the last value begin."""
    at = len(values) - 1
    while at and values[at - 1] == values[-1]:
        at -= 1
    return at


def _stored(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"datetime": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if isinstance(value, (int, float, str)) and not isinstance(value, bool):
        return value
    raise PollError("triggers.poll_kind", kind=type(value).__name__)
