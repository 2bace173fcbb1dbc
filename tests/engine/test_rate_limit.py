"""The rate of an account: one bucket of tokens in the database, however many processes send."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from automation.clock import SystemClock
from automation.engine.engine import Engine
from tests.engine.posts import RULES, TimedTwilio, account, by_account, everybody, order, people
from tests.engine.world import World
from tests.fakes.server import Drop
from tests.fakes.twilio import TOKEN


@pytest.fixture
def twilio(monkeypatch: pytest.MonkeyPatch) -> Iterator[TimedTwilio]:
    monkeypatch.setenv("TWILIO_TOKEN", TOKEN)
    with TimedTwilio() as server:
        yield server


def tokens(w: World) -> float:
    (row,) = w.table("provider_account")
    return float(row.tokens)


def test_a_burst_and_then_as_many_as_the_rate_allows(world: Callable[..., World], twilio: TimedTwilio) -> None:
    w = world(RULES, settings=account(twilio, 'rate = "60/m"', "burst = 5"))
    order(w, 12)
    w.run()
    assert len(twilio.messages) == 5
    assert w.engine.due_channels() == []  # the daemon need not look
    w.clock.advance(timedelta(milliseconds=999))
    assert w.engine.due_channels() == []
    w.clock.advance(timedelta(milliseconds=1))
    assert w.engine.due_channels() == ["sms"]
    w.run()
    assert len(twilio.messages) == 6
    w.go(seconds=3)
    assert len(twilio.messages) == 9
    w.go(hours=1)
    assert people(twilio) == everybody(12)


def test_tokens_are_taken_for_what_is_sent_and_for_nothing_else(
    world: Callable[..., World], twilio: TimedTwilio
) -> None:
    # given ten messages, of which six lost their consent after they were queued
    w = world(RULES, settings=account(twilio, 'rate = "1/h"', "burst = 10"))
    order(w, 10)
    with w.database.write() as conn:
        conn.exec_driver_sql("DELETE FROM consent WHERE contact_id <= 6")
    w.run()
    assert len(twilio.messages) == 4
    assert tokens(w) == 6


def test_an_unknown_outcome_has_used_its_token(world: Callable[..., World], twilio: TimedTwilio) -> None:
    w = world(RULES, settings=account(twilio, 'rate = "1/h"', "burst = 2"))
    twilio.script(Drop(after_accept=True))
    order(w, 3)
    w.run()
    assert tokens(w) == 0
    assert sorted(m.status for m in w.messages()) == ["accepted", "queued", "unknown"]


def test_a_clock_set_back_stops_no_account(world: Callable[..., World], twilio: TimedTwilio) -> None:
    w = world(RULES, settings=account(twilio, 'rate = "1/s"', "burst = 1"))
    order(w, 4)
    w.run()
    w.clock.advance(timedelta(hours=-1))
    with w.database.write() as conn:
        conn.exec_driver_sql("UPDATE message SET due_at = due_at - 3600000 WHERE status = 'queued'")
    w.run()
    assert len(twilio.messages) == 2  # one more at the most
    w.go(seconds=1)
    assert len(twilio.messages) == 3
    w.go(seconds=1)
    assert people(twilio) == everybody(4)


def test_what_one_account_can_not_take_goes_to_the_next(world: Callable[..., World], twilio: TimedTwilio) -> None:
    first = account(twilio, 'account = "main"', 'rate = "1/h"', "burst = 3")
    w = world(RULES, settings=first + account(twilio, 'account = "reserve"', 'rate = "1/h"', "burst = 4"))
    order(w, 10)
    w.run()
    assert by_account(w.messages()) == {"sms:main": 3, "sms:reserve": 4}
    routed = w.log("message.routed")
    assert [entry.detail for entry in routed] == [
        {"account": "sms:reserve", "instead_of": "sms:main", "because": "rate"}
    ] * 4


def test_processes_share_one_rate(world: Callable[..., World], twilio: TimedTwilio) -> None:
    # given two engines with connections of their own, and the machine's clock
    rate, burst = 40, 5
    limits = account(twilio, f'rate = "{rate}/s"', f"burst = {burst}")
    w = world(RULES, settings="[delivery]\nbatch_size = 4\n" + limits)
    order(w, 60)
    engines = [Engine(w.project(), w.database, SystemClock()) for _ in range(2)]
    over = threading.Event()

    def deliver(engine: Engine) -> None:
        while not over.is_set():
            engine.deliver("sms")
            time.sleep(0.01)

    # when both send as fast as they can
    workers = [threading.Thread(target=deliver, args=(engine,)) for engine in engines]
    for worker in workers:
        worker.start()
    begun = time.monotonic()
    while len(twilio.moments) < 60 and time.monotonic() - begun < 20:
        time.sleep(0.02)
    over.set()
    for worker in workers:
        worker.join()
    for engine in engines:
        engine.close()
    # then in the service's own book everybody stands once, and no stretch of time holds more than the rate allows
    assert people(twilio) == everybody(60)
    taken = [moment - twilio.moments[0] for moment in twilio.moments]
    late = 0.15  # how long a call may take to arrive
    for i, since in enumerate(taken):
        for j in range(i, len(taken)):
            assert j - i + 1 <= burst + rate * (taken[j] - since + late) + 1
    assert taken[-1] >= (60 - burst) / rate - late
