"""The breaker: an outage delays, it loses nothing, uses up no attempt and holds up no other channel."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from automation.engine.engine import Engine
from automation.insight.status import read_status
from tests.engine.posts import BUSY, RULES, account, everybody, order, people, wait
from tests.engine.world import World
from tests.fakes.server import Hang
from tests.fakes.twilio import TOKEN, FakeTwilio, error
from tests.fakes.webhook import FakeReceiver

BOTH = (
    RULES
    + """
  - id: mail
    name: 邮件
    trigger: {type: event, with: {name: order.paid}}
    steps:
      - do: message.send
        with: {channels: [email], template: hello}
"""
)
SMS = "[providers.sms]"


@pytest.fixture
def twilio(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTwilio]:
    monkeypatch.setenv("TWILIO_TOKEN", TOKEN)
    with FakeTwilio() as server:
        yield server


def one(twilio: FakeTwilio, *more: str, attempts: int = 3) -> str:
    """One account, and a limit of attempts that an outage would soon use up."""
    return f"[delivery]\nmax_attempts = {attempts}\nbackoff_seconds = 10\n" + account(twilio, *more, table=SMS)


def account_row(w: World) -> dict[str, object]:
    (row,) = read_status(w.database, w.engine.project, w.clock.now()).accounts
    return row


def mails_sent(w: World) -> int:
    return sum(m.channel == "email" and m.status == "accepted" for m in w.messages())


def test_an_outage_delays_and_loses_nothing_while_the_other_channel_flows(
    world: Callable[..., World], twilio: FakeTwilio
) -> None:
    # given a service that is down
    w = world(BOTH, settings=one(twilio))
    twilio.outage = BUSY
    # when people are to be reached on both channels, for half a day
    order(w, 15)
    w.run()
    assert len(w.outbox("email")) == 15  # at once
    for _ in range(12):
        w.go(hours=1)
    # then the service was left alone but for probes, and no message has used up an attempt
    assert twilio.messages == []
    assert len(twilio.requests) < 50
    sms = [m for m in w.messages() if m.channel == "sms"]
    assert {(m.status, m.attempts) for m in sms} == {("queued", 0)}
    # and when it is back, everybody gets one message
    twilio.outage = None
    w.go(hours=1)
    w.go(hours=1)
    assert people(twilio) == everybody(15)
    assert {(m.status, m.attempts) for m in w.messages() if m.channel == "sms"} == {("accepted", 1)}
    assert "failed.attempts" not in w.codes()


def test_once_open_nothing_is_sent_and_the_channel_is_not_due(world: Callable[..., World], twilio: FakeTwilio) -> None:
    w = world(RULES, settings=one(twilio, "breaker = {failures = 3, seconds = 100}"))
    twilio.outage = BUSY
    order(w, 30)
    w.run()
    asked = len(twilio.requests)
    assert asked == 8  # one batch, eight calls side by side
    assert w.engine.due_channels() == []
    w.go(seconds=99)
    assert len(twilio.requests) == asked


def test_failures_must_be_in_a_row(world: Callable[..., World], twilio: FakeTwilio) -> None:
    w = world(RULES, settings=one(twilio, "breaker = {failures = 3, seconds = 100}"))
    for i in range(6):  # two failures, a success, and again
        twilio.script(*[BUSY] * (i % 3 != 2))
        order(w, 1, first=i)
        w.run()
    assert account_row(w)["failures"] == 0
    assert w.engine.due_channels() == []
    w.go(minutes=1)
    assert people(twilio) == everybody(6)


def test_half_open_one_message_tries_it_and_every_failure_doubles_the_time(
    world: Callable[..., World], twilio: FakeTwilio
) -> None:
    w = world(RULES, settings=one(twilio))
    twilio.outage = BUSY
    order(w, 20)
    w.run()
    opened = w.clock.now()
    assert len(twilio.requests) == 8
    waits = []
    for probe in range(1, 5):
        while len(twilio.requests) == 7 + probe:
            w.clock.advance(timedelta(seconds=5))
            w.engine.deliver("sms")
        assert len(twilio.requests) == 8 + probe  # with one message, however many wait
        waits.append((w.clock.now() - opened).total_seconds())
        opened = w.clock.now()
    assert waits[0] == 60
    assert 60 <= waits[1] <= 125
    assert 120 <= waits[2] <= 245
    assert 240 <= waits[3] <= 485


def test_the_time_never_grows_above_an_hour(world: Callable[..., World], twilio: FakeTwilio) -> None:
    w = world(RULES, settings=one(twilio, "breaker = {failures = 1, seconds = 3000}"))
    twilio.outage = BUSY
    order(w, 1)
    w.run()
    for _ in range(8):
        asked = len(twilio.requests)
        w.go(minutes=61)
        assert len(twilio.requests) == asked + 1


def test_a_success_closes_it(world: Callable[..., World], twilio: FakeTwilio) -> None:
    w = world(RULES, settings=one(twilio))
    twilio.outage = BUSY
    order(w, 20)
    w.run()
    twilio.outage = None
    w.go(seconds=61)
    assert people(twilio) == everybody(20)
    assert account_row(w)["state"] in ("working", "正常")


def test_only_one_process_tries_it(world: Callable[..., World], twilio: FakeTwilio) -> None:
    # given an open breaker whose time is over, and a service that is slow
    w = world(RULES, settings=one(twilio))
    twilio.outage = BUSY
    order(w, 20)
    w.run()
    asked = len(twilio.requests)
    twilio.outage = Hang(after_accept=False)
    w.clock.advance(timedelta(seconds=61))
    other = Engine(w.project(), w.database, w.clock)
    # when two processes deliver at the same time
    first = threading.Thread(target=w.engine.deliver, args=("sms",))
    first.start()
    while len(twilio.requests) == asked:
        time.sleep(0.01)
    assert other.deliver("sms") == 0
    assert other.due_channels() == []
    first.join()
    other.close()
    # then one message was tried, and its outcome is unknown
    assert len(twilio.requests) == asked + 1
    assert [m.status for m in w.messages()].count("unknown") == 1


def test_it_survives_a_restart(world: Callable[..., World], twilio: FakeTwilio) -> None:
    w = world(RULES, settings=one(twilio))
    twilio.outage = BUSY
    order(w, 20)
    w.run()
    twilio.outage = None
    w.engine.close()
    w.engine = Engine(w.project(), w.database, w.clock)
    w.go(seconds=30)
    assert twilio.messages == []
    w.go(seconds=31)
    assert people(twilio) == everybody(20)


def test_status_shows_it(world: Callable[..., World], twilio: FakeTwilio) -> None:
    w = world(RULES, settings=one(twilio))
    twilio.outage = error(401, 20003, "Authenticate")
    order(w, 20)
    w.run()
    status = read_status(w.database, w.engine.project, w.clock.now())
    (row,) = status.accounts
    assert row["account"] == "sms:twilio"
    assert row["state"] in ("断开（连续失败）", "left alone (keeps failing)")
    assert (row["failures"], row["last_code"]) == (5, "auth")
    assert row["next_try_at"] - row["since_at"] == 60_000
    assert status.as_dict()["accounts"][0]["next_try_at"] == "2026-08-01T04:01:00+00:00"
    assert any("sms:twilio" in str(rows) for _, _, rows in status.tables())


def test_a_service_that_asks_to_wait_is_left_alone_by_everybody(
    world: Callable[..., World], twilio: FakeTwilio
) -> None:
    w = world(RULES, settings=one(twilio, attempts=1))
    other = Engine(w.project(), w.database, w.clock)
    twilio.script(*[wait(120)] * 8)
    order(w, 20)
    w.engine.deliver("sms")
    assert other.deliver("sms") == 0
    w.go(seconds=119)
    assert len(twilio.requests) == 8
    assert account_row(w)["state"] in ("对方要求等待", "asked to wait")
    # then everybody is reached, although one attempt is all that a message has
    w.go(seconds=2)
    w.go(seconds=20)
    other.close()
    assert people(twilio) == everybody(20)
    assert {m.attempts for m in w.messages()} == {1}


def test_one_dead_address_of_a_webhook_does_not_stop_the_others(world: Callable[..., World]) -> None:
    hook = """
  - id: {id}
    name: {id}
    trigger: {{type: event, with: {{name: order.paid}}}}
    steps: [{{do: webhook.post, with: {{url: "{url}", body: {{a: b}}}}}}]
