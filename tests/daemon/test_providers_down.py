"""Real daemons before a service that hangs, is down, or wants to be called slowly."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.daemon.shop import RULES, SETTINGS, Shop, order, until
from tests.engine.posts import BUSY, TimedTwilio, account
from tests.fakes.twilio import TOKEN

Make = Callable[..., Shop]
BOTH = (
    RULES
    + """
  - id: hook
    name: 通知
    trigger: {type: event, with: {name: order.paid}}
    steps: [{do: webhook.post, with: {url: "https://example.com/paid"}}]
"""
)


@pytest.fixture
def twilio(monkeypatch: pytest.MonkeyPatch) -> Iterator[TimedTwilio]:
    monkeypatch.setenv("TWILIO_TOKEN", TOKEN)
    with TimedTwilio() as server:
        yield server


def settings(twilio: TimedTwilio, *more: str) -> str:
    patient = account(twilio, *more, table="[providers.sms]").replace("timeout = 0.4", "timeout = 30")
    return SETTINGS + "[delivery]\nbackoff_seconds = 1\n" + patient


def test_calls_that_hang_hold_up_no_other_channel(shop: Make, twilio: TimedTwilio) -> None:
    # given a service of which no call returns
    s = shop(rules=BOTH, settings=settings(twilio))
    gate = twilio.gate = threading.Event()
    daemon = s.daemon()
    # when people pay, one after the other
    for i in range(3):
        s.ingest(order(i))
        until(lambda i=i: [m.status for m in s.rows("message") if m.channel == "webhook"] == ["accepted"] * (i + 1))
    # then the other channel has delivered each at once
    assert {m.status for m in s.rows("message") if m.channel == "sms"} <= {"queued", "sending"}
    gate.set()
    until(lambda: len(twilio.messages) == 3)
    assert daemon.stop(within=10) == 0


def test_an_open_breaker_outlives_a_killed_daemon(shop: Make, twilio: TimedTwilio) -> None:
    # given a daemon that has met a service that is down, and was killed
    s = shop(settings=settings(twilio, "breaker = {failures = 2, seconds = 6}"))
    twilio.outage = BUSY
    first = s.daemon()
    s.ingest(*map(order, range(12)))
    until(lambda: any(a["failures"] >= 2 for a in s.status()["accounts"]))
    first.process.kill()
    first.process.wait()
    asked, (row,) = len(twilio.requests), s.rows("provider_account")
    # when another one starts, it leaves the service alone until the time is over
    twilio.outage = None
    second = s.daemon()
    until(lambda: len(twilio.requests) > asked)
    assert time.time() * 1000 >= row.open_until
    # and then everybody gets one message
    until(lambda: s.statuses() == ["accepted"] * 12)
    assert len(twilio.messages) == 12
    assert second.stop(within=10) == 0


def test_daemons_share_one_rate(postgres_shop: Make, twilio: TimedTwilio) -> None:
    # given two daemons on one database, and a service that wants 20 calls a second
    s = postgres_shop(settings=settings(twilio, 'rate = "20/s"', "burst = 4"))
    daemons = [s.daemon(), s.daemon()]
    s.ingest(*map(order, range(30)))
    until(lambda: len(twilio.moments) == 30)
    # then in the service's own book no second holds more
    for i, since in enumerate(twilio.moments):
        taken = sum(since <= moment < since + 1 for moment in twilio.moments[i:])
        assert taken <= 4 + 20 + 5, f"{taken} in one second"  # 5: a quarter of a second in which calls may be late
    assert len({message.to for message in twilio.messages}) == 30
    for daemon in daemons:
        assert daemon.stop(within=10) == 0
