"""SQL that SQLAlchemy has no common word for, compiled for each database: sets of values, and values inside JSON.

JSON values are typed: a value of another JSON type than asked for counts as missing (NULL), on both databases.
"""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import Boolean, ColumnElement, Double, String, bindparam, false, func, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import TypeDecorator, TypeEngine

from automation.store.bulk import to_json

JsonKind = Literal["text", "number", "boolean"]
JsonForm = Literal["text", "number", "boolean", "date", "datetime"]


def among(column: ColumnElement[Any], values: Any) -> ColumnElement[bool]:
    """`column IN (…)` for any number of integers, or of strings, as one bound parameter. No NULLs in `values`."""
    values = list(values)
    numeric = isinstance(values[0], int) if values else not isinstance(column.type, String)
    return _Among(column, bindparam(None, to_json(values), String, unique=True), numeric=numeric)


def json_value(column: ColumnElement[Any], key: str, kind: JsonForm) -> ColumnElement[Any]:
    """The member `key` of the JSON object in `column`; NULL when absent or of another JSON type than `kind`.

    A number comes as a double, a boolean as a boolean, a text as a text, a date or datetime as a text that looks like
    one.
    """
    return _JsonValue(column, bindparam(None, key, _Member, unique=True), kind=kind)


def json_list_has(column: ColumnElement[Any], key: str, value: str | ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether the JSON array of strings at `key` contains `value`; false when it is absent or no array."""
    return _JsonListHas(column, bindparam(None, key, _Member, unique=True), text_of(value))


def text_of(value: str | ColumnElement[Any]) -> ColumnElement[Any]:
    """A text as a parameter, or a column as it is."""
    return bindparam(None, value, String, unique=True) if isinstance(value, str) else value


def moment_as_text(column: ColumnElement[Any]) -> ColumnElement[str]:
    """Milliseconds since 1970 UTC as the text in which moments are kept in JSON: 2026-08-04T02:00:00.000Z."""
    return _MomentText(column)


def constant(value: str) -> ColumnElement[str]:
    """A word of ours as a literal in the SQL text, because a bound value hides from a partial index."""
    return literal_column(f"'{value}'")


def two_valued(condition: ColumnElement[Any]) -> ColumnElement[bool]:
    """`condition`, with unknown (NULL) read as false, so that its negation is the exact complement."""
    return func.coalesce(condition, false(), type_=Boolean())


class _Member(TypeDecorator[str]):
    """The name of a JSON object's member; for SQLite a path, ready made, or it would be put together for every row."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        return f'$."{value}"' if dialect.name == "sqlite" else value


class _Among(ColumnElement[bool]):
    inherit_cache = True
    _traverse_internals = [
        ("column", InternalTraversal.dp_clauseelement),
        ("values", InternalTraversal.dp_clauseelement),
        ("numeric", InternalTraversal.dp_boolean),
    ]
    type = Boolean()

    def __init__(self, column: Any, values: Any, *, numeric: bool) -> None:
        self.column, self.values, self.numeric = column, values, numeric

    def get_children(self, **_: Any) -> Any:
        return (self.column, self.values)

    def self_group(self, against: Any = None) -> Any:
        return self  # or SQLAlchemy writes `… = 1` for SQLite, which hides it from every index


@compiles(_Among, "sqlite")
def _among_sqlite(element: _Among, compiler: Any, **kw: Any) -> str:
    column, values = compiler.process(element.column, **kw), compiler.process(element.values, **kw)
    return f"{column} IN (SELECT value FROM json_each({values}))"


@compiles(_Among, "postgresql")
def _among_postgres(element: _Among, compiler: Any, **kw: Any) -> str:
    column, values = compiler.process(element.column, **kw), compiler.process(element.values, **kw)
    cast = "::bigint" if element.numeric else ""
    # An array, not a subquery to join with: each value is looked up in the index, whatever the planner guesses.
    return f"{column} = ANY (ARRAY(SELECT value{cast} FROM json_array_elements_text(CAST({values} AS json))))"


_SQL_TYPES: dict[str, TypeEngine[Any]] = {
    "text": String(), "number": Double(), "boolean": Boolean(), "date": String(), "datetime": String(),
}  # fmt: skip
_DAY, _CLOCK = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]", "[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9]"
_GLOBS = {"date": _DAY, "datetime": f"{_DAY}T{_CLOCK}Z"}
"""What such texts look like: a text of another form is of another type (rules/conditions/values.py)."""


