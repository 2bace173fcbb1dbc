"""Messages that are too old: whatever they wait for, they are not sent after `expires_after`, and the log says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from automation.store.pauses import begin_pause, channel_scope, end_pause
from tests.engine.posts import BUSY, account, order
from tests.engine.world import World
from tests.fakes.twilio import TOKEN, FakeTwilio, error

RULES = """
rules:
  - id: promo
    name: 促销
    expires_after: 2h
    guards: {quiet_hours: {from: "21:00", to: "09:00", then: delay}}
    trigger: {type: event, with: {name: order.paid}}
    steps:
      - do: message.send
        with: {channels: [sms, email], template: hello}
        save_as: sent
"""
STOPS = RULES.replace("save_as: sent", "save_as: sent\n        on_error: stop")
AFTER = "      - do: contact.tag\n        with: {add: [之后]}\n"


@pytest.fixture
def twilio(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTwilio]:
    monkeypatch.setenv("TWILIO_TOKEN", TOKEN)
    with FakeTwilio() as server:
        yield server


def settings(twilio: FakeTwilio) -> str:
    return "[delivery]\nbackoff_seconds = 86400\n" + account(twilio, table="[providers.sms]")


def expired(w: World) -> list[str]:
    return [m.status for m in w.messages() if m.outcome_code == "expired"]


def test_during_an_outage_they_expire_on_time_and_on_every_channel(
    world: Callable[..., World], twilio: FakeTwilio
) -> None:
    w = world(STOPS, settings=settings(twilio))
    twilio.outage = BUSY
    order(w, 10)
    w.go(minutes=119)
    assert {m.status for m in w.messages()} == {"queued"}
    w.clock.advance(timedelta(minutes=1))
    w.run()
    # then the next channel is not tried: what is too old is too old everywhere
    assert expired(w) == ["dropped"] * 10
    assert w.outbox("email") == []
    assert {(run.status, run.reason) for run in w.runs()} == {("failed", "failed.expired")}
    assert w.log("failed.expired")[0].detail == {
        "channel": "sms", "code": "expired", "expired_at": "2026-08-01T06:00:00+00:00",
    }  # fmt: skip
    twilio.outage = None
    w.go(hours=3)
    assert twilio.messages == []


def test_without_on_error_stop_the_run_goes_on(world: Callable[..., World], twilio: FakeTwilio) -> None:
    w = world(RULES + AFTER, settings=settings(twilio))
    twilio.outage = BUSY
    order(w, 1)
    w.run()
    w.go(hours=2)
    assert [row.tag for row in w.table("contact_tag")] == ["之后"]


def test_one_that_waits_for_its_next_attempt_expires_before_it(world: Callable[..., World], twilio: FakeTwilio) -> None:
    w = world(RULES, settings=settings(twilio))
    twilio.script(BUSY)
    order(w, 1)
    w.run()
    assert [(m.status, m.attempts) for m in w.messages()] == [("queued", 1)]
    w.go(hours=2)
    assert expired(w) == ["dropped"]


def test_one_that_a_pause_holds_expires(world: Callable[..., World], twilio: FakeTwilio) -> None:
    w = world(RULES, settings=settings(twilio))
    with w.database.write() as conn:
        begin_pause(conn, channel_scope("sms"), "test", "test", 0)
    order(w, 1)
    w.run()
    w.go(hours=2)
    with w.database.write() as conn:
        end_pause(conn, channel_scope("sms"))
    w.run()
    assert expired(w) == ["dropped"]
    assert twilio.requests == []


def test_one_that_waits_in_the_queue_for_the_end_of_quiet_hours_expires(
    world: Callable[..., World], twilio: FakeTwilio
) -> None:
    # given a message queued before quiet hours begin, and looked at within them
    w = world(RULES.replace("2h", "10h"), now="2026-08-01 20:59", settings=settings(twilio))
    order(w, 1)
    w.to("2026-08-01 21:01")
    assert [m.status for m in w.messages()] == ["queued"]
    # when its time is over before theirs
    w.to("2026-08-02 06:59")
    assert expired(w) == ["dropped"]
    assert w.log("failed.expired")[0].detail["expired_at"] == "2026-08-01T22:59:00+00:00"


def test_what_one_channel_has_left_of_the_time_is_all_that_the_next_one_has(
    world: Callable[..., World], twilio: FakeTwilio
) -> None:
    w = world(RULES, settings=settings(twilio))
    twilio.script(error(400, 21211, "not a valid phone number"))
    order(w, 1)
    w.clock.advance(timedelta(hours=1))
    w.run()
    first, second = w.messages()
    assert (first.channel, second.channel) == ("sms", "email")
    assert second.queued_at > first.queued_at
    assert second.expires_at == first.expires_at


def test_a_step_whose_quiet_hours_last_longer_is_not_held_but_skipped(
    world: Callable[..., World], twilio: FakeTwilio
) -> None:
    w = world(STOPS, now="2026-08-01 22:00", settings=settings(twilio))
    order(w, 1)
    w.run()
    assert w.messages() == []
    (skipped,) = w.log("failed.expired")
    assert skipped.detail["until"] == "2026-08-02T09:00:00+08:00"
    assert [run.status for run in w.runs()] == ["failed"]


def test_a_step_whose_quiet_hours_end_in_time_is_held(world: Callable[..., World], twilio: FakeTwilio) -> None:
    w = world(RULES, now="2026-08-01 08:00", settings=settings(twilio))
    order(w, 1)
    w.run()
    assert "held.quiet_hours" in w.codes()
    w.to("2026-08-01 09:00")
    assert len(twilio.messages) == 1


def test_without_expires_after_nothing_expires(world: Callable[..., World], twilio: FakeTwilio) -> None:
    w = world(RULES.replace("    expires_after: 2h\n", ""), settings=settings(twilio))
    twilio.outage = BUSY
    order(w, 6)
    w.go(days=3)
    assert {(m.status, m.expires_at) for m in w.messages()} == {("queued", None)}
