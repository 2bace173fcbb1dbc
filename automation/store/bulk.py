"""Many rows at the driver's speed: compiled once, handed over as tuples.

SQLAlchemy's own executemany reaches about half of what the drivers can do, so the hottest inserts come through here.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, BigInteger, Float, Integer

from automation.jsontext import writer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection, Table


TOGETHER = 50
"""Rows in one INSERT of SQLite; more are hardly faster."""
_VARIABLES = 999
"""As many question marks as every SQLite takes in one statement."""


def insert_rows(
    conn: Connection,
    table: Table,
    columns: tuple[str, ...],
    rows: Sequence[Sequence[Any]],
    *,
    skip_existing: bool = False,
) -> int:
    """Insert `rows` (tuples in the order of `columns`) and return how many were written.

    JSON columns take JSON *text*. With `skip_existing`, a row whose unique key is taken is left out in silence.
    """
    if not rows:
        return 0
    cursor = conn.connection.cursor()
    try:
        if conn.dialect.name == "sqlite":
            return _insert_sqlite(cursor, table, columns, rows, skip_existing)
        arrays = [array_text(column) for column in zip(*rows, strict=True)]
        cursor.execute(_postgres(table, columns, skip_existing), arrays)
        return int(cursor.rowcount)
    finally:
        cursor.close()


def _insert_sqlite(
    cursor: Any, table: Table, columns: tuple[str, ...], rows: Sequence[Sequence[Any]], skip_existing: bool
) -> int:
    """Many rows a statement: each costs SQLite half of what it costs alone."""
    together = min(TOGETHER, _VARIABLES // len(columns))
    whole, written = len(rows) - len(rows) % together, 0
    for start in range(0, whole, together):
        values = list(chain.from_iterable(rows[start : start + together]))
        cursor.execute(_sqlite(table, columns, skip_existing, together), values)
        written += cursor.rowcount
    if whole < len(rows):
        cursor.executemany(_sqlite(table, columns, skip_existing), rows[whole:])
        written += cursor.rowcount
    return written


def update_rows(
    conn: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[Sequence[Any]], *, guard: str = ""
) -> int:
    """Update one row of `table` per tuple (id, *columns) and return how many were changed.

    JSON columns take JSON text. `guard` is a constant SQL condition that a row must satisfy to be changed.
    """
    if not rows:
        return 0
    cursor = conn.connection.cursor()
    try:
        if conn.dialect.name == "sqlite":
            cursor.executemany(_sqlite_update(table, columns, guard), rows)
        else:
            arrays = [array_text(column) for column in zip(*rows, strict=True)]
            cursor.execute(_postgres_update(table, columns, guard), arrays)
        return int(cursor.rowcount)
    finally:
        cursor.close()


def allocate_ids(conn: Connection, table: Table, count: int) -> Sequence[int]:
    """`count` fresh, growing ids of `table`. On SQLite the transaction must be a `write()`, which holds the lock."""
    if count == 0:
        return range(0)
    if conn.dialect.name == "sqlite":
        (last,) = conn.exec_driver_sql(f"SELECT coalesce(max(id), 0) FROM {table.name}").one()
        return range(last + 1, last + 1 + count)
    rows = conn.exec_driver_sql(
        "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", (table.name, count)
    )
    return sorted(row[0] for row in rows)


def array_text(values: Iterable[Any]) -> str:
    """Integers, texts and None as PostgreSQL writes an array: psycopg takes ten times as long for a list of texts."""
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: Any) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return "NULL" if value is None else str(value)


to_json = writer()
"""Compact JSON text, as JSON columns take it here."""


@lru_cache(maxsize=256)
def _sqlite(table: Table, columns: tuple[str, ...], skip_existing: bool, rows: int = 1) -> str:
    marks = ", ".join([f"({', '.join('?' * len(columns))})"] * rows)
    tail = " ON CONFLICT DO NOTHING" if skip_existing else ""
    return f"INSERT INTO {table.name} ({_names(columns)}) VALUES {marks}{tail}"


@lru_cache(maxsize=256)
def _postgres(table: Table, columns: tuple[str, ...], skip_existing: bool) -> str:
    arrays = ", ".join(f"%s::{_array_type(table.c[name].type)}" for name in columns)
    picks = ", ".join(
        f"c{i}::jsonb" if isinstance(table.c[name].type, JSON) else f"c{i}" for i, name in enumerate(columns)
    )
    marks = ", ".join(f"c{i}" for i in range(len(columns)))
    tail = " ON CONFLICT DO NOTHING" if skip_existing else ""
    return f"INSERT INTO {table.name} ({_names(columns)}) SELECT {picks} FROM unnest({arrays}) AS t({marks}){tail}"


@lru_cache(maxsize=256)
def _sqlite_update(table: Table, columns: tuple[str, ...], guard: str) -> str:
    sets = ", ".join(f'"{name}" = ?{place}' for place, name in enumerate(columns, start=2))
    return f"UPDATE {table.name} SET {sets} WHERE id = ?1{_and(guard)}"


@lru_cache(maxsize=256)
def _postgres_update(table: Table, columns: tuple[str, ...], guard: str) -> str:
    all_columns = ("id", *columns)
    arrays = ", ".join(f"%s::{_array_type(table.c[name].type)}" for name in all_columns)
    marks = ", ".join(f"c{i}" for i in range(len(all_columns)))
    sets = ", ".join(
        f'"{name}" = t.c{i}' + ("::jsonb" if isinstance(table.c[name].type, JSON) else "")
        for i, name in enumerate(columns, start=1)
    )
    return (
        f"UPDATE {table.name} SET {sets} FROM unnest({arrays}) AS t({marks}) WHERE {table.name}.id = t.c0{_and(guard)}"
    )


def _and(guard: str) -> str:
    return f" AND ({guard})" if guard else ""


def _names(columns: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _array_type(type_: Any) -> str:
    if isinstance(type_, Float):
        return "double precision[]"
    return "bigint[]" if isinstance(type_, (BigInteger, Integer)) else "text[]"