class _JsonValue(ColumnElement[Any]):
    inherit_cache = True
    _traverse_internals = [
        ("column", InternalTraversal.dp_clauseelement),
        ("key", InternalTraversal.dp_clauseelement),
        ("kind", InternalTraversal.dp_string),
    ]

    def __init__(self, column: Any, key: Any, *, kind: JsonForm) -> None:
        self.column, self.key, self.kind = column, key, kind
        self.type = _SQL_TYPES[kind]

    def get_children(self, **_: Any) -> Any:
        return (self.column, self.key)


_SQLITE_TYPES = {
    "text": "('text')",
    "date": "('text')",
    "datetime": "('text')",
    "number": "('integer', 'real')",
    "boolean": "('true', 'false')",
}


@compiles(_JsonValue, "sqlite")
def _json_sqlite(element: _JsonValue, compiler: Any, **kw: Any) -> str:
    column, path = compiler.process(element.column, **kw), compiler.process(element.key, **kw)
    types, glob = _SQLITE_TYPES[element.kind], _GLOBS.get(element.kind)
    shaped = f" AND json_extract({column}, {path}) GLOB '{glob}'" if glob else ""
    return f"(CASE WHEN json_type({column}, {path}) IN {types}{shaped} THEN json_extract({column}, {path}) END)"


_POSTGRES_CASTS = {
    "text": "text",
    "date": "text",
    "datetime": "text",
    "number": "double precision",
    "boolean": "boolean",
}


@compiles(_JsonValue, "postgresql")
def _json_postgres(element: _JsonValue, compiler: Any, **kw: Any) -> str:
    column, key = compiler.process(element.column, **kw), compiler.process(element.key, **kw)
    cast, glob = _POSTGRES_CASTS[element.kind], _GLOBS.get(element.kind)
    wanted = "string" if cast == "text" else element.kind
    value = f"({column} ->> {key})::{cast}"
    shape = f" AND ({column} ->> {key}) ~ '^{glob.replace('.', '[.]')}$'" if glob else ""
    collate = ' COLLATE "C"' if cast == "text" else ""
    return f"(CASE WHEN jsonb_typeof({column} -> {key}) = '{wanted}'{shape} THEN {value} END){collate}"


class _MomentText(ColumnElement[str]):
    inherit_cache = True
    _traverse_internals = [("column", InternalTraversal.dp_clauseelement)]
    type = String()

    def __init__(self, column: Any) -> None:
        self.column = column

    def get_children(self, **_: Any) -> Any:
        return (self.column,)


@compiles(_MomentText, "sqlite")
def _moment_sqlite(element: _MomentText, compiler: Any, **kw: Any) -> str:
    return f"strftime('%Y-%m-%dT%H:%M:%fZ', {compiler.process(element.column, **kw)} / 1000.0, 'unixepoch')"


@compiles(_MomentText, "postgresql")
def _moment_postgres(element: _MomentText, compiler: Any, **kw: Any) -> str:
    moment = f"timestamp '1970-01-01' + {compiler.process(element.column, **kw)} * interval '1 millisecond'"
    return f"""(to_char({moment}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') COLLATE "C")"""


class _JsonListHas(ColumnElement[bool]):
    inherit_cache = True
    _traverse_internals = [
        ("column", InternalTraversal.dp_clauseelement),
        ("key", InternalTraversal.dp_clauseelement),
        ("value", InternalTraversal.dp_clauseelement),
    ]
    type = Boolean()

    def __init__(self, column: Any, key: Any, value: Any) -> None:
        self.column, self.key, self.value = column, key, value

    def get_children(self, **_: Any) -> Any:
        return (self.column, self.key, self.value)


@compiles(_JsonListHas, "sqlite")
def _has_sqlite(element: _JsonListHas, compiler: Any, **kw: Any) -> str:
    column, path, value = (compiler.process(part, **kw) for part in element.get_children())
    found = f"SELECT 1 FROM json_each({column}, {path}) AS item WHERE item.type = 'text' AND item.value = {value}"
    return f"(CASE WHEN json_type({column}, {path}) = 'array' THEN EXISTS ({found}) ELSE 0 END)"


@compiles(_JsonListHas, "postgresql")
def _has_postgres(element: _JsonListHas, compiler: Any, **kw: Any) -> str:
    column, key, value = (compiler.process(part, **kw) for part in element.get_children())
    found = f"{column} -> {key} @> to_jsonb(CAST({value} AS text))"
    return f"coalesce({found} AND jsonb_typeof({column} -> {key}) = 'array', false)"
