"""A test goes out by the real providers of the settings, on each channel, and says that it is one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from automation.engine.trial.drafts import Unsent
from automation.engine.trial.sending import Tried
from tests.engine.world import TEMPLATES, World
from tests.fakes.sendgrid import API_KEY, FakeSendGrid
from tests.fakes.sendgrid import SENDER as MAIL_SENDER
from tests.fakes.server import Drop, Reply
from tests.fakes.smtp import FakeSmtp
from tests.fakes.twilio import ACCOUNT, SENDER, TOKEN, FakeTwilio, error
from tests.fakes.wechat import APP_ID, FakeWechat
from tests.fakes.wechat import SECRET as WECHAT_SECRET
from tests.fakes.wecom import CORP_ID, FakeWecom
from tests.fakes.wecom import SECRET as WECOM_SECRET
from tests.trial.conftest import Try

Make = Callable[..., World]
RULE = """
rules:
  - id: promo
    name: 促销
    enabled: false
    trigger: {type: event, with: {name: order.paid, where: [{event.amount: {gte: 100}}]}}
    audience: [{contact.level: 金卡}]
    steps:
      - do: coupon.issue
        with: {batch: BDAY}
        save_as: coupon
      - do: message.send
        with: {channels: [wechat, wecom, email, sms], template: all}
      - wait: 3d
      - do: sms.send
        with: {template: coupon}
"""
FILES = TEMPLATES | {
    "all.sms.j2": "【店】{{ contact.name }}买了 {{ event.sku }}",
    "all.email.html.j2": "{% block subject %}{{ contact.name }}{% endblock %}"
    "{% block html %}<p>{{ event.sku }}</p>{% endblock %}",
    "all.wechat.yaml": 'template_id: tpl-birthday\ndata: {name: "{{ contact.name }}", sku: "{{ event.sku }}"}\n',
    "all.wecom.yaml": 'text: "{{ contact.name }}，{{ event.sku }}"\n',
}
ALLOWED = '[testing]\nallowed = ["13900139000", "Me@Example.com", "openid:o-me", "wecom:wm-1"]\n'


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("TWILIO_TOKEN", TOKEN), ("SENDGRID_KEY", API_KEY), ("WECHAT", WECHAT_SECRET),
                        ("WECOM", WECOM_SECRET)):  # fmt: skip
        monkeypatch.setenv(name, value)


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    with FakeTwilio() as server:
        yield server


def sms(server: FakeTwilio) -> str:
    return f"""
[providers.sms]
type = "twilio"
account_sid = "{ACCOUNT}"
auth_token = {{env = "TWILIO_TOKEN"}}
from_number = "{SENDER}"
base_url = "{server.url}"
timeout = 0.4
"""


def shop(make: Make, providers: str) -> tuple[World, int]:
    """A customer who has bought something small and something big; the rule does not even run."""
    w = make(RULE, templates=FILES, settings=ALLOWED + providers)
    someone = w.person("M1", consent=(), phone="13800138001", email="anna@example.com", name="安娜", level="普卡")
    for sku, amount, day in (("书", 99, 1), ("鞋", 899, 2), ("笔", 5, 3)):
        w.event("order.paid", "M1", when=f"2026-07-0{day} 10:00", amount=amount, sku=sku)
    return w, someone


def test_every_message_of_a_rule_that_fits_the_address_goes_to_the_tester(
    world: Make, tried: Try, twilio: FakeTwilio
) -> None:
    w, someone = shop(world, sms(twilio))
    results = tried(w, "promo", "+86 139 0013 9000", someone)
    # then with the newest event that the rule listens to, the contact's profile, and a code that is none
    assert [(m.to, m.body) for m in twilio.messages] == [
        ("+8613900139000", "【店】[Test] 安娜买了 鞋"),
        ("+8613900139000", "【店】[Test] 安娜，券码 BDTEST000000，拒收请回复R"),
    ]
    assert [r.step for r in results] == ["rules/promo/steps/1", "rules/promo/steps/3"]
    rows = w.table("test_message")
    assert [(r.id, r.status, r.rule, r.contact_id, r.actor) for r in rows] == [
        (1, "accepted", "promo", someone, "tester"), (2, "accepted", "promo", someone, "tester"),
    ]  # fmt: skip
    assert [r.provider_message_id for r in rows] == [m.sid for m in twilio.messages]


def test_a_digest_is_shown_with_the_newest_event(world: Make, tried: Try, twilio: FakeTwilio) -> None:
    rules = """
rules:
  - id: promo
    trigger: {type: event, with: {name: order.paid}}
    digest: {for: 1d, at: "18:00"}
    steps: [{do: sms.send, with: {template: digest}}]
