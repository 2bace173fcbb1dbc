"""Answers that come when nobody waits for them any more: they are written down, and move nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from automation.clock import ManualClock
from automation.engine.engine import Engine
from automation.store.database import Database
from automation.store.schema import message
from tests.engine.world import World
from tests.fakes.server import Recorded, Reply
from tests.fakes.twilio import ACCOUNT, SENDER, TOKEN, FakeTwilio, error
from tests.storm.test_clocks import SEND, TWICE, journey, world

__all__ = ["world"]


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


class Sleepy(ManualClock):
    """The machine sleeps for a day when the time has been read `awake` more times."""

    awake = -1

    def now(self) -> datetime:
        seen = super().now()
        self.awake -= 1
        if self.awake == 0:
            self.advance(timedelta(days=1))
        return seen


@pytest.mark.parametrize("on_unknown", ["hold", "resend"])
def test_a_process_that_slept_between_the_mark_and_the_call_does_not_call(
    world: Callable[..., World], twilio: Meanwhile, tmp_path: Path, on_unknown: str
) -> None:
    # given a process that marked a message, and then slept until its lease was long over
    rules = journey(f"- {SEND}").replace("name: 一", f"name: 一\n    on_unknown: {on_unknown}")
    w = with_twilio(world, twilio, tmp_path, rules)
    clock = Sleepy(w.clock.now())
    sleeper = Engine(w.project(), w.database, clock)
    w.event("order.paid", "M1", amount=1)
    w.engine.advance()
    clock.awake = 1
    # when it wakes up
    sleeper.deliver("sms")
    # then it does not send what others may have sent again by now
    assert twilio.messages == []
    assert [(m.status, m.attempts) for m in w.messages()] == [("queued", 0)]
    # and the message goes out, once
    w.clock.set(clock.now())
    for _ in range(3):
        w.go(hours=1)
    assert [m.status for m in w.messages()] == ["accepted"]
    assert len(twilio.messages) == 1
    sleeper.close()


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
