"""The moment by which a person entered, and the one answer to "did this happen since the entry?": in Python and in SQL.

It is the trigger event's own time and number; for what fires by the clock, the time it was due and the newest event
then. Never the moment at which we got round to it. An event can't have happened after it arrived, so a sender's clock
that is ahead of ours neither makes an earlier event a later one, nor hides what came after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self

from sqlalchemy import and_, or_

from automation.store.schema import event

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from automation.store.types import AnyRow

AHEAD_MS = 600_000
"""How far ahead of its arrival an event's own time is believed; beyond, it happened so long after it arrived."""


class Dated(Protocol):
    """What the answer looks at of an event. Times are milliseconds UTC."""

    @property
    def event_id(self) -> int | None: ...
    @property
    def occurred_at(self) -> int: ...
    @property
    def received_at(self) -> int: ...


class EntryMoment(NamedTuple):
    """`at`: milliseconds UTC, from which waits and goals count. `arrived`: no later than that, and than the arrival.

    `event_id`: the event that let the person in, or the newest one when a clock did.
    """

    at: int
    event_id: int
    arrived: int

    @classmethod
    def of_event(cls, event_id: int, occurred_at: int, received_at: int) -> Self:
        at = min(occurred_at, received_at + AHEAD_MS)
        return cls(at, event_id, min(at, received_at))

    @classmethod
    def of_run(cls, row: AnyRow) -> Self:
        """Of a row of `run`. One from before these columns, which has ended, counts from when it was written."""
        at = row.entered_at if row.since_at is None else row.since_at
        return cls(at, row.since_event_id or row.event_id or 0, min(at, row.entered_at))

    def precedes(self, one: Dated) -> bool:
        """Whether the event happened since. What came later did, unless it is dated before; what came earlier did if
        it is dated later, and came later than that date. The event itself did not."""
        if (one.event_id or 0) > self.event_id:
            return one.occurred_at >= self.arrived
        return min(one.occurred_at, one.received_at) > self.at


def happened_since(moments: Any) -> ColumnElement[bool]:
    """`EntryMoment.precedes` as a clause over `event`; `moments` are columns: `at`, `event_id` and `arrived`."""
    later = and_(event.c.occurred_at > moments.at, event.c.received_at > moments.at)
    return and_(event.c.occurred_at >= moments.arrived, or_(event.c.id > moments.event_id, later))
