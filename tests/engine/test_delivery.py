"""Delivery: what each outcome does to the message and to the run, through the real Twilio client and our own plugin."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from automation.engine.engine import Engine
from automation.insight.content import content_of
from tests.engine.world import World
from tests.fakes.server import Drop, Hang
from tests.fakes.twilio import ACCOUNT, SENDER, TOKEN, FakeTwilio, error

RULE = """
rules:
  - id: promo
    name: 促销
    trigger: {type: event, with: {name: order.paid}}
    steps:
      - do: message.send
        with: {channels: [sms, email], template: hello}
        save_as: sent
      - if: [{sent.status: accepted}]
        then: [{do: contact.tag, with: {add: [已达]}}]
        else: [{do: contact.tag, with: {add: [未达]}}]
"""

PROVIDER = '''
"""A provider that does what its settings say, for the tests of the engine."""

from automation.i18n import Text
from automation.plugin import Params, param
from automation.providers.base import Outcome, Provider


class Odd(Provider):
    type = "odd"
    title = Text("怪", "odd")
    channels = frozenset({"sms", "email"})
    max_batch = 100

    class Params(Params):
        behaviour: str = param(zh="行为", en="behaviour")

    def send(self, messages):
        if self.params.behaviour == "raise":
            raise RuntimeError("no")
        if self.params.behaviour == "short":
            return []
        return [Outcome.permanent("no") for _ in messages]
'''


@pytest.fixture
def twilio(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTwilio]:
    monkeypatch.setenv("TWILIO_TOKEN", TOKEN)
    server = FakeTwilio()
    server.start()
    yield server
    server.stop()


def settings(twilio: FakeTwilio) -> str:
    return f"""
