"""Unknown outcomes: looked up at the provider, held or sent once more as the rule says, settled by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from automation.engine.delivery.by_hand import Word
from automation.engine.engine import Engine
from automation.errors import AutomationError
from tests.engine.test_delivery import RULE, settings, tags
from tests.engine.world import World
from tests.fakes.sendgrid import API_KEY, FakeSendGrid
from tests.fakes.sendgrid import SENDER as MAIL_SENDER
from tests.fakes.server import Drop, Hang
from tests.fakes.twilio import TOKEN, FakeTwilio, error

Make = Callable[..., World]
AGAIN = RULE.replace("    name: 促销", "    name: 促销\n    on_unknown: resend")


@pytest.fixture
def twilio(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTwilio]:
    monkeypatch.setenv("TWILIO_TOKEN", TOKEN)
    with FakeTwilio() as server:
        yield server


@pytest.fixture
def lost(world: Make, twilio: FakeTwilio) -> Callable[..., World]:
    """A world in which the first answers never came; `after_accept`: Twilio has the messages nevertheless."""

    def make(rules: str = RULE, *, after_accept: bool, times: int = 1, people: int = 1) -> World:
        w = world(rules, settings=settings(twilio))
        twilio.now = w.clock.now
        twilio.script(*[Drop(after_accept)] * times)
        for number in range(people):
            w.person(f"M{number}", phone=f"1380013800{number}", email=f"a{number}@example.com", name="安娜")
            w.event("order.paid", f"M{number}", amount=1)
        w.run()
        return w

    return make


def posts(twilio: FakeTwilio) -> int:
    return [request.method for request in twilio.requests].count("POST")


def settled(w: World) -> list[dict[str, Any]]:
    return [row.detail for row in w.log("message.settled")]


def test_a_message_that_timed_out_after_it_was_taken_is_found_and_accepted(
    lost: Callable[..., World], twilio: FakeTwilio
) -> None:
    # given a message that Twilio took, whose answer was lost: the run has gone on without it
    w = lost(after_accept=True)
    assert [m.status for m in w.messages()] == ["unknown"]
    assert tags(w) == ["未达"]
    # when nobody is asked within the first minute, and then somebody is
    w.go(seconds=55)
    assert [m.status for m in w.messages()] == ["unknown"]
    w.go(seconds=10)
    # then it is the one in Twilio's book, and it was sent once
    (message,) = w.messages()
    assert (message.status, message.provider_message_id) == ("accepted", twilio.messages[0].sid)
    assert settled(w) == [
        {"channel": "sms", "provider_id": twilio.messages[0].sid, "outcome": "accepted", "by": "look_up"}
    ]
    assert len(twilio.messages) == posts(twilio) == 1
    assert tags(w) == ["未达"]  # what the run did meanwhile stays


def test_what_is_not_found_stays_unknown_and_is_asked_about_less_and_less_for_a_day(
    lost: Callable[..., World], twilio: FakeTwilio
) -> None:
    w = lost(after_accept=False)
    for _ in range(10 * 26):
        w.clock.advance(timedelta(minutes=6))
        w.engine.look_up()
    (message,) = w.messages()
    assert (message.status, message.look_up_at) == ("unknown", None)
    assert 7 <= len(twilio.requests) - posts(twilio) <= 14
    assert posts(twilio) == 1


def test_a_message_that_failed_at_the_provider_is_failed_and_nothing_more_is_sent(
    lost: Callable[..., World], twilio: FakeTwilio
) -> None:
    w = lost(after_accept=True)
    twilio.fates[twilio.messages[0].sid] = ("undelivered", 30005, "Unknown destination handset")
    w.go(minutes=2)
    (message,) = w.messages()
    assert (message.status, message.outcome_code) == ("failed", "30005")
    assert w.outbox("email") == []  # the run went on long ago: the next channel is not tried any more
    assert settled(w)[0]["outcome"] == "permanent"


def test_one_message_in_the_book_stands_for_one_of_ours(lost: Callable[..., World], twilio: FakeTwilio) -> None:
    # given two runs of one person with the same text, of which Twilio took one
    w = lost(after_accept=False)
    twilio.script(Drop(after_accept=True))
    w.event("order.paid", "M0", amount=2)
    w.run()
    w.go(minutes=2)
    assert sorted(m.status for m in w.messages()) == ["accepted", "unknown"]
    # also when they are asked about at different times
    w.go(minutes=10)
    assert sorted(m.status for m in w.messages()) == ["accepted", "unknown"]


def test_a_later_message_of_the_run_is_not_taken_for_the_one_that_was_found(world: Make, twilio: FakeTwilio) -> None:
    """The run waits for its second message when the first one is found."""
    two = RULE.split("      - if:")[0] + (
        "      - do: message.send\n        with: {channels: [sms], template: order}\n        save_as: second\n"
        "      - if: [{second.status: accepted}]\n        then: [{do: contact.tag, with: {add: [二达]}}]\n"
    )
    w = world(two, settings=settings(twilio))
    twilio.now = w.clock.now
    w.person("M1", phone="13800138001", name="安娜")
    busy = error(429, 20429, "Too many requests", {"Retry-After": "300"})
    twilio.script(Drop(after_accept=True), busy)
    w.event("order.paid", "M1", amount=1, sku="A1")
    w.run()
    w.go(minutes=2)
    assert [m.status for m in w.messages()] == ["accepted", "queued"]
    assert [run.status for run in w.runs()] == ["sending"]
    w.go(minutes=10)
    assert [m.status for m in w.messages()] == ["accepted", "accepted"]
    assert tags(w) == ["二达"]


# ---------------------------------------------------------------- on_unknown


def test_resend_sends_once_more_and_never_a_third_time(lost: Callable[..., World], twilio: FakeTwilio) -> None:
    w = lost(AGAIN, after_accept=False)
    twilio.script(*[Drop(after_accept=False)] * 3)
    w.go(hours=23)
    assert posts(twilio) == 0 + 1
    w.go(hours=2)
    twilio._script.clear()
    for _ in range(4):
        w.go(days=1)
    (message,) = w.messages()
    assert (message.status, message.attempts) == ("unknown", 2)
    assert posts(twilio) == 2
    assert [row.detail["by"] for row in w.log("message.resent")] == ["on_unknown"]


def test_a_resent_message_that_is_taken_is_accepted_and_the_run_stays_as_it_is(
    lost: Callable[..., World], twilio: FakeTwilio
) -> None:
    w = lost(AGAIN, after_accept=False)
    w.go(hours=25)
    (message,) = w.messages()
    assert (message.status, message.attempts, len(twilio.messages)) == ("accepted", 2, 1)
    assert tags(w) == ["未达"]


def test_what_is_found_is_not_sent_again(lost: Callable[..., World], twilio: FakeTwilio) -> None:
    w = lost(AGAIN, after_accept=True)
    for _ in range(3):
        w.go(days=1)
    assert (w.messages()[0].status, posts(twilio)) == ("accepted", 1)


def test_a_refusal_the_second_time_says_nothing_of_the_first(lost: Callable[..., World], twilio: FakeTwilio) -> None:
    w = lost(AGAIN, after_accept=False)
    twilio.script()
    w.clock.advance(timedelta(hours=25))
    w.engine.look_up()
    twilio.script(error(400, 21612, "not reachable"))
    w.run()
    (message,) = w.messages()
    assert (message.status, message.outcome_code, message.look_up_at) == ("unknown", "21612", None)


def test_a_restart_sends_nothing_again(lost: Callable[..., World], twilio: FakeTwilio) -> None:
    w = lost(AGAIN, after_accept=False)
    for _ in range(5):
        w.engine = Engine(w.project(), w.database, w.clock)
        w.run()
    assert posts(twilio) == 1


def test_a_run_that_was_broken_off_gets_nothing_more(world: Make, twilio: FakeTwilio) -> None:
    rules = AGAIN.replace("    steps:", "    exit_when: [{did: {event: vip.welcome, since: entry}}]\n    steps:")
    rules = rules.replace("      - if:", "      - wait: 10d\n      - if:")
    w = world(rules, settings=settings(twilio))
    twilio.script(Drop(after_accept=False))
    w.person("M1", phone="13800138001", name="安娜")
    w.event("order.paid", "M1", amount=1)
    w.run()
    w.go(minutes=5)
    w.event("vip.welcome", "M1", from_rule="x")
    w.go(days=3)
    w.go(days=10)
    assert [run.status for run in w.runs()] == ["exited"]
    assert ([m.status for m in w.messages()], posts(twilio)) == (["unknown"], 1)


NO_LOOK_UP = '''
"""A provider that can't be asked, and loses its first answer."""

