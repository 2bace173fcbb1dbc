"""Clocks that jump, sleep and run backwards: everybody is reached when it is time, and once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from automation.engine.engine import Engine
from automation.store.database import Database
from automation.store.schema import message
from tests.engine.world import World, at
from tests.fakes.server import Recorded, Reply
from tests.fakes.twilio import ACCOUNT, SENDER, TOKEN, FakeTwilio, error

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
        # 02:30 does not exist: a wait is as long as it was, a time of day comes when the gap is over
        ("1d", "2026-03-07 02:30", there("2026-03-08 03:30")),
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


class Meanwhile(FakeTwilio):
    """Something happens while a message is on its way."""

    happens: Callable[[], Any] | None = None
    answers: list[Reply]  # instead of the normal ones

    def respond(self, request: Recorded) -> Reply:
        if request.method == "POST" and self.happens is not None:
            happens, self.happens = self.happens, None
            happens()
        return self.answers.pop(0) if request.method == "POST" and self.answers else super().respond(request)


BUSY = error(503, 20503, "Service is temporarily unavailable")


@pytest.fixture
def twilio() -> Iterator[Meanwhile]:
    with Meanwhile() as server:
        server.answers = []
        yield server


def with_twilio(w: Callable[..., World], twilio: Meanwhile, tmp_path: Path, rules: str) -> World:
    settings = f"""
[delivery]
lease_seconds = 60
[providers.sms]
type = "twilio"
account_sid = "{ACCOUNT}"
from_number = "{SENDER}"
base_url = "{twilio.url}"
auth_token = {{file = "secret"}}
"""
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "secret").write_text(TOKEN)
    made = w(rules, settings=settings)
    twilio.now = made.clock.now
    return made


def another(w: World) -> Engine:
    """As another process has it."""
    return Engine(w.project(), Database(w.database.url.render_as_string(hide_password=False)), w.clock)


TWICE = journey(f"- {SEND}\n      - wait: 1h\n      - {SEND}", zone="Asia/Shanghai")
DAILY = """
  - id: daily
    name: 每日
    trigger: {type: schedule, with: {cron: "0 13 * * *"}}
    mode: {on_again: parallel, per: contact}
    steps: [{do: sms.send, with: {template: hello}}]
