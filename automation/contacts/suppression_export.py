"""The suppression list as CSV or JSON Lines, in the form that its import reads: in any database, whatever its ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TextIO

from automation.catalogue.dates import moment_text
from automation.clock import from_ms
from automation.contacts.cells import join_cell
from automation.csvfiles import CsvWriter, kept_exact
from automation.store.bulk import to_json
from automation.store.identities import held_by
from automation.store.sealing import is_sealed
from automation.store.suppression import SuppressionRow, page_of_suppressions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from automation.store.database import Database

COLUMNS = ("contact", "address", "channel", "reason", "source", "since", "until")
"""`contact`: `kind:value` of each identity; or `address`. `until` is empty for ever."""
PAGE = 1000


def export_suppressions(
    database: Database, out: TextIO, fmt: Literal["csv", "jsonl"], now_ms: int, *, raw: bool = False
) -> tuple[int, int]:
    """Write what holds now. Gives (written, left behind): what an erasure left is a keyed hash, or names nobody."""
    keep = str if raw else kept_exact
    writer = CsvWriter(out, raw=True)
    if fmt == "csv":
        writer.write(COLUMNS)
    written = left = 0
    with database.read() as conn:
        for row in _rows(conn, now_ms):
            if row is None:
                left += 1
                continue
            written += 1
            if fmt == "csv":
                writer.write([keep(_cell(name, row[name])) if row[name] else "" for name in COLUMNS])
            else:
                out.write(to_json({name: value for name, value in row.items() if value}) + "\n")
    return written, left


def _rows(conn: Connection, now_ms: int) -> Iterator[dict[str, Any] | None]:
    after = 0
    while page := page_of_suppressions(conn, now_ms, after=after, limit=PAGE):
        held = held_by(conn, [row.contact_id for row in page if row.contact_id is not None])
        for row in page:
            people = [f"{kind}:{value}" for kind, value, _ in held.get(row.contact_id or 0, ())]
            nobody = row.address is None and not people
            yield None if nobody or is_sealed(row.address or "") else _shown(row, people)
        after = page[-1].id


def _shown(row: SuppressionRow, people: list[str]) -> dict[str, Any]:
    return {
        "contact": people if row.address is None else [],
        "address": row.address or "",
        "channel": row.channel,
        "reason": row.reason,
        "source": row.source,
        "since": moment_text(from_ms(row.created_at)),
        "until": "" if row.until is None else moment_text(from_ms(row.until)),
    }


def _cell(name: str, value: Any) -> str:
    """Several people and addresses may stand in one cell, so one that holds the mark between them is a list too."""
    return join_cell([value] if name == "address" else value) if name in ("contact", "address") else value
