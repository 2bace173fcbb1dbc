"""What a trigger reads from another database: the query, how far it has been read, and what a row means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automation.calendars.duration import Duration


@dataclass(frozen=True)
class Poll:
    """New rows of `query` (its `:watermark` is the last value of the column `watermark`) become events `event`.

    A row's columns are the event's properties. `key` names the columns that tell it from every other row, `contact`
    the property that names its person, None where the trigger's `people` does.
    """

    source: str
    query: str
    watermark: str
    start: str | int | float
    every: Duration
    key: Sequence[str]
    event: str
    contact: str | None
    occurred_at: str | None

    @property
    def fingerprint(self) -> str:
        """Changes when the rows do; then it is read from `start` again."""
        what = (self.source, self.query, self.watermark, self.start)
        return sha256(repr(what).encode()).hexdigest()[:16]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that every row must have."""
        wanted = (self.watermark, *self.key, self.contact, self.occurred_at)
        return tuple(dict.fromkeys(name for name in wanted if name is not None))
