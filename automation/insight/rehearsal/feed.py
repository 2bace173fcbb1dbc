"""The events of a stretch of time, as a rehearsal takes them: in batches, each at the moment at which it came."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from automation.clock import from_ms, to_ms
from automation.engine.entry.reading import Parsed
from automation.store.scratch import page_of_events

if TYPE_CHECKING:
    from datetime import datetime

    from automation.engine.entry.ingest import Taken
    from automation.store.database import Database
    from automation.store.types import AnyRow

BATCH = 1_000
TOGETHER = timedelta(seconds=60)
"""Events that came within this time are taken at the moment of the last of them."""
EMITTED = "automation"
"""The source of what the engine's own actions emit: a rehearsal emits it anew."""


@dataclass(frozen=True)
class Batch:
    at: datetime
    events: Sequence[Taken]


def feed(source: Database, begin: datetime, end: datetime, shift: timedelta = timedelta()) -> Iterator[Batch]:
    """What was received in [begin, end), `shift` later; read page by page, each in a transaction of its own."""
    together: list[AnyRow] = []
    for row in _rows(source, to_ms(begin), to_ms(end)):
        if together and (len(together) == BATCH or row.received_at - together[0].received_at > TOGETHER_MS):
            yield _batch(together, shift)
            together = []
        together.append(row)
    if together:
        yield _batch(together, shift)


TOGETHER_MS = int(TOGETHER.total_seconds() * 1000)


def _rows(source: Database, begin: int, end: int) -> Iterator[AnyRow]:
    after = 0
    while True:
        with source.read() as conn:
            page = page_of_events(conn, begin, end, after=after, without=EMITTED)
        if not page:
            return
        yield from page
        after = page[-1].id


def _batch(rows: Sequence[AnyRow], shift: timedelta) -> Batch:
    by = int(shift.total_seconds() * 1000)
    return Batch(from_ms(max(row.received_at for row in rows) + by), [_taken(row, by) for row in rows])


def _taken(row: AnyRow, by: int) -> Taken:
    properties = msgspec.json.decode(row.properties)
    parsed = Parsed(
        row.name, (), row.occurred_at + by, row.source, row.message_id, row.channel, properties, row.properties
    )
    return parsed, row.contact_id