from automation.i18n import Text
from automation.plugin import Params
from automation.providers.base import Outcome, Provider

SENT = []


class Mute(Provider):
    type = "mute"
    title = Text("哑", "mute")
    channels = frozenset({"sms"})
    Params = Params

    def send(self, messages):
        SENT.extend(message.reference for message in messages)
        first = len(SENT) == 1
        return [Outcome.unknown("no_answer") if first else Outcome.accepted() for _ in messages]
'''


@pytest.mark.parametrize(("rules", "status", "attempts"), [(RULE, "unknown", 1), (AGAIN, "accepted", 2)])
def test_where_nobody_can_be_asked_the_rule_decides_when_the_lease_is_over(
    world: Make, tmp_path: Path, rules: str, status: str, attempts: int
) -> None:
    plugins = tmp_path / "project" / "plugins"
    plugins.mkdir(parents=True)
    (plugins / "mute.py").write_text(NO_LOOK_UP, encoding="utf-8")
    w = world(rules, settings='[providers.sms]\ntype = "mute"\n')
    w.person("M1", phone="13800138001", name="安娜")
    w.event("order.paid", "M1", amount=1)
    w.run()
    w.go(seconds=290)
    assert [m.status for m in w.messages()] == ["unknown"]
    w.go(seconds=20)
    (message,) = w.messages()
    assert (message.status, message.attempts, message.look_up_at) == (status, attempts, None)


# ---------------------------------------------------------------- by hand


def test_by_hand_each_word_does_what_it_says_and_leaves_an_audit_row(
    lost: Callable[..., World], twilio: FakeTwilio
) -> None:
    w = lost(after_accept=False, times=3, people=3)
    for id_, verdict in enumerate(("sent", "failed", "resend"), start=1):
        w.engine.by_hand.one(id_, Word(verdict, "查了后台", "wang"))  # type: ignore[arg-type]
    w.run()
    assert [(m.status, m.outcome_code) for m in w.messages()] == [
        ("accepted", None), ("failed", "by_hand"), ("accepted", None)
    ]  # fmt: skip
    assert len(twilio.messages) == 1
    audit = [(row.actor, row.subject, row.detail) for row in w.table("audit") if row.action == "message.settled"]
    assert audit == [
        ("wang", f"message:{id_}", {"as": verdict, "reason": "查了后台", "channel": "sms", "was": "unknown"})
        for id_, verdict in enumerate(("sent", "failed", "resend"), start=1)
    ]
    assert [(d["by"], d["reason"]) for d in settled(w)] == [("wang", "查了后台")] * 2


def test_only_what_is_unknown_is_settled_by_hand(lost: Callable[..., World]) -> None:
    w = lost(after_accept=True)
    w.go(minutes=2)
    with pytest.raises(AutomationError) as caught:
        w.engine.by_hand.one(1, Word("resend", "?", "wang"))
    assert caught.value.text("en") == (
        "message 1 is accepted, not unknown; only messages whose outcome is unknown can be settled by hand"
    )
    assert "消息 1 的状态是 accepted" in caught.value.text("zh")
    with pytest.raises(AutomationError, match="there is no message 99"):
        w.engine.by_hand.one(99, Word("sent", "?", "wang"))
    assert [row for row in w.table("audit") if row.action == "message.settled"] == []


def test_all_unknown_ones_of_a_channel_that_are_old_enough(lost: Callable[..., World], twilio: FakeTwilio) -> None:
    w = lost(after_accept=False, times=2, people=2)
    w.clock.advance(timedelta(hours=2))
    twilio.script(Drop(after_accept=False))
    w.event("order.paid", "M0", amount=3)
    w.engine.advance()
    w.engine.deliver("sms")
    now = int(w.clock.now().timestamp() * 1000)
    word = Word("failed", "服务商确认未发", "wang")
    assert w.engine.by_hand.all(word, channel="email") == 0
    assert w.engine.by_hand.all(word, channel="sms", before=now - 3_600_000) == 2
    assert [m.status for m in w.messages()] == ["failed", "failed", "unknown"]


# ---------------------------------------------------------------- SendGrid


MAIL = """
rules:
  - id: promo
    name: 促销
    trigger: {type: event, with: {name: order.paid}}
    steps: [{do: message.send, with: {channels: [email], template: hello}}]
"""


@pytest.mark.parametrize(("activity", "status"), [(True, "accepted"), (False, "unknown")])
def test_sendgrid_is_asked_where_the_account_has_the_feed(
    world: Make, monkeypatch: pytest.MonkeyPatch, activity: bool, status: str
) -> None:
    monkeypatch.setenv("SENDGRID_KEY", API_KEY)
    with FakeSendGrid() as server:
        server.activity = activity
        w = world(
            MAIL,
            settings=f"""
[providers.email]
type = "sendgrid"
api_key = {{env = "SENDGRID_KEY"}}
sender = "{MAIL_SENDER}"
base_url = "{server.url}"
activity = {str(activity).lower()}
timeout = 0.4
""",
        )
        server.now = w.clock.now
        server.script(Hang(after_accept=True))
        w.person("M1", email="a@example.com", name="安娜")
        w.event("order.paid", "M1", amount=1)
        w.run()
        w.go(minutes=10)
        assert [m.status for m in w.messages()] == [status]
        assert len(server.mails) == 1
        assert [request.method for request in server.requests] == ["POST"] + ["GET"] * activity