"""


def test_a_process_that_slept_for_a_day_in_the_middle_of_a_call(
    world: Callable[..., World], twilio: Meanwhile, tmp_path: Path
) -> None:
    # given a daemon that falls asleep while the provider has its message, and another that finds the lease over
    w = with_twilio(world, twilio, tmp_path, TWICE)
    other = another(w)
    seen: list[str] = []

    def sleep() -> None:
        w.clock.advance(timedelta(days=1))
        other.recover()
        other.advance()
        seen.extend(m.status for m in w.messages())

    twilio.happens = sleep
    w.event("order.paid", "M1", amount=1)
    # when it wakes up, the provider's answer is in its hands
    w.run()
    assert seen[0] == "unknown"
    # then it counts, the run goes on once, and nothing is sent twice
    assert [m.status for m in w.messages()] == ["accepted"]
    assert w.codes().count("waiting") == 1
    w.go(hours=1)
    assert [m.status for m in w.messages()] == ["accepted", "accepted"]
    assert len(twilio.messages) == 2
    assert [run.status for run in w.runs()] == ["done"]
    other.close()
    other.database.close()


def test_the_answer_to_an_earlier_message_moves_nobody_who_waits_for_a_later_one(
    world: Callable[..., World], twilio: Meanwhile, tmp_path: Path
) -> None:
    # given a run whose first message became unknown, and which waits for the outcome of its second
    w = with_twilio(world, twilio, tmp_path, journey(f"- {SEND}\n      - {SEND}\n      - wait: 1h\n      - {SEND}"))
    other = another(w)
    seen: list[list[str]] = []

    def late() -> None:
        w.clock.advance(timedelta(minutes=2))
        other.recover()
        other.advance()
        seen.append([m.status for m in w.messages()])

    twilio.happens = late
    w.event("order.paid", "M1", amount=1)
    w.engine.advance()
    # when the answer to the first one comes after all
    w.engine.deliver("sms")
    assert seen == [["unknown", "queued"]]
    # then the run still waits for the second
    assert [m.status for m in w.messages()] == ["accepted", "queued"]
    assert [run.status for run in w.runs()] == ["sending"]
    w.run()
    w.go(hours=1)
    assert [m.status for m in w.messages()] == ["accepted"] * 3
    assert len(twilio.messages) == 3
    assert w.codes().count("completed") == 1
    other.close()
    other.database.close()


def test_a_late_answer_that_nothing_was_sent_is_followed_by_another_try(
    world: Callable[..., World], twilio: Meanwhile, tmp_path: Path
) -> None:
    # given a run that is over, because its message became unknown
    w = with_twilio(world, twilio, tmp_path, journey(f"- {SEND}"))
    other = another(w)

    def late() -> None:
        w.clock.advance(timedelta(minutes=2))
        other.run_due()
        assert [run.status for run in w.runs()] == ["done"]

    # when the provider says, late, that it was too busy, and once more after that
    twilio.happens, twilio.answers = late, [BUSY, BUSY]
    w.event("order.paid", "M1", amount=1)
    w.run()
    for _ in range(5):
        w.go(minutes=5)
    # then the person gets it
    assert [m.status for m in w.messages()] == ["accepted"]
    assert len(twilio.messages) == 1
    assert "skipped.ended" not in w.codes()
    other.close()
    other.database.close()


def test_another_try_of_an_earlier_message_moves_nobody_who_waits_for_a_later_one(
    world: Callable[..., World], twilio: Meanwhile, tmp_path: Path
) -> None:
    # given a run that waits for its second message, while the first is tried again
    w = with_twilio(world, twilio, tmp_path, journey(f"- {SEND}\n      - {SEND}"))
    other = another(w)

    def late() -> None:
        w.clock.advance(timedelta(minutes=2))
        other.recover()
        other.advance()

    twilio.happens, twilio.answers = late, [BUSY]
    w.event("order.paid", "M1", amount=1)
    w.engine.advance()
    w.engine.deliver("sms")
    assert [m.status for m in w.messages()] == ["queued", "queued"]
    first, second = w.messages()
    with w.database.write() as conn:  # the second is held up
        conn.execute(update(message).where(message.c.id == second.id).values(due_at=second.due_at + 3_600_000))
    # when the first is accepted
    w.clock.advance(timedelta(minutes=5))
    w.engine.deliver("sms")
    assert [m.status for m in w.messages()] == ["accepted", "queued"]
    # then the run still waits for the second
    assert [run.status for run in w.runs()] == ["sending"]
    w.go(hours=1)
    assert [m.status for m in w.messages()] == ["accepted", "accepted"]
    assert [run.status for run in w.runs()] == ["done"]
    assert first.id < second.id
    other.close()
    other.database.close()


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


def test_a_clock_that_is_set_back_while_a_message_is_on_its_way(
    world: Callable[..., World], twilio: Meanwhile, tmp_path: Path
) -> None:
    # given a lease that now seems to last for an hour more
    w = with_twilio(world, twilio, tmp_path, TWICE)
    other = another(w)

    def back() -> None:
        w.clock.advance(timedelta(hours=-1))
        other.run_due()

    twilio.happens = back
    w.event("order.paid", "M1", amount=1)
    w.run()
    # then nobody took the message away from who sends it
    assert [m.status for m in w.messages()] == ["accepted"]
    for _ in range(5):
        w.go(hours=1)
        other.run_due()
    assert [m.status for m in w.messages()] == ["accepted", "accepted"]
    assert len(twilio.messages) == 2
    other.close()
    other.database.close()
