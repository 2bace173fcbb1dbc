"""What a wall clock means where clocks change, and which days are worked in China."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automation.calendars.local import day_start, local_moment, moment_of, wall_time
from automation.calendars.lunar import CalendarError
from automation.calendars.workdays import is_workday, known_years

NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
ZONES = [ZoneInfo("Asia/Shanghai"), NEW_YORK, LORD_HOWE, ZoneInfo("Africa/Cairo")]


@pytest.mark.parametrize(
    ("day", "at", "zone", "expected"),
    [
        (date(2026, 3, 8), time(2, 30), NEW_YORK, datetime(2026, 3, 8, 7, 0, tzinfo=UTC)),  # skipped: 03:00 EDT
        (date(2026, 11, 1), time(1, 30), NEW_YORK, datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),  # twice: the first
        (date(2026, 10, 4), time(2, 10), LORD_HOWE, datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),  # half an hour skipped
        (date(2026, 8, 1), time(10), ZoneInfo("Asia/Shanghai"), datetime(2026, 8, 1, 2, tzinfo=UTC)),
    ],
)
def test_a_local_time_is_one_moment(day: date, at: time, zone: ZoneInfo, expected: datetime) -> None:
    assert local_moment(day, at, zone) == expected


@given(st.dates(date(2024, 1, 1), date(2027, 12, 31)), st.times(), st.sampled_from(ZONES))
def test_a_wall_time_means_the_first_moment_that_does_not_show_less(day: date, at: time, zone: ZoneInfo) -> None:
    wall = datetime.combine(day, at)
    moment = moment_of(wall, zone)
    assert wall_time(moment, zone) >= wall
    assert wall_time(moment - timedelta(microseconds=1), zone) < wall


def test_a_day_begins_after_a_midnight_gap() -> None:
    assert day_start(date(2024, 4, 26), ZoneInfo("Africa/Cairo")) == datetime(2024, 4, 25, 22, tzinfo=UTC)


def test_workdays_know_the_days_worked_instead() -> None:
    assert is_workday(date(2026, 2, 14))  # a Saturday, worked for Spring Festival
    assert not is_workday(date(2026, 2, 17))  # a Tuesday of Spring Festival
    assert is_workday(date(2026, 8, 3))
    assert not is_workday(date(2026, 8, 1))


def test_an_unannounced_year_is_an_error_never_a_guess() -> None:
    last = known_years()[-1]
    with pytest.raises(CalendarError) as caught:
        is_workday(date(last + 1, 3, 2))
    assert f"workdays of {last + 1} are not known (known: 2004 to {last})" in caught.value.text("en")
    assert f"{last + 1} 年的法定节假日与调休未知" in caught.value.text("zh")
