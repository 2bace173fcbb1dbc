"""Everything known of one person, as one JSON document that is written as it is read, however long it is.

The shape: `format`, `exported_at`, `contact_id`, then one list for each table that holds rows about the person, named
like the table (docs/database.md), of objects with its columns. Times are ISO 8601. Added to the columns are `rule`,
`batch` and `segment` (their names), and of messages `content`: what was sent. `consent_history` and `audit` are the
entries of the audit. A new table about contacts is in it by itself.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from automation.clock import from_ms
from automation.contacts.masking import REVEALED, masking
from automation.contacts.names import ContactError
from automation.insight.content import content_of
from automation.store import dossier as rows
from automation.store.contacts import merged_ids, survivors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from automation.catalogue.model import Catalogue
    from automation.store.database import Database

FORMAT = "automation.person/1"


def dossier(database: Database, catalogue: Catalogue, contact_id: int, now: datetime, zone: ZoneInfo) -> Iterator[str]:
    """The document, piece by piece. ContactError when there is no such contact."""
    with database.snapshot() as conn:
        today = survivors(conn, [contact_id]).get(contact_id)
        if today is None:
            raise ContactError("contacts.unknown_id", id=contact_id)
        people = [today, *merged_ids(conn, today)]
        head = {"format": FORMAT, "exported_at": now.astimezone(zone).isoformat(), "contact_id": today}
        yield "{\n" + ",\n".join(f"{_text(name)}: {_text(value)}" for name, value in head.items())
        for name, found in _sections(conn, catalogue, people):
            yield f",\n{_text(name)}: "
            yield from _list(_with_times(row, zone) for row in found)
        yield "\n}\n"


def _sections(
    conn: Connection, catalogue: Catalogue, people: list[int]
) -> Iterator[tuple[str, Iterable[dict[str, Any]]]]:
    for name in rows.tables():
        found = rows.of_people(conn, name, people)
        yield name, _told(conn, catalogue, found) if name in ("message", "test_message") else found
    addresses = rows.addresses_of(conn, people)
    yield "suppressed_addresses", rows.suppressed(conn, addresses)
    yield "consent_history", rows.audited(conn, people, [], "consent.")
    yield "audit", rows.audited(conn, people, addresses)


def _told(conn: Connection, catalogue: Catalogue, found: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Messages with what they said."""
    for row in found:
        with masking(REVEALED):
            content, problem = content_of(conn, catalogue, rows.as_row(row))
        parts = {} if content is None else {k: v for k, v in vars_of(content).items() if v is not None}
        yield {**row, "content": parts or None, "content_problem": problem}


def vars_of(content: Any) -> dict[str, Any]:
    return {name: getattr(content, name) for name in ("subject", "text", "html", "data")}


def _list(items: Iterable[dict[str, Any]]) -> Iterator[str]:
    yield "["
    for number, item in enumerate(items):
        yield (",\n  " if number else "\n  ") + _text(item)
    yield "\n]"


def _with_times(row: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    return {
        name: from_ms(value).astimezone(zone).isoformat(timespec="milliseconds") if _is_time(name, value) else value
        for name, value in row.items()
    }


def _is_time(name: str, value: Any) -> bool:
    return isinstance(value, int) and (name in ("at", "until", "since", "expires") or name.endswith(("_at", "_until")))


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
