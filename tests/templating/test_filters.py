"""Money, dates and masks."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automation.templating import RenderError, render_value

NOW = datetime(2026, 8, 4, 1, 5, 9, tzinfo=UTC).astimezone(ZoneInfo("Asia/Shanghai"))


def shown(expression: str, **event: Any) -> Any:
    return render_value(f"{{{{ {expression} }}}}", {"event": event, "now": NOW, "today": NOW.date()})


@pytest.mark.parametrize(
    ("minor", "how", "expected"),
    [
        (5990, "money", "59.90"),
        (5, "money", "0.05"),
        (-5, "money", "-0.05"),
        (0, "money", "0.00"),
        (5000, "money(trim=true)", "50"),
        (5090, "money(trim=true)", "50.90"),
        (0, "money(trim=true)", "0"),
        (1000, "money(trim=true)", "10"),
        (5000, "money('JPY')", "5000"),
        (5000, "money('JPY', trim=true)", "5000"),
        (5000, "money('KWD')", "5.000"),
    ],
)
def test_money_is_shown_in_major_units(minor: int, how: str, expected: str) -> None:
    assert shown(f"event.amount | {how}", amount=minor) == expected


@given(st.integers(-(10**12), 10**12))
def test_money_loses_nothing(minor: int) -> None:
    from decimal import Decimal

    assert Decimal(shown("event.amount | money", amount=minor)) * 100 == minor


def test_money_takes_no_fractions() -> None:
    with pytest.raises(RenderError, match="money takes an integer of the minor unit"):
        shown("event.amount | money", amount=59.9)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("", "2026-08-04"),
        ("('zh')", "2026年8月4日"),
        ("('%Y/%m/%d %H:%M:%S')", "2026/08/04 09:05:09"),
        ("('%-m月%-d日 %a %A')", "8月4日 周二 星期二"),
        ("('%y%%')", "26%"),
    ],
)
def test_dates_and_times_in_the_rules_zone(form: str, expected: str) -> None:
    assert shown(f"now | date{form}") == expected
    assert shown(f"event.at | date{form}", at="2026-08-04T01:05:09.000Z") == expected


def test_a_date_has_no_zone() -> None:
    assert shown("event.on | date('zh')", on="2026-08-04") == "2026年8月4日"
    assert shown("today | date('%m-%d')") == "08-04"
    assert shown("event.on | date", on=date(2026, 8, 4)) == "2026-08-04"


@pytest.mark.parametrize(("value", "form"), [("gone", "%Y"), ("2026-08-04", "%Q"), ("2026-08-04", "%-Y")])
def test_a_date_that_is_none_stops_the_message(value: str, form: str) -> None:
    with pytest.raises(RenderError, match="can't be rendered; not sent"):
        shown(f"event.on | date('{form}')", on=value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("13812345678", "138****5678"),
        ("+8613812345678", "138****5678"),
        ("+14155550123", "+14****0123"),
        ("zhang@example.com", "z***@example.com"),
        ("张三", "张*"),
        ("欧阳小明", "欧***"),
        ("张", "张*"),
    ],
)
def test_masks_keep_only_what_the_owner_knows_it_by(value: str, expected: str) -> None:
    assert shown("event.value | mask", value=value) == expected
