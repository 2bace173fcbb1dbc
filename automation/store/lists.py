"""Plain SQL for both databases: `?` is one parameter, `= ANY(?)` takes a list of any length as one parameter."""

from __future__ import annotations

from collections import namedtuple
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from automation.store.bulk import array_text, to_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from automation.store.types import AnyRow


def fetch(conn: Connection, sql: str, *params: Any) -> list[tuple[Any, ...]]:
    """All rows of a query, at the driver's speed. A parameter that is a list belongs to an `= ANY(?)`."""
    cursor = conn.connection.cursor()
    try:
        if conn.dialect.name == "sqlite":
            cursor.execute(_sqlite(sql), tuple(to_json(v) if isinstance(v, list) else v for v in params))
        else:
            cursor.execute(_postgres(sql), tuple(array_text(v) if isinstance(v, list) else v for v in params))
        return list(cursor.fetchall())
    finally:
        cursor.close()


def named_rows(conn: Connection, query: Any) -> list[AnyRow]:
    """All rows of a Core query as named tuples: SQLAlchemy's own rows take 20 times as long to give up a column."""
    result = conn.execute(query)
    make = _record(tuple(result.keys()))._make
    return [make(row) for row in result.all()]


def run(conn: Connection, sql: str, *params: Any) -> Any:
    """Execute `sql`; a parameter that is a list belongs to an `= ANY(?)`. Gives SQLAlchemy's result."""
    if conn.dialect.name == "sqlite":
        values = tuple(to_json(value) if isinstance(value, list) else value for value in params)
        return conn.exec_driver_sql(_sqlite(sql), values)
    values = tuple(array_text(value) if isinstance(value, list) else value for value in params)
    return conn.exec_driver_sql(_postgres(sql), values)


def changed(conn: Connection, sql: str, *params: Any) -> int:
    """Execute `sql` and give the number of rows that it wrote. For parameters that are no lists."""
    cursor = conn.connection.cursor()
    try:
        cursor.execute(sql if conn.dialect.name == "sqlite" else _postgres(sql), params)
        return int(cursor.rowcount)
    finally:
        cursor.close()


def run_many(conn: Connection, sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Execute `sql` once per row, as one batch."""
    if rows:
        conn.exec_driver_sql(sql if conn.dialect.name == "sqlite" else _postgres(sql), list(rows))


def read_object(value: Any) -> dict[str, Any]:
    """A JSON object as a plain query gives it: text on SQLite, read already on PostgreSQL."""
    decoded: dict[str, Any] = msgspec.json.decode(value) if isinstance(value, str) else value
    return decoded


@lru_cache(maxsize=256)
def _record(names: tuple[str, ...]) -> Any:
    return namedtuple("Row", names)


@lru_cache(maxsize=256)
def _sqlite(sql: str) -> str:
    return sql.replace("= ANY(?)", "IN (SELECT value FROM json_each(?))")


@lru_cache(maxsize=256)
def _postgres(sql: str) -> str:
    return sql.replace("?", "%s")