[delivery]
max_attempts = 3
backoff_seconds = 60
[providers.sms]
type = "twilio"
account_sid = "{ACCOUNT}"
auth_token = {{env = "TWILIO_TOKEN"}}
from_number = "{SENDER}"
base_url = "{twilio.url}"
timeout = 0.4
"""


def send_one(make: Callable[..., World], twilio: FakeTwilio) -> World:
    w = make(RULE, settings=settings(twilio))
    w.person("M1", phone="13800138001", email="a@example.com", name="安娜")
    w.event("order.paid", "M1", amount=1)
    w.run()
    return w


def tags(w: World) -> list[str]:
    return [row.tag for row in w.table("contact_tag")]


def test_accepted(world: Callable[..., World], twilio: FakeTwilio) -> None:
    w = send_one(world, twilio)
    (message,) = w.messages()
    assert (message.status, message.provider) == ("accepted", "twilio")
    assert message.provider_message_id.startswith("SM")
    assert tags(w) == ["已达"]


def test_a_refused_number_falls_back_to_the_next_channel(world: Callable[..., World], twilio: FakeTwilio) -> None:
    twilio.script(error(400, 21211, "not a valid phone number"))
    w = send_one(world, twilio)
    assert [(m.channel, m.status, m.outcome_code) for m in w.messages()] == [
        ("sms", "failed", "21211"),
        ("email", "accepted", None),
    ]
    assert tags(w) == ["已达"]
    assert len(w.outbox("email")) == 1


def test_a_message_that_the_provider_puts_off_is_sent_then_and_has_used_up_no_attempt(
    world: Callable[..., World], twilio: FakeTwilio
) -> None:
    twilio.script(replace(error(429, 20429, "Too many requests"), headers={"Retry-After": "600"}))
    w = send_one(world, twilio)
    assert [(m.status, m.attempts) for m in w.messages()] == [("queued", 0)]
    w.go(seconds=590)
    assert len(twilio.requests) == 1
    w.go(seconds=15)
    assert [(m.status, m.attempts) for m in w.messages()] == [("accepted", 1)]
    assert tags(w) == ["已达"]


def test_after_the_last_attempt_the_next_channel_is_tried(world: Callable[..., World], twilio: FakeTwilio) -> None:
    busy = error(503, 20503, "Service temporarily unavailable")
    twilio.script(busy, busy, busy)
    w = send_one(world, twilio)
    w.go(minutes=5)
    w.go(minutes=5)
    assert [(m.channel, m.status, m.attempts) for m in w.messages()] == [("sms", "failed", 3), ("email", "accepted", 1)]
    assert [code for code in w.codes() if code in ("message.retrying", "failed.attempts")] == [
        "message.retrying", "message.retrying", "failed.attempts",
    ]  # fmt: skip


@pytest.mark.parametrize("behaviour", [Hang(after_accept=True), Drop(after_accept=True)])
def test_an_unknown_outcome_is_never_sent_again_by_itself(
    world: Callable[..., World], twilio: FakeTwilio, behaviour: Any
) -> None:
    twilio.script(behaviour)
    w = send_one(world, twilio)
    assert [(m.channel, m.status) for m in w.messages()] == [("sms", "unknown")]
    assert tags(w) == ["未达"]
    w.go(days=2)
    assert [m.status for m in w.messages()] == ["unknown"]  # Twilio's book is of another time: no proof
    assert [request.method for request in twilio.requests].count("POST") == 1


@pytest.mark.parametrize("behaviour", ["raise", "short"])
def test_a_provider_that_breaks_its_contract_leaves_the_outcome_unknown(
    world: Callable[..., World], behaviour: str, tmp_path: Path
) -> None:
    w = odd(world, tmp_path, behaviour)
    assert [(m.status, m.outcome_code) for m in w.messages()] == [("unknown", "provider_failed")]


def test_nobody_left_to_reach_goes_on_with_the_reason(world: Callable[..., World], tmp_path: Path) -> None:
    w = odd(world, tmp_path, "refuse", email=None)
    assert [(m.channel, m.status) for m in w.messages()] == [("sms", "failed")]
    assert w.codes() == [
        "entered", "message.queued", "failed.permanent", "skipped.unreachable", "step.branched", "step.done",
        "completed",
    ]  # fmt: skip
    assert tags(w) == ["未达"]


def odd(make: Callable[..., World], tmp_path: Path, behaviour: str, **profile: Any) -> World:
    plugins = tmp_path / "project" / "plugins"
    plugins.mkdir(parents=True)
    (plugins / "odd.py").write_text(PROVIDER, encoding="utf-8")
    w = make(RULE, settings=f'[providers.sms]\ntype = "odd"\nbehaviour = "{behaviour}"\n')
    values = {"phone": "13800138001", "email": "a@example.com", "name": "安娜"} | profile
    w.person("M1", **{key: value for key, value in values.items() if value is not None})
    w.event("order.paid", "M1", amount=1)
    w.run()
    return w


def test_a_message_whose_sender_died_becomes_unknown_when_its_lease_is_over(world: Callable[..., World]) -> None:
    # given a message that is marked as sending, and a process that died there
    w = world(RULE)
    w.person("M1", phone="13800138001", name="安娜")
    w.event("order.paid", "M1", amount=1)
    w.engine.advance()

    class Died(BaseException):
        pass

    def die(messages: Any) -> Any:
        raise Died

    w.engine.providers.accounts("sms")[0].provider.send = die  # type: ignore[method-assign]
    with pytest.raises(Died):
        w.engine.deliver("sms")
    assert [(m.status, m.attempts) for m in w.messages()] == [("sending", 1)]
    # when another one starts, before and after the lease is over
    w.engine = Engine(w.project(), w.database, w.clock)
    w.go(seconds=299)
    assert [m.status for m in w.messages()] == ["sending"]
    w.go(seconds=2)
    # then it is unknown, the run goes on, and nothing was sent
    assert [(m.status, m.outcome_code) for m in w.messages()] == [("unknown", "lease_expired")]
    assert tags(w) == ["未达"]
    assert w.outbox("sms") == []


def test_a_missing_variable_is_not_sent_and_the_next_channel_is_tried(world: Callable[..., World]) -> None:
    w = world(
        RULE,
        templates={
            "hello.sms.j2": "【店】{{ contact.city }}",
            "hello.email.html.j2": "{% block subject %}您好{% endblock %}{% block html %}<p>您好</p>{% endblock %}",
        },
    )
    w.person("M1", phone="13800138001", email="a@example.com", name="安娜")
    w.event("order.paid", "M1", amount=1)
    w.run()
    assert [(m.channel, m.status) for m in w.messages()] == [("sms", "dropped"), ("email", "accepted")]
    (failed,) = w.log("failed.render")
    assert "contact.city" in failed.detail["error"]


def test_a_disabled_rule_sends_nothing_until_it_is_enabled_again(world: Callable[..., World]) -> None:
    w = world(RULE)
    anna = w.person("M1", phone="13800138001", name="安娜")
    w.event("order.paid", "M1", amount=1)
    w.engine.advance()
    w.reload(RULE.replace("    name: 促销", "    name: 促销\n    enabled: false"))
    w.go(minutes=10)
    assert [m.status for m in w.messages()] == ["queued"]
    w.reload(RULE)
    w.go(minutes=2)
    assert [m.status for m in w.messages()] == ["accepted"]
    assert w.codes(anna)[-1] == "completed"


def test_a_rules_own_attempts_go_before_the_setting(world: Callable[..., World], twilio: FakeTwilio) -> None:
    busy = error(503, 20503, "Service temporarily unavailable")
    twilio.script(busy, busy)
    w = world(RULE.replace("    name: 促销", "    name: 促销\n    max_attempts: 1"), settings=settings(twilio))
    w.person("M1", phone="13800138001", email="a@example.com", name="安娜")
    w.event("order.paid", "M1", amount=1)
    w.run()
    assert [(m.channel, m.status, m.attempts) for m in w.messages()] == [("sms", "failed", 1), ("email", "accepted", 1)]
    assert "message.retrying" not in w.codes()


LEAVING = {
    "hello.email.html.j2": "{% block subject %}您好{% endblock %}{% block html %}<p>您好</p>{% endblock %}"
    "{% block list_unsubscribe %}https://a.cn/u?a=1&m={{ contact.level | urlencode }}{% endblock %}"
}


@pytest.mark.parametrize("step", ["email.send, with: {", "message.send, with: {channels: [email], "])
def test_a_templates_unsubscribe_address_becomes_headers(world: Callable[..., World], step: str) -> None:
    rule = RULE.partition("    steps:")[0] + f"    steps: [{{do: {step}template: hello}}}}]\n"
    w = world(rule, templates=LEAVING)
    w.person("M1", email="a@example.com", level="金卡")
    w.event("order.paid", "M1", amount=1, sku="a")
    w.run()
    (mail,) = w.outbox("email")
    head = mail.partition("\n\n")[0].splitlines()
    assert "List-Unsubscribe: <https://a.cn/u?a=1&m=%E9%87%91%E5%8D%A1>" in head
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in head
    # and what was sent can be shown, as far as it may be
    (message,) = w.messages()
    with w.database.read() as conn:
        content, _ = content_of(conn, w.engine.project.catalogue, message)
    assert content is not None
    assert (content.list_unsubscribe or "").startswith("https://a.cn/u?a=1")


def test_an_unsubscribe_address_that_is_none_holds_the_mail_back(world: Callable[..., World]) -> None:
    broken = {name: text.replace("https:", "http:") for name, text in LEAVING.items()}
    w = world(RULE.partition("    steps:")[0] + "    steps: [{do: email.send, with: {template: hello}}]\n",
              templates=broken)  # fmt: skip
    anna = w.person("M1", email="a@example.com", level="金卡")
    w.event("order.paid", "M1", amount=1, sku="a")
    w.run()
    assert w.outbox("email") == []
    assert "failed.render" in w.codes(anna)
