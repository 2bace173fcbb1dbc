"""Clocks that jump, sleep and run backwards: everybody is reached when it is time, and once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from automation.store.database import Database
from tests.engine.world import World, at

NEW_YORK = ZoneInfo("America/New_York")
"""2026: 02:00 on 8 March is followed by 03:00, and on 1 November 01:00 comes twice."""
ORDER = "trigger: {type: event, with: {name: order.paid}}"
SEND = "{do: sms.send, with: {template: hello}}"
JOURNEY = f"""
timezone: ZONE
rules:
  - id: one
    name: 一
    {ORDER}
    mode: {{on_again: parallel, per: contact}}
    guards: {{consent: marketing QUIET}}
    steps:
      STEPS
"""


@pytest.fixture
def world(db: Database, tmp_path: Path) -> Iterator[Callable[..., World]]:
    made: list[World] = []

    def make(rules: str, **options: Any) -> World:
        made.append(World(tmp_path / "project", db, rules, **options))
        made[-1].person("M1", phone="13800138001", name="安", birthday="2000-02-29")
        return made[-1]

    yield make
    for one in made:
        one.engine.close()


def journey(steps: str, zone: str = "America/New_York", quiet: str = "") -> str:
    return JOURNEY.replace("ZONE", zone).replace("QUIET", quiet).replace("STEPS", steps)


def there(text: str, fold: int = 0) -> datetime:
    """A moment in New York, in UTC: arithmetic in a zone knows nothing of missing hours."""
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK, fold=fold).astimezone(UTC)


def sent(w: World) -> int:
    return sum(m.status == "accepted" for m in w.messages())


def enter(w: World, moment: datetime) -> None:
    w.clock.set(moment)
    w.event("order.paid", "M1", amount=1, when=moment.astimezone(ZoneInfo("Asia/Shanghai")).strftime("%Y-%m-%d %H:%M"))
    w.run()


def comes_at(w: World, moment: datetime) -> None:
    """One more message goes out at this moment: not before, and not again in the day after it."""
    before = sent(w)
    w.clock.set(moment - timedelta(milliseconds=1))
    w.run()
    assert sent(w) == before, "too early"
    w.clock.set(moment)
    w.run()
    assert sent(w) == before + 1, "too late"
    for _ in range(24):
        w.go(hours=1)
    assert sent(w) == before + 1, "twice"


# ---------------------------------------------------------------- the hour that is missing, the hour that comes twice


@pytest.mark.parametrize(
    ("wait", "begin", "end"),
    [
        # a day is a day of the calendar, 24 hours are 24 hours
        ("1d", "2026-03-07 12:00", there("2026-03-08 12:00")),
        ("24h", "2026-03-07 12:00", there("2026-03-08 13:00")),
        ("1d", "2026-10-31 12:00", there("2026-11-01 12:00")),
        ("24h", "2026-10-31 12:00", there("2026-11-01 11:00")),
        # 02:30 does not exist: it comes when the gap is over
        ("1d", "2026-03-07 02:30", there("2026-03-08 03:00")),
        # 01:30 comes twice: the first of them
        ("1d", "2026-10-31 01:30", there("2026-11-01 01:30")),
        ("{until: '02:30'}", "2026-03-07 12:00", there("2026-03-08 03:00")),
        ("{until: '01:30'}", "2026-10-31 12:00", there("2026-11-01 01:30")),
        # the year, and a month that has a day more every four years
        ("1d", "2026-12-31 23:30", there("2027-01-01 23:30")),
        ("1w", "2028-02-22 09:00", there("2028-02-29 09:00")),
        ("1d", "2028-02-29 09:00", there("2028-03-01 09:00")),
    ],
)
def test_waits(world: Callable[..., World], wait: str, begin: str, end: datetime) -> None:
    w = world(journey(f"- wait: {wait}\n      - {SEND}"))
    enter(w, there(begin))
    assert sent(w) == 0
    comes_at(w, end)


@pytest.mark.parametrize(
    ("quiet", "begin", "end"),
    [
        ("21:00-09:00", there("2026-03-08 01:30"), there("2026-03-08 09:00")),
        ("21:00-09:00", there("2026-11-01 01:30"), there("2026-11-01 09:00")),
        ("21:00-09:00", there("2026-11-01 01:30", fold=1), there("2026-11-01 09:00")),
        ("01:00-01:45", there("2026-11-01 01:20"), there("2026-11-01 01:45")),
        ("01:00-01:45", there("2026-11-01 01:20", fold=1), there("2026-11-01 01:45", fold=1)),  # twice quiet
        ("21:00-02:30", there("2026-03-08 01:30"), there("2026-03-08 03:00")),  # its end doesn't exist
        ("21:00-09:00", there("2026-12-31 23:59"), there("2027-01-01 09:00")),
    ],
)
def test_quiet_hours(world: Callable[..., World], quiet: str, begin: datetime, end: datetime) -> None:
    start, _, stop = quiet.partition("-")
    w = world(journey(f"- {SEND}", quiet=f', quiet_hours: {{from: "{start}", to: "{stop}", then: delay}}'))
    enter(w, begin)
    assert sent(w) == 0
    comes_at(w, end)


def test_a_birthday_on_the_leap_day_comes_once_a_year(world: Callable[..., World]) -> None:
    w = world(
        """
        rules:
          - id: birthday
            name: 生日
            trigger: {type: anniversary, with: {field: contact.birthday, at: "10:00"}}
            steps: [{do: sms.send, with: {template: hello}}]
        """,
        now="2026-12-31 12:00",
    )
    w.run()
    came = []
    for year in (2027, 2028, 2029):
        for day in ("02-27", "02-28", "02-29", "03-01", "03-02"):
            if day == "02-29" and year != 2028:
                continue
            before = sent(w)
            w.to(f"{year}-{day} 12:00")
            came += [f"{year}-{day}"] * (sent(w) - before)
    assert came == ["2027-02-28", "2028-02-29", "2029-02-28"]


# ---------------------------------------------------------------- the machine slept, the clock was set back


TWICE = journey(f"- {SEND}\n      - wait: 1h\n      - {SEND}", zone="Asia/Shanghai")
DAILY = """
  - id: daily
    name: 每日
    trigger: {type: schedule, with: {cron: "0 13 * * *"}}
    mode: {on_again: parallel, per: contact}
    steps: [{do: sms.send, with: {template: hello}}]
