"""A whole database moves into another one, from SQLite to PostgreSQL or back: every table of the schema, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import JSON, Text, cast, func, select
from sqlalchemy.exc import DBAPIError

from automation.errors import StoreError
from automation.store.audit import AuditRow, write_audit
from automation.store.bulk import insert_rows
from automation.store.schema import metadata

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Table

    from automation.store.database import Database

PORTION = 5_000
"""Rows in hand at once."""


def relocate(
    source: Database, target: Database, now: int, *, actor: str, tell: Callable[[int], None] = lambda _: None
) -> dict[str, int]:
    """Copy all that `source` holds into `target`, which is migrated and empty, and give how many rows each table had.

    One transaction there, so a failure leaves it empty; nobody writes to a SQLite source meanwhile. Nothing is deleted
    here. `tell` is called with the rows of each portion. StoreError when `target` isn't empty or doesn't take a row.
    """
    copied: dict[str, int] = {}
    reading = source.write if source.is_sqlite else source.snapshot
    with reading() as here, target.write() as there:
        _refuse_full(there, target)
        for table in metadata.sorted_tables:
            try:
                copied[table.name] = _copy(here, there, table, tell)
            except (DBAPIError, target.engine.dialect.loaded_dbapi.Error) as error:  # `insert_rows` asks the driver
                reason = " ".join(str(getattr(error, "orig", error)).split())
                raise StoreError("store.not_copied", table=table.name, reason=reason) from None
            _go_on_counting(there, table)
        _compare(here, there, copied)
        detail = {"from": source.dialect, "to": target.dialect, "rows": sum(copied.values())}
        write_audit(there, [AuditRow(now, actor, "database.moved", "database", detail)])
    return copied


def _refuse_full(conn: Connection, target: Database) -> None:
    for table in metadata.sorted_tables:
        if conn.execute(select(func.count()).select_from(select(1).select_from(table).limit(1).subquery())).scalar():
            raise StoreError("store.not_empty", url=target.shown, table=table.name)


def _copy(here: Connection, there: Connection, table: Table, tell: Callable[[int], None]) -> int:
    """In the order of its key; JSON as its text."""
    names = tuple(column.name for column in table.columns)
    columns = [cast(c, Text).label(c.name) if isinstance(c.type, JSON) else c for c in table.columns]
    rows = here.execution_options(stream_results=True).execute(select(*columns).order_by(*table.primary_key))
    count = 0
    for portion in rows.partitions(PORTION):
        count += insert_rows(there, table, names, portion)
        tell(len(portion))
    return count


def _go_on_counting(conn: Connection, table: Table) -> None:
    """PostgreSQL's next id comes after the copied ones; SQLite looks at the rows themselves."""
    if conn.dialect.name == "sqlite":
        return
    for column in table.primary_key:
        sequence = conn.exec_driver_sql(
            "SELECT pg_get_serial_sequence(%s, %s)", (table.name, column.name)
        ).scalar_one()  # None for a key that is given
        newest = conn.execute(select(func.max(column))).scalar() if sequence else None
        if newest is not None:
            conn.exec_driver_sql("SELECT setval(%s, %s)", (sequence, newest))


def _compare(here: Connection, there: Connection, copied: dict[str, int]) -> None:
    for table in metadata.sorted_tables:
        wanted, found = (conn.execute(select(func.count()).select_from(table)).scalar_one() for conn in (here, there))
        if not wanted == found == copied[table.name]:
            raise StoreError("store.not_copied", table=table.name, reason=f"{found} / {wanted}")
