"""The operator table: one row an operator, with everything the three outputs and the docs need.

Every negative names its positive and is the exact complement of it: a value that is missing, or of another type than
the field's, matches no positive and every negative.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from automation.catalogue.model import FieldType
from automation.i18n import Text

OperandKind = Literal["value", "list", "pair", "flag", "duration"]

_T = FieldType
_NUMBERS = frozenset({_T.INTEGER, _T.NUMBER, _T.MONEY})
_TIMES = frozenset({_T.DATE, _T.DATETIME})
_TEXT = frozenset({_T.TEXT})
_LIST = frozenset({_T.LIST})
_ALL = frozenset(_T)


@dataclass(frozen=True)
class Operator:
    """One row. `test` and `sql` decide for a value that is present and of the field's type.

    `operand`: "value" one value of the field's type (of its items for a list), "list" several of them, "pair" exactly
    two, "flag" true or false, "duration" a Duration that `absolute` operators have turned into a "pair" or "value".
    """

    name: str
    label: Text
    types: frozenset[FieldType]
    operand: OperandKind
    sentence: Text
    test: Callable[[Any, Any], bool] | None = None
    sql: Callable[[Any, Any], Any] | None = None
    negates: str | None = None
    relative: bool = False  # compares with now


def _sql(name: str) -> Callable[[Any, Any], Any]:
    """The function of `sql_tests`, imported when first called: checking a rule needs no SQLAlchemy."""

    def test(column: Any, operand: Any) -> Any:
        from automation.rules.conditions import sql_tests

        return getattr(sql_tests, name)(column, operand)

    return test


_ROWS = (
    Operator("is", Text("是", "is"), _ALL - _LIST, "value", Text("{field}是 {value}", "{field} is {value}"),
             lambda v, x: v == x, lambda c, x: c == x),
    Operator("is_not", Text("不是", "is not"), _ALL - _LIST, "value",
             Text("{field}不是 {value}", "{field} is not {value}"), negates="is"),
    Operator("in", Text("是其中之一", "is one of"), _ALL - _LIST - {_T.BOOLEAN}, "list",
             Text("{field}是 {value} 之一", "{field} is one of {value}"),
             lambda v, x: v in x, _sql("in_")),
    Operator("not_in", Text("不是其中任何一个", "is none of"), _ALL - _LIST - {_T.BOOLEAN}, "list",
             Text("{field}不是 {value} 中的任何一个", "{field} is none of {value}"), negates="in"),
    Operator("gt", Text("大于", "greater than"), _NUMBERS, "value",
             Text("{field}大于 {value}", "{field} is more than {value}"), lambda v, x: v > x, lambda c, x: c > x),
    Operator("gte", Text("大于等于", "at least"), _NUMBERS, "value",
             Text("{field}不低于 {value}", "{field} is at least {value}"), lambda v, x: v >= x, lambda c, x: c >= x),
    Operator("lt", Text("小于", "less than"), _NUMBERS, "value",
             Text("{field}小于 {value}", "{field} is less than {value}"), lambda v, x: v < x, lambda c, x: c < x),
    Operator("lte", Text("小于等于", "at most"), _NUMBERS, "value",
             Text("{field}不超过 {value}", "{field} is at most {value}"), lambda v, x: v <= x, lambda c, x: c <= x),
    Operator("between", Text("在两者之间（含两端）", "between, both included"), _NUMBERS | _TIMES, "pair",
             Text("{field}在 {low} 到 {high} 之间", "{field} is from {low} to {high}"),
             lambda v, x: x[0] <= v <= x[1], lambda c, x: (c >= x[0]) & (c <= x[1])),
    Operator("contains", Text("包含文字", "contains"), _TEXT, "value",
             Text("{field}包含“{value}”", "{field} contains “{value}”"), lambda v, x: x in v, _sql("contains")),
    Operator("not_contains", Text("不包含文字", "does not contain"), _TEXT, "value",
             Text("{field}不包含“{value}”", "{field} does not contain “{value}”"), negates="contains"),
    Operator("starts_with", Text("开头是", "starts with"), _TEXT, "value",
             Text("{field}以“{value}”开头", "{field} starts with “{value}”"),
             lambda v, x: v.startswith(x), _sql("starts_with")),
    Operator("ends_with", Text("结尾是", "ends with"), _TEXT, "value",
             Text("{field}以“{value}”结尾", "{field} ends with “{value}”"),
             lambda v, x: v.endswith(x), _sql("ends_with")),
    Operator("exists", Text("有没有值", "has a value"), _ALL, "flag",
             Text("{field}有值", "{field} has a value"), lambda v, x: True, _sql("exists")),
    Operator("has", Text("含有", "has"), _LIST, "value", Text("{field}含有 {value}", "{field} include {value}"),
             lambda v, x: x in v, lambda c, x: c.has(x)),
    Operator("has_any", Text("含有任意一个", "has any of"), _LIST, "list",
             Text("{field}含有 {value} 中的任意一个", "{field} include any of {value}"),
             lambda v, x: any(item in v for item in x), _sql("has_any")),
    Operator("has_all", Text("全部含有", "has all of"), _LIST, "list",
             Text("{field}含有全部 {value}", "{field} include all of {value}"),
             lambda v, x: all(item in v for item in x), _sql("has_all")),
    Operator("has_none", Text("一个也不含", "has none of"), _LIST, "list",
             Text("{field}不含有 {value} 中的任何一个", "{field} include none of {value}"), negates="has_any"),
    Operator("before", Text("早于", "before"), _TIMES, "value",
             Text("{field}早于 {value}", "{field} is before {value}"), lambda v, x: v < x, lambda c, x: c < x),
    Operator("after", Text("晚于", "after"), _TIMES, "value",
             Text("{field}晚于 {value}", "{field} is after {value}"), lambda v, x: v > x, lambda c, x: c > x),
    Operator("on_or_before", Text("不晚于", "on or before"), _TIMES, "value",
             Text("{field}不晚于 {value}", "{field} is not after {value}"),
             lambda v, x: v <= x, lambda c, x: c <= x),
    Operator("on_or_after", Text("不早于", "on or after"), _TIMES, "value",
             Text("{field}不早于 {value}", "{field} is not before {value}"),
             lambda v, x: v >= x, lambda c, x: c >= x),
    Operator("within_last", Text("在最近一段时间内", "within the last"), _TIMES, "duration",
             Text("{field}在最近 {value}内", "{field} is within the last {value}"),
             lambda v, x: x[0] <= v <= x[1], lambda c, x: (c >= x[0]) & (c <= x[1]), relative=True),
    Operator("within_next", Text("在未来一段时间内", "within the next"), _TIMES, "duration",
             Text("{field}在未来 {value}内", "{field} is within the next {value}"),
             lambda v, x: x[0] <= v <= x[1], lambda c, x: (c >= x[0]) & (c <= x[1]), relative=True),
    Operator("older_than", Text("早于一段时间之前", "longer ago than"), _TIMES, "duration",
             Text("{field}在 {value}以前", "{field} is longer ago than {value}"),
             lambda v, x: v < x[0], lambda c, x: c < x[0], relative=True),
)  # fmt: skip

OPERATORS: dict[str, Operator] = {row.name: row for row in _ROWS}


def allowed(type_: FieldType) -> list[str]:
    """The operators that fit a type, in the table's order."""
    return [row.name for row in _ROWS if type_ in row.types]


def positive(name: str) -> tuple[Operator, bool]:
    """The row that decides `name`, and whether its answer is to be turned round."""
    row = OPERATORS[name]
    return (OPERATORS[row.negates], True) if row.negates else (row, False)
