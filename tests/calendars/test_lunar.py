"""The lunar table against lunar-python, and who keeps a birthday when."""

from __future__ import annotations

import runpy
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lunar_python import LunarYear, Solar

from automation.calendars import lunar_table
from automation.calendars.lunar import FIRST, LAST, CalendarError, birthdays_on, leap_month_of, lunar_month_day

ROOT = Path(__file__).resolve().parents[2]
days = st.dates(FIRST, LAST)


def by_lunar_python(day: date) -> str:
    lunar = Solar.fromYmd(day.year, day.month, day.day).getLunar()
    kind = "L" if lunar.getMonth() < 0 else ""
    return f"{kind}{abs(lunar.getMonth()):02}-{lunar.getDay():02}"


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(1900, 1, 1), "12-01"),  # still the lunar year 1899
        (date(1900, 1, 31), "01-01"),
        (date(2024, 2, 10), "01-01"),
        (date(2025, 7, 24), "06-30"),
        (date(2025, 7, 25), "L06-01"),
        (date(2025, 8, 22), "L06-29"),
        (date(2025, 8, 23), "07-01"),
        (date(2033, 12, 22), "L11-01"),
        (date(2034, 1, 19), "L11-29"),
        (date(2034, 1, 20), "12-01"),
        (date(2099, 12, 31), "11-20"),
        (date(1899, 12, 31), ""),
        (date(2100, 1, 1), ""),
    ],
)
def test_known_days(day: date, expected: str) -> None:
    assert lunar_month_day(day) == expected


@pytest.mark.parametrize("year", [1900, 1933, 1954, 1978, 2025, 2033, 2099])
def test_whole_years_agree_with_lunar_python(year: int) -> None:
    first = date(year, 1, 1)
    for offset in range(365):
        day = first + timedelta(days=offset)
        assert lunar_month_day(day) == by_lunar_python(day), day


@settings(deadline=None)  # lunar-python builds a year at its first day; on a busy machine that takes a while
@given(days)
def test_any_day_agrees_with_lunar_python(day: date) -> None:
    assert lunar_month_day(day) == by_lunar_python(day)


def test_every_month_of_the_table_begins_when_lunar_python_says() -> None:
    for year in range(1900, 2100):
        for month in LunarYear.fromYear(year).getMonths():
            day = date.fromordinal(round(month.getFirstJulianDay()) - 1_721_425)
            if FIRST <= day <= LAST:
                name = f"{'L' if month.getMonth() < 0 else ''}{abs(month.getMonth()):02}"
                assert lunar_month_day(day) == f"{name}-01"


def test_the_table_is_what_its_script_writes() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "make_lunar_table.py"))
    assert script["source"]() == Path(lunar_table.__file__).read_text(encoding="utf-8")


def test_born_in_a_leap_month_the_ordinary_month_of_years_without_it() -> None:
    assert leap_month_of(2026) == 0
    assert birthdays_on(date(2026, 7, 15)) == ("06-02", "L06-02")
    assert birthdays_on(date(2026, 7, 15), "leap") == ("06-02", "L06-02")


def test_born_in_a_leap_month_once_in_a_year_that_has_it() -> None:
    regular, leap = date(2025, 6, 26), date(2025, 7, 26)  # 06-02 and L06-02
    assert (birthdays_on(regular), birthdays_on(leap)) == (("06-02", "L06-02"), ())
    assert (birthdays_on(regular, "leap"), birthdays_on(leap, "leap")) == (("06-02",), ("L06-02",))


def test_born_on_day_30_the_29th_of_a_short_month() -> None:
    short = date(2025, 8, 22)  # L06-29, the last of its month
    assert birthdays_on(short, "leap") == ("L06-29", "L06-30")
    assert birthdays_on(date(2025, 7, 23)) == ("06-29", "L06-29")  # this month has a day 30


@given(
    st.integers(1901, 2098), st.integers(1, 12), st.integers(1, 30), st.booleans(), st.sampled_from(["regular", "leap"])
)
def test_every_lunar_birthday_comes_once_in_every_lunar_year(
    year: int, month: int, day: int, leap: bool, policy: str
) -> None:
    born = f"{'L' if leap else ''}{month:02}-{day:02}"
    months = [m for m in LunarYear.fromYear(year).getMonths() if m.getYear() == year]
    first = date.fromordinal(round(months[0].getFirstJulianDay()) - 1_721_425)
    length = sum(m.getDayCount() for m in months)

    kept = [n for n in range(length) if born in birthdays_on(first + timedelta(days=n), policy)]  # type: ignore[arg-type]

    assert len(kept) == 1


def test_a_day_outside_the_table_is_refused() -> None:
    with pytest.raises(CalendarError) as caught:
        birthdays_on(date(2100, 1, 1))
    assert (
        caught.value.text("en") == "2100-01-01 is outside the lunar table (1900 to 2099), so it has no lunar date here"
    )
    assert caught.value.text("zh") == "2100-01-01 不在农历表的范围内（1900–2099 年），无法换算农历"
