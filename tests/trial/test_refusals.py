"""Whom a test is not sent to: nobody but allowed testers, nobody who is suppressed, nothing while all is paused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from automation.clock import to_ms
from automation.contacts.suppression import Suppression, suppress
from automation.engine.switches import pause, target_of
from automation.engine.trial.sending import Tried
from automation.errors import AutomationError
from tests.engine.world import World
from tests.fakes.twilio import TOKEN, FakeTwilio, error
from tests.trial.conftest import Try
from tests.trial.test_channels import sms

Make = Callable[..., World]
RULE = """
rules:
  - id: hello
    name: 你好
    trigger: {type: event, with: {name: order.paid}}
    steps: [{do: sms.send, with: {template: hello}}]
  - id: silent
    name: 无声
    trigger: {type: event, with: {name: order.paid}}
    steps: [{do: contact.tag, with: {add: [a]}}]
"""
ALLOWED = '[testing]\nallowed = ["+8613900139000", "me@example.com", "wechat_openid:oMe"]\n'


@pytest.fixture
def shop(world: Make) -> tuple[World, int]:
    w = world(RULE, settings=ALLOWED)
    return w, w.person("M1", phone="13800138001", name="安娜")


def refused(tried: Try, shop: tuple[World, int], what: str, to: str, channel: str | None = None) -> str:
    w, someone = shop
    with pytest.raises(AutomationError) as caught:
        tried(w, what, to, someone, channel=channel)
    assert w.table("test_message") == []
    assert w.outbox("sms") == []
    assert [row for row in w.table("audit") if row.action == "message.tested"] == []
    return caught.value.text("en")


def test_only_allowed_testers(shop: tuple[World, int], tried: Try) -> None:
    assert refused(tried, shop, "rule:hello", "13800138001") == (
        "138****8001 is not on the list of allowed testers, nothing was sent; if it is a tester's, add 138****8001 "
        "(in full) to [testing] allowed in automation.toml"
    )
    assert "wechat_openid:o" in refused(tried, shop, "rule:hello", "openid:oYou")
    assert "is not on the list" in refused(tried, shop, "rule:hello", "mini_openid:oMe")  # the same word elsewhere
    assert "is not on the list" in refused(tried, shop, "rule:hello", "me@example.com.cn")


def test_without_a_list_nobody(world: Make, tried: Try) -> None:
    w = world(RULE)
    shop = w, w.person("M1", name="安娜")
    assert refused(tried, shop, "rule:hello", "me@example.com") == (
        'nobody may be sent tests yet: write allowed = ["m***@example.com"] (in full) under [testing] in '
        "automation.toml"
    )


def test_a_list_that_can_not_be_read_allows_nobody(world: Make, tried: Try) -> None:
    w = world(RULE, settings='[testing]\nallowed = ["+8613900139000", "12"]\n')
    said = refused(tried, (w, w.person("M1", name="安娜")), "rule:hello", "13900139000")
    assert said.startswith("testing.allowed in automation.toml: “12” is no address")


def test_what_is_no_address_or_another_channels(shop: tuple[World, int], tried: Try) -> None:
    assert "others as openid:…" in refused(tried, shop, "rule:hello", "oMe")
    assert refused(tried, shop, "rule:hello", "openid:oMe", "sms") == (
        "o** is an address of wechat, not of sms; leave --channel out, or give another address"
    )
    assert refused(tried, shop, "rule:hello", "x", "fax").startswith("no message goes out on fax; channels: sms")


def test_what_is_no_rule_and_no_template(shop: tuple[World, int], tried: Try) -> None:
    assert "there is no rule or template helo; did you mean hello?" in refused(tried, shop, "helo", "13900139000")
    assert "write rule:hello or template:hello" in refused(tried, shop, "hello", "13900139000")
    assert refused(tried, shop, "silent", "13900139000") == "the rule silent has no step that sends a message"
    assert "has no file for wechat" in refused(tried, shop, "template:hello", "openid:oMe")


@pytest.mark.parametrize("by_contact", [False, True])
def test_a_tester_who_is_suppressed(shop: tuple[World, int], tried: Try, by_contact: bool) -> None:
    """By the address itself, or as the contact whose address it is."""
    w, _ = shop
    me = w.person("ME", phone="13900139000")
    row = Suppression("asked", contact_id=me) if by_contact else Suppression("asked", address="+8613900139000")
    with w.database.write() as conn:
        suppress(conn, [row], to_ms(w.clock.now()), actor="test")
    assert refused(tried, shop, "rule:hello", "13900139000").startswith("139****9000 is suppressed")


def test_the_contacts_own_consent_hours_and_suppression_do_not_matter(shop: tuple[World, int], tried: Try) -> None:
    w, _ = shop
    someone = w.person("M2", consent=(), phone="13800138002", name="鲍勃")
    with w.database.write() as conn:
        suppress(conn, [Suppression("asked", contact_id=someone)], to_ms(w.clock.now()), actor="test")
    w.clock.advance(timedelta(hours=15))  # three in the morning
    (result,) = tried(w, "rule:hello", "13900139000", someone)
    assert isinstance(result, Tried)
    assert result.status == "accepted"


@pytest.mark.parametrize("scope", ["all", "channel:sms"])
def test_while_everything_or_the_channel_is_paused(shop: tuple[World, int], tried: Try, scope: str) -> None:
    w, _ = shop
    with w.database.write() as conn:
        pause(conn, target_of(conn, scope), "", "test", to_ms(w.clock.now()))
    name = scope.removeprefix("channel:")
    said = refused(tried, shop, "rule:hello", "13900139000")
    assert said == f"{name} is paused, and so are tests; to go on: automation resume {name}"


def test_while_the_account_is_left_alone(world: Make, tried: Try, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_TOKEN", TOKEN)
    with FakeTwilio() as server:
        w = world(RULE, settings=ALLOWED + "[delivery]\nbreaker = {failures = 1, seconds = 60}\n" + sms(server))
        someone = w.person("M1", name="安娜")
        server.script(error(503, 20503, "down"))
        tried(w, "rule:hello", "13900139000", someone)
        with pytest.raises(AutomationError, match=r"sms:twilio: left alone after failures"):
            tried(w, "rule:hello", "13900139000", someone)
        assert len(server.requests) == 1
