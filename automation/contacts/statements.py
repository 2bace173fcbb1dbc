"""Which address is somebody's today: of several, the one that a record of them named last.

A source that repeats its own last word states nothing: last year's list, imported every night, takes no new number
away. What events merely mention stands behind what records state (docs/decisions/addresses.md).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from automation.channels import CHANNELS
from automation.store.identities import stated_of, write_statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

    from automation.store.identities import Pair, Stated

ADDRESSES = frozenset(channel.identity for channel in CHANNELS.values() if channel.identity is not None)
"""The kinds of identities that messages are sent to."""


_DATE = re.compile(r"(?:19|20)\d\d([-_.]?)[01]\d\1[0-3]\d(?:[-_T.]?\d{4,6})?(?!\d)")


def source_system(source: str) -> str:
    """Who speaks: the export of each night has its day in its name, and is of one system all the same."""
    return _DATE.sub("#", source)[:200]


def record_statements(conn: Connection, said: Sequence[tuple[int, Sequence[Pair]]], now_ms: int, source: str) -> None:
    """What `source` says of each contact, in this order. Of several values of a kind in one record the first counts."""
    source = source_system(source)
    ids = {contact for contact, pairs in said if any(kind in ADDRESSES for kind, _ in pairs)}
    known = {contact: _Known(held, source) for contact, held in stated_of(conn, ids, ADDRESSES).items()}
    news: dict[Pair, tuple[int, str, str, str]] = {}
    for contact, pairs in said:
        for kind, value in _first_of_each(pairs):
            held = known.get(contact)
            at = held.take(kind, value, now_ms) if held is not None else None
            if at is not None:
                news[kind, value] = (at, source, kind, value)
    write_statements(conn, list(news.values()))


class _Known:
    """What one contact holds, and what the source has named last of each kind."""

    def __init__(self, held: Iterable[Stated], source: str) -> None:
        self._newest: dict[str, int] = {}
        self._last: dict[str, tuple[int, str | None]] = {}
        self._values = set[tuple[str, str]]()
        for one in held:
            self._values.add((one.kind, one.value))
            at = one.stated_at or 0
            self._newest[one.kind] = max(at, self._newest.get(one.kind, 0))
            if one.stated_by == source:
                before, value = self._last.get(one.kind, (0, None))
                # two of one moment: whichever is meant is named again
                self._last[one.kind] = max(at, before), one.value if at > before else None if at == before else value

    def take(self, kind: str, value: str, now_ms: int) -> int | None:
        """As of when it is stated; None where that is nothing new."""
        if (kind, value) not in self._values or self._last.get(kind, (0, None))[1] == value:
            return None
        at = max(now_ms, self._newest.get(kind, 0) + 1)
        self._newest[kind], self._last[kind] = at, (at, value)
        return at


def _first_of_each(pairs: Sequence[Pair]) -> list[Pair]:
    first: dict[str, str] = {}
    for kind, value in pairs:
        if kind in ADDRESSES:
            first.setdefault(kind, value)
    return list(first.items())
