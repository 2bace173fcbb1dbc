"""`why --message`: why one message was queued, what its guards said, its attempts, and what they left behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from automation.engine.switches import pause, target_of
from automation.errors import AutomationError
from automation.i18n import language
from automation.insight.account import Account
from automation.insight.message_story import why_message
from tests.engine.posts import BUSY
from tests.engine.test_delivery import RULE, settings
from tests.engine.world import World
from tests.fakes.server import Drop
from tests.fakes.twilio import TOKEN, FakeTwilio

OPTED_OUT = "+15005550004"


@pytest.fixture
def twilio(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTwilio]:
    monkeypatch.setenv("TWILIO_TOKEN", TOKEN)
    with FakeTwilio() as server:
        yield server


def ask(w: World, id_: int = 1) -> Account:
    with language("en"):
        return why_message(w.database, w.project(), id_, w.clock.now())


def said(account: Account, kind: str) -> list[str]:
    return ["  ".join(filter(None, [line.sentence, line.seen])) for line in account.lines if line.kind == kind]


def ordered(
    world: Callable[..., World], twilio: FakeTwilio, rule: str = RULE, phone: str = "13800138001", more: str = ""
) -> World:
    w = world(rule, settings=settings(twilio) + more)
    w.person("M1", phone=phone, email="anna@example.com", name="安娜")
    w.event("order.paid", "M1", amount=1)
    return w


def test_an_accepted_message_from_its_step_to_its_run(world: Callable[..., World], twilio: FakeTwilio) -> None:
    w = ordered(world, twilio)
    w.run()
    told = ask(w)
    assert (told.rule, told.contact, told.message) == ("promo", 1, 1)
    first, run = said(told, "queued")
    assert first == "queued by this step at 2026-08-01 12:00  SMS → 138****8001, template hello"
    assert run == "run 1, entered at 2026-08-01 12:00 (e1)"
    guards = [line for line in told.lines if line.kind == "guards"]
    assert len(guards) == 10
    assert all(line.ok for line in guards)
    assert [line.split("  ")[1] for line in said(told, "history")] == [
        "the message is queued", "the provider accepted the message",
    ]  # fmt: skip
    assert said(told, "ledger")[0].startswith("accepted by the provider  attempts=1, account=sms:")
    assert told.conclusion == "message 1: accepted by the provider"
    assert told.lines[0].place.startswith("rules.yaml:")
    assert told.as_dict()["message"] == 1


def test_a_message_with_each_of_its_attempts(world: Callable[..., World], twilio: FakeTwilio) -> None:
    w = ordered(world, twilio)
    twilio.script(*[BUSY] * 3)
    w.run()
    told = ask(w)
    again = said(told, "history")[1]
    assert again.startswith("2026-08-01 12:00  a transient failure; it will be tried again  ")
    assert "attempt=1" in again
    assert said(told, "ledger")[0] == "queued  attempts=1, account=sms:twilio, code=20503"
    for _ in range(2):
        w.go(minutes=5)
    told = ask(w)
    assert [line for line in said(told, "history") if "attempt=2" in line]
    assert told.conclusion == "message 1: failed; still failing after the last attempt"


def test_a_message_whose_account_rests_says_until_when(world: Callable[..., World], twilio: FakeTwilio) -> None:
    breaker = "\n[delivery.breaker]\nfailures = 1\nseconds = 600\n"
    w = ordered(world, twilio, more=breaker)
    twilio.script(BUSY)
    w.run()
    assert "account sms:twilio: left alone (keeps failing), until 2026-08-01 12:10" in said(ask(w), "ledger")


def test_an_unknown_message_says_when_it_is_looked_up_and_how_it_was_settled(
    world: Callable[..., World], twilio: FakeTwilio
) -> None:
    w = ordered(world, twilio)
    twilio.now = w.clock.now
    twilio.script(Drop(True))
    w.run()
    told = ask(w)
    assert said(told, "ledger")[1] == "its provider is asked about it at 2026-08-01 12:01"
    assert told.conclusion == (
        "message 1: outcome unknown; its provider is asked about it at 2026-08-01 12:01"
    )  # fmt: skip
    w.go(minutes=2)
    settled = ask(w)
    assert any("by=look_up" in line for line in said(settled, "history"))
    assert settled.conclusion.startswith("message 1: accepted by the provider; ")


def test_a_refusal_tells_what_it_wrote_down_and_that_the_next_channel_was_taken(
    world: Callable[..., World], twilio: FakeTwilio
) -> None:
    w = ordered(world, twilio, phone=OPTED_OUT)
    w.engine.advance()
    w.go(minutes=1)
    told = ask(w)
    ledger = said(told, "ledger")
    assert ledger[0].startswith("so it was noted: no consent on this channel")
    assert ledger[1].startswith("so it was noted: on the suppression list")
    assert OPTED_OUT not in str(told)
    assert told.conclusion.startswith("message 1: failed; ")
    assert "because it did not get through on SMS" in said(ask(w, 2), "queued")
    # its guards are those of the moment in which it was queued: it has no consent and stands on the list only since
    assert all(line.ok for line in told.lines if line.kind == "guards")


def test_a_message_that_waits_says_what_for(world: Callable[..., World], twilio: FakeTwilio) -> None:
    w = ordered(world, twilio, rule=RULE.replace("    steps:", "    expires_after: 2d\n    steps:", 1))
    w.engine.advance()
    with w.database.write() as conn:
        pause(conn, target_of(conn, "sms"), "the tariff", "test", 0)
    told = ask(w)
    assert "channel:sms is paused: the tariff" in said(told, "ledger")
    assert "not worth sending after 2026-08-03 12:00" in said(told, "ledger")
    assert told.conclusion.startswith("message 1: queued; channel:sms is paused: the tariff")


def test_no_such_message(world: Callable[..., World], twilio: FakeTwilio) -> None:
    w = ordered(world, twilio)
    with language("en"), pytest.raises(AutomationError, match="99"):
        why_message(w.database, w.project(), 99, w.clock.now())