"""
    settings = '[webhook]\nallow_private = true\n[providers.webhook]\ntype = "webhook"\nbreaker = {failures = 1}\n'
    with FakeReceiver(secret=None) as dead, FakeReceiver(secret=None) as alive:
        dead.outage = error(503, 1, "down", {"Retry-After": "600"})
        w = world(
            "rules:" + hook.format(id="dead", url=dead.url) + hook.format(id="alive", url=alive.url), settings=settings
        )
        order(w, 5)
        w.run()
        assert len(alive.accepted) == 5
        assert len(dead.requests) == 5


def test_a_slow_provider_holds_up_no_other_channel(world: Callable[..., World], twilio: FakeTwilio) -> None:
    # given calls of which none returns before the gate opens
    w = world(BOTH, settings="[delivery]\nbatch_size = 5\n" + account(twilio, table=SMS).replace("0.4", "30"))
    gate = twilio.gate = threading.Event()
    order(w, 12)
    worker = threading.Thread(target=w.run)
    worker.start()
    # when several batches of mails have gone out meanwhile
    begun = time.monotonic()
    while mails_sent(w) < 12 and time.monotonic() - begun < 20:
        time.sleep(0.02)
    assert mails_sent(w) == 12
    assert twilio.messages == []
    gate.set()
    worker.join()
    assert people(twilio) == everybody(12)
