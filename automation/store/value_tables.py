"""Values of our own as a table to join with: in one parameter (SQLite) or one a column (PostgreSQL), however many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import BigInteger, Boolean, Double, String, bindparam, cast, column, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from automation.store.bulk import to_json

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.types import TypeEngine

ColumnKind = Literal["integer", "text", "number", "boolean"]

_TYPES: dict[str, TypeEngine[Any]] = {
    "integer": BigInteger(), "text": String(), "number": Double(), "boolean": Boolean(),
}  # fmt: skip


def value_table(
    conn: Connection, name: str, columns: Sequence[tuple[str, ColumnKind]], rows: Sequence[Sequence[Any]]
) -> Any:
    """`rows`, at least one, as a table `name` with these columns. None is NULL, except in an "integer" column."""
    if conn.dialect.name == "sqlite":
        items = func.json_each(bindparam(None, to_json(rows), String, unique=True)).table_valued("value")
        picked = [_picked(items.c.value, place, kind).label(label) for place, (label, kind) in enumerate(columns)]
        return select(*picked).subquery(name)
    arrays = [
        bindparam(None, list(values), ARRAY(_TYPES[kind]), unique=True)
        for (_, kind), values in zip(columns, zip(*rows, strict=True), strict=True)
    ]
    parts = [column(label, _TYPES[kind]) for label, kind in columns]
    return func.unnest(*arrays).table_valued(*parts, name=name).render_derived()


def _picked(value: Any, place: int, kind: ColumnKind) -> Any:
    member = func.json_extract(value, f"$[{place}]", type_=_TYPES[kind])
    return cast(member, BigInteger) if kind == "integer" else member
