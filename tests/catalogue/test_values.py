"""One normal form a type, from JSON, CSV and rules."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automation.catalogue.model import EventDef, FieldDef, FieldType
from automation.catalogue.types import ValueProblem, event_checker, normalise, show
from automation.i18n import Text

ZONE = ZoneInfo("Asia/Shanghai")
LABEL = Text("字段", "field")


def field(type_: str, **more: Any) -> FieldDef:
    return FieldDef("f", FieldType(type_), LABEL, **more)


@pytest.mark.parametrize(
    ("defn", "value", "expected"),
    [
        (field("text"), "金卡", "金卡"),
        (field("text"), 123, "123"),
        (field("integer"), "42", 42),
        (field("integer"), 3.0, 3),
        (field("number"), "1.50", 1.5),
        (field("number"), 10**20, 1e20),
        (field("money"), 200, 20000),
        (field("money"), 59.9, 5990),
        (field("money"), "59.90", 5990),
        (field("money"), "1,234.50", 123450),
        (field("money"), Decimal("0.07"), 7),
        (field("money"), -3.2, -320),
        (field("money", currency="JPY"), "1200", 1200),
        (field("money", currency="KWD"), "1.234", 1234),
        (field("boolean"), True, True),
        (field("boolean"), "是", True),
        (field("boolean"), "NO", False),
        (field("boolean"), "0", False),
        (field("date"), "1990-08-04", "1990-08-04"),
        (field("date"), "1990/8/4", "1990-08-04"),
        (field("date"), "19900804", "1990-08-04"),
        (field("date"), "1990年8月4日", "1990-08-04"),
        (field("date"), "1990-08-04 00:00:00", "1990-08-04"),
        (field("datetime"), "2026-08-04T10:00:00Z", "2026-08-04T10:00:00.000Z"),
        (field("datetime"), "2026-08-04 10:00", "2026-08-04T02:00:00.000Z"),
        (field("datetime"), "2026-08-04T10:00:00.123456+09:00", "2026-08-04T01:00:00.123Z"),
        (field("datetime"), "2026/8/4", "2026-08-03T16:00:00.000Z"),
        (field("datetime"), datetime(2026, 8, 4, tzinfo=UTC), "2026-08-04T00:00:00.000Z"),
        (field("list"), ["a", 1], ["a", "1"]),
        (field("list"), "a|b", ["a", "b"]),
        (field("list"), "a; b;", ["a", "b"]),
        (field("list"), "a、b", ["a", "b"]),
        (field("text", choices=("a", "b")), "a", "a"),
    ],
)
def test_each_type_reads_what_people_and_systems_write(defn: FieldDef, value: Any, expected: Any) -> None:
    result = normalise(defn, value, ZONE)
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    ("defn", "value", "sentence"),
    [
        (field("text"), True, "f must be text, not true"),
        (field("text"), 1.5, "f must be text, not 1.5"),
        (field("text"), "a\0b", "f holds characters that can't be stored"),
        (field("text"), "\ud800", "f holds characters that can't be stored"),
        (field("integer"), 3.5, "f must be a whole number, not 3.5"),
        (field("integer"), "3.5", "f must be a whole number, not 3.5"),
        (field("integer"), True, "f must be a whole number, not true"),
        (field("integer"), 2**53, "f must be a whole number"),
        (field("number"), float("nan"), "f must be a number, not NaN"),
        (field("number"), "inf", "f must be a number, not inf"),
        (field("money"), "59.999", "f is finer than the smallest unit of CNY: 59.999"),
        (field("money", currency="JPY"), 1.5, "f is finer than the smallest unit of JPY"),
        (field("money"), float("inf"), "f must be an amount like 59.90, not Infinity"),
        (field("money"), "abc", "f must be an amount"),
        (field("money"), True, "f must be an amount"),
        (field("boolean"), "maybe", "f must be true or false"),
        (field("date"), "1990-02-30", "f must be a date like 1990-08-04, not 1990-02-30"),
        (field("date"), "1990-08-04 10:00", "f must be a date"),
        (field("datetime"), "2026-08-04 25:00", "f must be a date and time"),
        (field("datetime"), "0001-01-01", "f must be a date and time"),
        (field("list"), {"a": 1}, "f must be a list"),
        (field("list"), [True], "f must be text"),
        (
            field("text", choices=("金卡", "银卡")),
            "白金卡",
            "f has no choice 白金卡; one of: 金卡 / 银卡; did you mean 金卡?",
        ),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(defn: FieldDef, value: Any, sentence: str) -> None:
    with pytest.raises(ValueProblem) as raised:
        normalise(defn, value, ZONE)
    assert raised.value.text("en").startswith(sentence)
    assert raised.value.text("zh") != raised.value.text("en")


def test_values_are_shown_as_people_read_them() -> None:
    assert show(field("money"), 20000, "zh") == "200 元"
    assert show(field("money"), 5990, "en") == "CNY 59.90"
    assert show(field("money", currency="JPY"), 1200, "zh") == "JPY 1200"
    assert show(field("boolean"), True, "zh") == "是"
    assert show(field("list"), ["a", "b"], "zh") == "a、b"
    assert show(field("datetime"), "2026-08-04T02:00:00.000Z", "en") == "2026-08-04 02:00 UTC"
    assert show(field("datetime"), "2026-08-04T02:00:00.000Z", "en", ZONE) == "2026-08-04 10:00"


PROPERTIES = (
    FieldDef("amount", FieldType.MONEY, LABEL),
    FieldDef("sku", FieldType.TEXT, LABEL, choices=("a", "b", "1")),
    FieldDef("note", FieldType.TEXT, LABEL),
    FieldDef("count", FieldType.INTEGER, LABEL),
    FieldDef("rate", FieldType.NUMBER, LABEL),
    FieldDef("gift", FieldType.BOOLEAN, LABEL),
    FieldDef("on", FieldType.DATE, LABEL),
    FieldDef("at", FieldType.DATETIME, LABEL),
    FieldDef("skus", FieldType.LIST, LABEL),
    FieldDef("who", FieldType.TEXT, LABEL, required=True),
)
EVENT = EventDef("order.paid", LABEL, {defn.name: defn for defn in PROPERTIES})
CHECK = event_checker(EVENT, ZONE)


def test_a_right_event_passes_as_it_is() -> None:
    props = {"who": "M1", "note": "x", "count": 2, "on": "2026-08-01", "skus": ["a"], "gift": False, "other": {"x": 1}}
    assert CHECK(props) == (props, False)
    assert CHECK(props)[0] is props


def test_what_can_be_read_is_normalised_and_the_input_stays_as_it_was() -> None:
    props = {"who": 7, "amount": 59.9, "count": "2", "on": "2026/8/1", "skus": "a|b", "note": None}
    kept = dict(props)
    expected = {"who": "7", "amount": 5990, "count": 2, "on": "2026-08-01", "skus": ["a", "b"]}
    assert CHECK(props) == (expected, True)
    assert props == kept


def test_a_wrong_or_missing_property_is_named() -> None:
    with pytest.raises(ValueProblem, match="the property who is missing"):
        CHECK({})
    with pytest.raises(ValueProblem, match="count must be a whole number, not many"):
        CHECK({"who": "x", "count": "many"})


_ANY = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5),
    st.lists(st.text(max_size=2), max_size=2), st.just("2026-08-01T24:00:00.000Z"),
    st.sampled_from(["a", "1", "2026-08-01", "2026-W32-1", "2026-08-01T10:00:00.000Z", 1e11]),
    st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-10**9, max_value=10**9).map(float),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.fixed_dictionaries({"who": st.just("x")}, optional={defn.name: _ANY for defn in PROPERTIES[:-1]}))
def test_the_generated_checker_says_what_the_careful_reader_says(props: dict[str, Any]) -> None:
    try:
        expected: Any = {
            name: normalise(EVENT.properties[name], value, ZONE) for name, value in props.items() if value is not None
        }
    except ValueProblem:
        with pytest.raises(ValueProblem):
            CHECK(props)
        return
    result, changed = CHECK(props)
    assert result == expected
    assert changed or result is props
