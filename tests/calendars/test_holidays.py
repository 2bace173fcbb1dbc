"""holidays.yaml: next year's workdays without an upgrade, and with a mistake in it no day is guessed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from automation.calendars.lunar import CalendarError
from automation.calendars.workdays import OFFICIAL, is_workday, known_years
from automation.catalogue.holidays import read_holidays

LAST = known_years()[-1]
NEXT = LAST + 1


def problems(text: str) -> list[str]:
    _, found = read_holidays(text)
    return [f"{p.line}:{p.column} {p.text('en')}" for p in found]


def test_the_next_year_is_known_once_it_is_written_down() -> None:
    calendar, found = read_holidays(
        "years: [2030]\nholidays:\n  - 2030-01-01\n  - {from: 2030-02-02, to: 2030-02-08}\nworkdays: [2030-02-09]\n"
    )
    assert found == []
    off = [day for day in range(1, 15) if not calendar.is_workday(date(2030, 2, day))]
    assert off == [2, 3, 4, 5, 6, 7, 8, 10]
    assert not calendar.is_workday(date(2030, 1, 1))
    assert calendar.is_workday(date(2030, 1, 2))
    with pytest.raises(CalendarError, match="2031"):
        calendar.is_workday(date(2031, 1, 2))


def test_other_years_stay_as_the_package_knows_them() -> None:
    calendar, _ = read_holidays(f"years: [{NEXT}]")
    day = date(LAST, 1, 1)
    while day.year == LAST:
        assert calendar.is_workday(day) == is_workday(day)
        day += timedelta(days=1)
    assert (calendar.known_until(), OFFICIAL.known_until()) == (NEXT, LAST)


def test_the_projects_year_goes_before_the_packages_and_the_difference_is_named() -> None:
    calendar, _ = read_holidays("years: [2026]\nholidays: [2026-01-02]")
    assert calendar.is_workday(date(2026, 1, 1))
    assert not calendar.is_workday(date(2026, 1, 2))
    assert date(2026, 2, 17) in set(calendar.differences())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("holidays: [2030-01-01]", "1:1 years is missing: say which years are complete here, e.g. years: [2027]"),
        ("years: [2030]\nholidays: [2031-01-01]", "2:12 2031-01-01 is in none of the years"),
        ("years: [2030]\nholidays: [2030-02-30]", "2:12 a date like 2026-12-31 is expected here, not 2030-02-30"),
        ("years: [2030]\nholidays: [{from: 2030-02-08, to: 2030-02-02}]", "2:12 2030-02-08 to 2030-02-02 is no range"),
        ("years: [2030]\nholidays: [{from: 2030-02-08}]", "2:12 a date like 2026-12-31 is expected here, not {…}"),
        ("years: [2030]\nworkdays: [2030-02-08]", "2:12 2030-02-08 is no weekend and worked anyway"),
        ("years: [2030]\nholidays: [2030-02-09]\nworkdays: [2030-02-09]", "3:12 2030-02-09 is a holiday and a workday"),
        ("years: [2030]\nholiday: [2030-02-09]", "2:1 unknown key holiday; known keys: years, holidays, workdays"),
    ],
)  # fmt: skip
def test_with_a_mistake_no_day_is_known(text: str, expected: str) -> None:
    assert any(found.startswith(expected) for found in problems(text)), problems(text)
    calendar, _ = read_holidays(text)
    with pytest.raises(CalendarError, match="validate"):
        calendar.is_workday(date(2026, 8, 3))