"""


def test_a_daemon_that_was_not_there_for_a_day(world: Callable[..., World]) -> None:
    # given somebody inside a wait, and a schedule every day
    w = world(TWICE + DAILY)
    w.run()
    w.event("order.paid", "M1", amount=1)
    w.run()
    assert sent(w) == 1
    # when the daemon comes back the day after
    w.to("2026-08-02 20:00")
    # then the wait is over, the missed firings are one that ran and one that is told
    assert sorted((row.key, row.status) for row in w.table("occurrence")) == [
        ("2026-08-01T13:00", "missed"), ("2026-08-02T13:00", "done"),
    ]  # fmt: skip
    assert sent(w) == 3
    assert {run.status for run in w.runs()} == {"done"}


def test_a_clock_that_is_set_back_an_hour(world: Callable[..., World]) -> None:
    # given a schedule that has fired, and somebody who waits until 14:00
    w = world(TWICE + DAILY)
    w.run()
    w.to("2026-08-01 13:00")
    w.event("order.paid", "M1", amount=1)
    w.run()
    assert sent(w) == 2
    w.to("2026-08-01 13:30")
    # when the clock is set back and the hour comes again, minute by minute
    w.clock.set(at("2026-08-01 12:30"))
    for _ in range(89):
        w.go(minutes=1)
        assert sent(w) == 2
    # then nothing has come twice, and the wait ends when it said
    assert w.clock.now() == at("2026-08-01 13:59")
    w.go(minutes=1)
    assert sent(w) == 3
    w.go(hours=20)
    assert sent(w) == 3
    assert [row.key for row in w.table("occurrence")] == ["2026-08-01T13:00"]
