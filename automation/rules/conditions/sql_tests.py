"""The SQL of operators that plain comparison does not cover, case-sensitive and alike on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import Boolean, String, and_, false, func, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ColumnElement, bindparam
from sqlalchemy.sql.visitors import InternalTraversal

from automation.store.expressions import text_of

if TYPE_CHECKING:
    from collections.abc import Sequence


Text: TypeAlias = "str | ColumnElement[Any]"
"""What a text is compared with: a text, or a column that holds one."""


def in_(column: ColumnElement[Any], values: Sequence[Any]) -> ColumnElement[bool]:
    return column.in_(list(values))


def contains(column: ColumnElement[Any], text: Text) -> ColumnElement[bool]:
    return _Position(column, text_of(text)) > 0


def starts_with(column: ColumnElement[Any], text: Text) -> ColumnElement[bool]:
    return func.substr(column, 1, _length(text), type_=String()) == text


def ends_with(column: ColumnElement[Any], text: Text) -> ColumnElement[bool]:
    size, wanted = func.length(column), _length(text)
    return and_(size >= wanted, func.substr(column, size - wanted + 1, type_=String()) == text)


def _length(text: Text) -> Any:
    return len(text) if isinstance(text, str) else func.length(text)


def exists(subject: Any, _: Any) -> ColumnElement[bool]:
    """A value of the right type is there; a list needs an item."""
    if isinstance(subject, ColumnElement):
        return subject.is_not(None)
    some: ColumnElement[bool] = subject.some()
    return some


def has_any(subject: Any, values: Sequence[str]) -> ColumnElement[bool]:
    return or_(false(), *(subject.has(value) for value in values))


def has_all(subject: Any, values: Sequence[str]) -> ColumnElement[bool]:
    return and_(*(subject.has(value) for value in values))


class _Position(ColumnElement[Any]):
    """Where a text begins inside another, from 1; 0 when it doesn't."""

    inherit_cache = True
    _traverse_internals = [
        ("column", InternalTraversal.dp_clauseelement),
        ("text", InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, column: Any, text: Any) -> None:
        self.column, self.text = column, text

    def get_children(self, **_: Any) -> Any:
        return (self.column, self.text)


@compiles(_Position, "sqlite")
def _position_sqlite(element: _Position, compiler: Any, **kw: Any) -> str:
    return f"instr({compiler.process(element.column, **kw)}, {compiler.process(element.text, **kw)})"


@compiles(_Position, "postgresql")
def _position_postgres(element: _Position, compiler: Any, **kw: Any) -> str:
    return f"strpos({compiler.process(element.column, **kw)}, {compiler.process(element.text, **kw)})"


class JsonListSome(ColumnElement[bool]):
    """Whether the JSON array at `key` holds a text."""

    inherit_cache = True
    _traverse_internals = [
        ("column", InternalTraversal.dp_clauseelement),
        ("name", InternalTraversal.dp_clauseelement),
    ]
    type = Boolean()

    def __init__(self, column: Any, key: str) -> None:
        self.column = column
        self.name: Any = bindparam(None, key, String, unique=True)

    def get_children(self, **_: Any) -> Any:
        return (self.column, self.name)


@compiles(JsonListSome, "sqlite")
def _some_sqlite(element: JsonListSome, compiler: Any, **kw: Any) -> str:
    column, key = compiler.process(element.column, **kw), compiler.process(element.name, **kw)
    path = f"'$.\"' || {key} || '\"'"
    found = f"SELECT 1 FROM json_each({column}, {path}) AS item WHERE item.type = 'text'"
    return f"(CASE WHEN json_type({column}, {path}) = 'array' THEN EXISTS ({found}) ELSE 0 END)"


@compiles(JsonListSome, "postgresql")
def _some_postgres(element: JsonListSome, compiler: Any, **kw: Any) -> str:
    column, key = compiler.process(element.column, **kw), compiler.process(element.name, **kw)
    array = f"CASE WHEN jsonb_typeof({column} -> {key}) = 'array' THEN {column} -> {key} ELSE '[]'::jsonb END"
    return f"EXISTS (SELECT 1 FROM jsonb_array_elements({array}) AS item WHERE jsonb_typeof(item) = 'string')"


class CodePoints(ColumnElement[Any]):
    """A text column in the order of its code points, which is SQLite's own order and Python's."""

    inherit_cache = True
    _traverse_internals = [("column", InternalTraversal.dp_clauseelement)]
    type = String()

    def __init__(self, column: Any) -> None:
        self.column = column

    def get_children(self, **_: Any) -> Any:
        return (self.column,)


@compiles(CodePoints, "sqlite")
def _code_points_sqlite(element: CodePoints, compiler: Any, **kw: Any) -> str:
    return str(compiler.process(element.column, **kw))


@compiles(CodePoints, "postgresql")
def _code_points_postgres(element: CodePoints, compiler: Any, **kw: Any) -> str:
    return f'{compiler.process(element.column, **kw)} COLLATE "C"'
