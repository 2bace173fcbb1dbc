"""What a system says of people, one mapping each with the keys of an import: for the doors that take such in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from automation.contacts.absorbing import absorb
from automation.contacts.columns import target_of
from automation.contacts.reading import Record, Survey
from automation.contacts.rows import Row, RowReader
from automation.errors import AutomationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from automation.catalogue.model import Catalogue
    from automation.contacts.absorbing import Outcome


_FORM = Survey(Path(), "jsonl", "utf-8", ())


def identify(
    conn: Connection,
    catalogue: Catalogue,
    people: Sequence[Mapping[str, Any]],
    now_ms: int,
    zone: ZoneInfo,
    source: str,
) -> list[Outcome | AutomationError]:
    """Take what `source` says of each: `{"phone": …, "contact.level": …, "consent.marketing.sms": "no"}`.

    `consent_at` is when the answers were given; without it a yes stands against no earlier no. One outcome each; an
    AutomationError says what is wrong with an item, of which nothing was taken. Commits nothing.
    """
    outcomes: list[Outcome | AutomationError | None] = []
    rows: list[Row] = []
    for place, values in enumerate(people):
        try:
            bound = [(key, target_of(catalogue, key, key)) for key in values]
            rows.append(RowReader(catalogue, bound, zone, _FORM).read(Record(place, dict(values))))
            outcomes.append(None)
        except AutomationError as error:
            outcomes.append(error)
    found = iter(absorb(conn, catalogue, rows, now_ms, source).outcomes)
    return [next(found) if outcome is None else outcome for outcome in outcomes]
