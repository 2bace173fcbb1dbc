"""Schedules: cron as staff know it, intervals, dates and Chinese workdays."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from automation.calendars.lunar import CalendarError
from automation.calendars.workdays import known_years
from automation.i18n import say
from automation.store.bulk import insert_rows
from automation.store.database import Database
from automation.store.schema import contact
from automation.testing.triggers import check_clock_trigger
from automation.triggers.base import Window
from automation.triggers.schedule import ScheduleTrigger

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")
NOON = datetime(2026, 8, 1, 4, tzinfo=UTC)  # a Saturday, 12:00 in Shanghai
TRIGGER = ScheduleTrigger()
YEARS_2025_AND_2026 = st.datetimes(*(datetime.combine(date(year, 1, 1), time()) for year in (2025, 2027)))


def params(**given: Any) -> ScheduleTrigger.Params:
    return ScheduleTrigger.Params.model_validate(given)


def keys(count: int, zone: ZoneInfo = SHANGHAI, after: datetime = NOON, **given: Any) -> list[str]:
    found: list[str] = []
    while len(found) < count and (firing := TRIGGER.next(params(**given), zone, after)) is not None:
        found.append(firing.key)
        after = firing.at
    return found


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("0 9 * * 1", ["2026-08-03T09:00", "2026-08-10T09:00"]),  # 1 is Monday, as in every cron
        ("0 9 * * 0", ["2026-08-02T09:00", "2026-08-09T09:00"]),
        ("0 9 * * 7", ["2026-08-02T09:00", "2026-08-09T09:00"]),
        ("0 9 * * mon", ["2026-08-03T09:00", "2026-08-10T09:00"]),
        ("0 9 * * 5-7", ["2026-08-02T09:00", "2026-08-07T09:00", "2026-08-08T09:00", "2026-08-09T09:00"]),
        ("0 9 * * FRI-SUN", ["2026-08-02T09:00", "2026-08-07T09:00"]),
        ("0 9 * * 0-2", ["2026-08-02T09:00", "2026-08-03T09:00", "2026-08-04T09:00", "2026-08-09T09:00"]),
        ("0 9 * * */3", ["2026-08-02T09:00", "2026-08-05T09:00", "2026-08-08T09:00", "2026-08-09T09:00"]),
        ("15,45 8-18/5 * * *", ["2026-08-01T13:15", "2026-08-01T13:45", "2026-08-01T18:15"]),
        ("0 9 29 2 *", ["2028-02-29T09:00"]),
        ("0 9 1 jan,jul *", ["2027-01-01T09:00", "2027-07-01T09:00"]),
        ("0 9 L * *", ["2026-08-31T09:00", "2026-09-30T09:00", "2026-10-31T09:00"]),
        ("0 9 1,l * *", ["2026-08-31T09:00", "2026-09-01T09:00", "2026-09-30T09:00"]),
        ("0 9 L 2 *", ["2027-02-28T09:00", "2028-02-29T09:00"]),
        ("0 9 LW * *", ["2026-08-31T09:00", "2026-09-30T09:00", "2026-10-30T09:00", "2026-11-30T09:00"]),
        ("0 9 * * mon#2", ["2026-08-10T09:00", "2026-09-14T09:00"]),
        ("0 9 * * MON#1,7#3", ["2026-08-03T09:00", "2026-08-16T09:00", "2026-09-07T09:00"]),
        ("0 9 * * sat#5", ["2026-08-29T09:00", "2026-10-31T09:00"]),
        ("0 9 * * friL", ["2026-08-28T09:00", "2026-09-25T09:00"]),
        ("0 9 * * 5l", ["2026-08-28T09:00", "2026-09-25T09:00"]),
    ],
)
def test_cron(cron: str, expected: list[str]) -> None:
    assert keys(len(expected), cron=cron) == expected


def _matches(cron: str, wall: datetime) -> bool:
    """Cron read naively: lists of numbers only."""
    minute, hour, day, month, weekday = ({*map(int, f.split(","))} if f != "*" else None for f in cron.split())
    seen = (wall.minute, wall.hour, wall.day, wall.month, wall.isoweekday() % 7)
    return all(
        wanted is None or value in wanted
        for wanted, value in zip((minute, hour, day, month, weekday), seen, strict=True)
    )


def _lists(low: int, high: int) -> st.SearchStrategy[str]:
    return st.one_of(st.just("*"), st.sets(st.integers(low, high), min_size=1, max_size=3).map(
        lambda numbers: ",".join(map(str, sorted(numbers)))))  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(_lists(0, 59), _lists(0, 23), _lists(0, 6), YEARS_2025_AND_2026)
def test_cron_agrees_with_a_minute_by_minute_reading(minute: str, hour: str, weekday: str, start: datetime) -> None:
    cron = f"{minute} {hour} * * {weekday}"
    wall = start.replace(second=0, microsecond=0) + timedelta(minutes=1)
    while not _matches(cron, wall):
        wall += timedelta(minutes=1)
    after = start.replace(tzinfo=SHANGHAI).astimezone(UTC)
    assert keys(1, after=after, cron=cron) == [wall.isoformat(timespec="minutes")]


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["L", "LW", *(f"{day}#{place}" for day in range(7) for place in range(1, 6)), "0L", "3L"]),
    YEARS_2025_AND_2026,
)
def test_places_in_the_month_agree_with_a_day_by_day_reading(what: str, start: datetime) -> None:
    def falls(day: date) -> bool:
        left = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - day  # to the first of the next month
        if what == "L":
            return left.days == 1
        if what == "LW":
            return day.weekday() < 5 and all((day + timedelta(n)).weekday() > 4 for n in range(1, left.days))
        weekday, last, place = what[0], what.endswith("L"), what[2:]
        right = day.isoweekday() % 7 == int(weekday)
        return right and (left.days <= 7 if last else (day.day - 1) // 7 + 1 == int(place))

    cron = f"30 8 {what} * *" if what.startswith("L") else f"30 8 * * {what}"
    wall = start.replace(hour=8, minute=30, second=0, microsecond=0)
    while wall <= start or not falls(wall.date()):
        wall += timedelta(days=1)
    after = start.replace(tzinfo=SHANGHAI).astimezone(UTC)
    assert keys(1, after=after, cron=cron) == [wall.isoformat(timespec="minutes")]


def test_a_time_that_comes_twice_fires_once_and_skipped_times_fire_together_after_the_gap() -> None:
    before_fold = datetime(2026, 11, 1, 5, 0, tzinfo=UTC)  # 01:00 EDT
    assert keys(3, NEW_YORK, before_fold, cron="*/30 * * * *") == [
        "2026-11-01T01:30", "2026-11-01T02:00", "2026-11-01T02:30"
    ]  # fmt: skip
    before_gap = datetime(2026, 3, 8, 6, 30, tzinfo=UTC)  # 01:30 EST
    assert keys(3, NEW_YORK, before_gap, cron="*/30 * * * *") == [
        "2026-03-08T02:00", "2026-03-08T03:30", "2026-03-08T04:00"
    ]  # fmt: skip
    first = TRIGGER.next(params(cron="*/30 * * * *"), NEW_YORK, before_gap)
    assert first is not None
    assert first.at == datetime(2026, 3, 8, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"every": "90m"}, ["2026-08-01T13:30", "2026-08-01T15:00"]),
        ({"every": "6h"}, ["2026-08-01T18:00", "2026-08-02T00:00"]),
        ({"every": "1d"}, ["2026-08-02T00:00", "2026-08-03T00:00"]),
        ({"every": "1w", "at": "09:00"}, ["2026-08-03T09:00", "2026-08-10T09:00"]),
        ({"dates": ["2026-08-05", "2026-08-03"], "at": "10:00"}, ["2026-08-03T10:00", "2026-08-05T10:00"]),
    ],
)  # fmt: skip
def test_intervals_and_dates(given: dict[str, Any], expected: list[str]) -> None:
    assert keys(2, **given) == expected


def test_minutes_go_on_by_elapsed_time_while_the_clocks_repeat_themselves() -> None:
    begin = datetime(2026, 10, 24, 23, 40, tzinfo=UTC)  # 01:40 in Berlin, whose 02:00 to 03:00 comes twice
    assert keys(8, ZoneInfo("Europe/Berlin"), begin, every="15m") == [
        "2026-10-25T01:45", "2026-10-25T02:00", "2026-10-25T02:15", "2026-10-25T02:30", "2026-10-25T02:45",
        "2026-10-25T02:00+01:00", "2026-10-25T02:15+01:00", "2026-10-25T02:30+01:00",
    ]  # fmt: skip
    assert keys(3, ZoneInfo("Europe/Berlin"), begin, every="6h") == [
        "2026-10-25T06:00", "2026-10-25T12:00", "2026-10-25T18:00",
    ]  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(
    name=st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai"]),
    minutes=st.sampled_from([15, 20, 30, 45, 60, 90, 120, 360]),
    day=st.sampled_from(["03-07", "03-28", "04-03", "06-01", "10-02", "10-24", "10-31"]),
    late=st.integers(1, 10_000),
)
def test_intervals_leave_no_gap_of_two_steps_and_no_moment_has_two_answers(
    name: str, minutes: int, day: str, late: int
) -> None:
    """Nor do firings come closer than a step where the clocks are put back; whole parts of the change leave no gap."""
    zone, step = ZoneInfo(name), timedelta(minutes=minutes)
    at = datetime.fromisoformat(f"2026-{day}T06:00+00:00")
    before, end = None, at + timedelta(days=1)
    while at < end:
        firing = TRIGGER.next(params(every=f"{minutes}m"), zone, at)
        assert firing is not None
        between = at + (firing.at - at) * (late / 10_001)
        assert TRIGGER.next(params(every=f"{minutes}m"), zone, between) == firing
        if before is not None:
            gap = firing.at - before
            change = firing.at.astimezone(zone).utcoffset() - before.astimezone(zone).utcoffset()
            assert gap < 2 * step
            assert gap == step or change or timedelta(minutes=30 if "Lord" in name else 60) % step
            just_before = (before - timedelta(seconds=1)).astimezone(zone).utcoffset()
            forward = firing.at.astimezone(zone).utcoffset() > just_before
            assert (
                gap >= step or forward
            )  # put forward: the wall times come sooner, a skipped one at the end of the gap
        at = before = firing.at


def test_dates_end() -> None:
    assert keys(5, dates=["2026-08-03"], at="10:00") == ["2026-08-03T10:00"]


def test_workdays_with_the_days_worked_instead() -> None:
    before_festival = datetime(2026, 2, 12, tzinfo=UTC)
    assert keys(4, after=before_festival, workdays=True, at="09:30") == [
        "2026-02-12T09:30", "2026-02-13T09:30", "2026-02-14T09:30", "2026-02-24T09:30"
    ]  # fmt: skip


def test_first_and_last_workday_of_the_month() -> None:
    start = datetime(2026, 9, 20, tzinfo=UTC)
    assert keys(2, after=start, workdays="first_of_month", at="09:30") == ["2026-10-08T09:30", "2026-11-02T09:30"]
    assert keys(2, after=start, workdays="last_of_month", at="09:30") == ["2026-09-30T09:30", "2026-10-30T09:30"]


def test_workdays_stop_where_the_holidays_are_not_announced() -> None:
    last = known_years()[-1]
    with pytest.raises(CalendarError, match=f"{last + 1}"):
        keys(1, after=datetime(last, 12, 31, 12, tzinfo=UTC), workdays=True, at="09:30")


def test_everyone_but_merged_contacts_is_looked_at(db: Database) -> None:
    rows = [(1, "{}", None, 0, 0), (2, "{}", 1, 0, 0), (3, "{}", None, 0, 0)]
    with db.write() as conn:
        insert_rows(conn, contact, ("id", "attributes", "merged_into", "created_at", "updated_at"), rows)
    given = params(every="1d")
    firing = TRIGGER.next(given, SHANGHAI, NOON)
    assert firing is not None
    with db.read() as conn:
        query = TRIGGER.people(given, SHANGHAI, firing, Window(NOON, 0, NOON))
        assert sorted(row.contact_id for row in conn.execute(query)) == [1, 3]


def test_explain_gives_the_next_firing() -> None:
    assert TRIGGER.explain(params(every="1d"), SHANGHAI, {}, NOON) == datetime(2026, 8, 1, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "zh", "en"),
    [
        ({}, "恰好一个；这里有：–", "exactly one of cron, every, dates and workdays; found: –"),
        ({"cron": "0 9 * * *", "every": "1d"}, "cron, every", "found: cron, every"),
        ({"dates": ["2026-08-05"]}, "dates 须同时写明几点触发", "dates also needs the time of day"),
        ({"workdays": True}, "workdays 须同时写明几点触发", "workdays also needs the time of day"),
        ({"cron": "0 9 * * *", "at": "09:00"}, "cron 已决定了触发时刻", "cron already says at what time"),
        ({"every": "2h", "at": "09:00"}, "every 已决定了触发时刻", "every already says at what time"),
        ({"cron": "0 9 * *"}, "0 9 * * 有 4 段", "0 9 * * has 4"),
        ({"cron": "0 0 9 * * *"}, "有 6 段", "has 6"),
        ({"cron": "60 9 * * *"}, "分钟段无法读取 60", "minute field can't be read at 60"),
        ({"cron": "5/10 9 * * *"}, "分钟段无法读取 5/10", "minute field can't be read at 5/10"),
        ({"cron": "*/0 9 * * *"}, "分钟段无法读取 */0", "minute field can't be read at */0"),
        ({"cron": "0 24 * * *"}, "小时段无法读取 24", "hour field can't be read at 24"),
        ({"cron": "0 9 L-3 * *"}, "日期段无法读取 l；", "day field can't be read at l;"),
        ({"cron": "0 9 1,LW * *"}, "日期段无法读取 lw", "day field can't be read at lw"),
        ({"cron": "0 9 1 13 *"}, "月份段无法读取 13", "month field can't be read at 13"),
        ({"cron": "0 9 * * mon#6"}, "星期段无法读取 mon#6", "weekday field can't be read at mon#6"),
        ({"cron": "0 9 * * mon#2,fri"}, "星期段无法读取 fri", "weekday field can't be read at fri"),
        ({"cron": "0 9 L * mon#2"}, "同时限定了日期与星期", "limits both the day of the month and the weekday"),
        ({"cron": "0 9 * * 5-1"}, "星期段无法读取 5-1", "weekday field can't be read at 5-1"),
        ({"cron": "0 9 1 * mon"}, "同时限定了日期与星期", "limits both the day of the month and the weekday"),
        ({"cron": "0 9 30 2 *"}, "永远不会触发", "never fires: there is no such date"),
    ],
)
def test_what_is_refused(given: dict[str, Any], zh: str, en: str) -> None:
    with pytest.raises(ValidationError) as caught:
        params(**given)
    (error,) = caught.value.errors()
    assert zh in say(error["type"], "zh", **error["ctx"])
    assert en in say(error["type"], "en", **error["ctx"])


@pytest.mark.parametrize(
    "given",
    [
        {"cron": "*/20 1-3 * * *"}, {"cron": "30 2 * * sun"}, {"every": "45m"}, {"every": "7h"},
        {"every": "3d", "at": "02:15"}, {"dates": ["2026-03-08", "2026-11-01"], "at": "02:30"},
    ],
)  # fmt: skip
def test_it_keeps_the_promises_of_a_trigger(db: Database, given: dict[str, Any]) -> None:
    check_clock_trigger(TRIGGER, params(**given), [db])