"""
    text = "【店】{{ digest.count }}单{% for e in digest.events %} {{ e.sku }}{% endfor %}"
    w = world(rules, templates={"digest.sms.j2": text}, settings=ALLOWED + sms(twilio))
    someone = w.person("M1", phone="13800138001")
    w.event("order.paid", "M1", amount=9, sku="鞋")
    tried(w, "promo", "13900139000", someone)
    assert [m.body for m in twilio.messages] == ["【店】[Test] 1单 鞋"]


def test_by_sendgrid(world: Make, tried: Try) -> None:
    with FakeSendGrid() as server:
        account = f'type = "sendgrid"\napi_key = {{env = "SENDGRID_KEY"}}\nsender = "{MAIL_SENDER}"\n'
        w, someone = shop(world, f'[providers.email]\n{account}base_url = "{server.url}"\n')
        first, second = tried(w, "promo", "me@example.com", someone)
        (mail,) = server.mails
        assert (mail.to, mail.subject, mail.text, mail.reference) == ("me@example.com", "[Test] 安娜", "鞋", "t1")
    assert isinstance(first, Tried)
    assert second == Unsent("rules/promo/steps/3", "this step goes out on sms, which this address is not for")


def test_by_smtp(world: Make, tried: Try) -> None:
    with FakeSmtp() as server:
        account = f'type = "smtp"\nhost = "127.0.0.1"\nport = {server.port}\nsecurity = "none"\n'
        w, someone = shop(world, f'[providers.email]\n{account}sender = "club@example.com"\n')
        tried(w, "template:all", "me@example.com", someone, event={"sku": "帽子"})
        (mail,) = server.mails
        assert (mail["To"], mail["Subject"]) == ("me@example.com", "[Test] 安娜")
        assert "帽子" in mail.get_body(("plain",)).get_content()


def test_by_wechat(world: Make, tried: Try) -> None:
    with FakeWechat() as server:
        account = f'type = "wechat"\napp_id = "{APP_ID}"\nsecret = {{env = "WECHAT"}}\nbase_url = "{server.url}"\n'
        w, someone = shop(world, f"[providers.wechat]\n{account}")
        tried(w, "promo", "openid:o-me", someone)
        (message,) = server.messages
    # WeChat checks the form of each field, so none is marked
    assert message["touser"] == "o-me"
    assert message["data"] == {"name": {"value": "安娜"}, "sku": {"value": "鞋"}}


def test_by_wecom(world: Make, tried: Try) -> None:
    with FakeWecom() as server:
        account = f'type = "wecom"\ncorp_id = "{CORP_ID}"\nsecret = {{env = "WECOM"}}\nbase_url = "{server.url}"\n'
        w, someone = shop(world, f"[providers.wecom]\n{account}")
        tried(w, "promo", "wm-1", someone, channel="wecom")
        (task,) = server.tasks
    assert (task["external_userid"], task["text"]) == (["wm-1"], {"content": "[Test] 安娜，鞋"})


def test_the_mark_can_be_left_out_and_speaks_the_projects_language(world: Make, tried: Try, twilio: FakeTwilio) -> None:
    for more, expected in (('lang = "zh"\n', "【店】【测试】安娜买了 鞋"), ("", "【店】安娜买了 鞋")):
        quiet = ALLOWED + ("" if more else "mark = false\n")
        w = world(RULE, templates=FILES, settings=more + quiet + sms(twilio))
        someone = w.person("M1", name="安娜")
        tried(w, "template:all", "13900139000", someone, event={"sku": "鞋"})
        assert twilio.messages[-1].body == expected


def test_what_was_given_by_hand_goes_before_what_is_stored(world: Make, tried: Try, twilio: FakeTwilio) -> None:
    w, someone = shop(world, sms(twilio))
    given: dict[str, Any] = {"event": {"sku": "灯"}, "values": {"coupon": {"code": "MINE"}}}
    tried(w, "promo", "13900139000", someone, **given)
    assert [m.body for m in twilio.messages] == [
        "【店】[Test] 安娜买了 灯",
        "【店】[Test] 安娜，券码 MINE，拒收请回复R",
    ]


def test_what_can_not_be_rendered_is_not_sent_and_says_what_is_missing(
    world: Make, tried: Try, twilio: FakeTwilio
) -> None:
    w = world(RULE, templates=FILES, settings=ALLOWED + sms(twilio))
    someone = w.person("M1", name="安娜")
    first, second = tried(w, "promo", "13900139000", someone)
    assert isinstance(first, Unsent)
    assert "event.sku" in first.reason
    assert first.reason.endswith("give the missing values with --set event.NAME=… or --set VARIABLE.NAME=…")
    assert isinstance(second, Tried)
    assert len(twilio.messages) == 1


def test_a_refusal_and_a_failure_for_the_moment_are_told_and_not_tried_again(
    world: Make, tried: Try, twilio: FakeTwilio
) -> None:
    w, someone = shop(world, sms(twilio))
    twilio.script(error(400, 21610, "unsubscribed"), Reply(503))
    results = tried(w, "promo", "13900139000", someone)
    assert [(r.status, r.outcome.kind) for r in results if isinstance(r, Tried)] == [
        ("failed", "permanent"), ("failed", "transient"),
    ]  # fmt: skip
    w.go(hours=30)
    assert twilio.messages == []
    assert len(twilio.requests) == 2


def test_an_answer_that_never_came_is_unknown_and_nothing_is_sent_again(
    world: Make, tried: Try, twilio: FakeTwilio
) -> None:
    w, someone = shop(world, sms(twilio))
    twilio.script(Drop(after_accept=True))
    (result,) = tried(w, "template:all", "13900139000", someone, event={"sku": "鞋"})
    assert isinstance(result, Tried)
    assert result.status == "unknown"
    w.go(hours=30)
    assert [r.status for r in w.table("test_message")] == ["unknown"]
    assert len(twilio.messages) == 1
