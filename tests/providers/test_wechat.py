"""WeChat through the real wechatpy, against a fake that answers like the service."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from automation.i18n import language
from automation.providers.base import Content, Outcome, Outgoing
from automation.providers.wechat import Wechat, WechatParams, client_msg_id
from automation.testing.providers import check_provider, heard
from tests.fakes.server import Drop, Hang, Reply, nobody
from tests.fakes.wechat import APP_ID, REFUSED, SECRET, TEMPLATE, FakeWechat, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from automation.providers.context import ProviderContext

BIRTHDAY = {"template_id": TEMPLATE, "data": {"name": "王芳", "gift": {"value": "50 元券", "color": "#ff0000"}}}


@pytest.fixture
def server() -> Iterator[FakeWechat]:
    with FakeWechat() as running:
        yield running


@pytest.fixture
def make(server: FakeWechat, context: Callable[[str], ProviderContext]) -> Callable[..., Wechat]:
    def _make(**changes: Any) -> Wechat:
        usual = {"app_id": APP_ID, "secret": SECRET, "base_url": server.url, "timeout": 0.3}
        return Wechat(WechatParams(**{**usual, **changes}), context("wechat"))

    return _make


def message(number: int = 7, to: str | None = None, channel: str = "wechat", **more: Any) -> Outgoing:
    data = {**BIRTHDAY, **more.pop("data", {})}
    return Outgoing(f"m-{number}", channel, to or f"o-{number}", Content(data=data), **more)


def test_it_keeps_the_contract_of_providers(make: Callable[..., Wechat]) -> None:
    check_provider(Wechat, make, message, secrets=[SECRET])


def test_a_template_message_arrives_as_written(make: Callable[..., Wechat], server: FakeWechat) -> None:
    page = {"appid": "wxmini", "pagepath": "pages/coupon"}

    [outcome] = make().send([message(data={"url": "https://shop.example.com/c", "miniprogram": page})])

    assert outcome == Outcome.accepted("200000001")
    assert server.messages == [
        {
            "touser": "o-7",
            "template_id": TEMPLATE,
            "data": {"name": {"value": "王芳"}, "gift": {"value": "50 元券", "color": "#ff0000"}},
            "url": "https://shop.example.com/c",
            "miniprogram": page,
            "client_msg_id": "m-7",
        }
    ]


def test_a_subscribe_message_arrives_as_written(make: Callable[..., Wechat], server: FakeWechat) -> None:
    more = {"page": "pages/home", "miniprogram_state": "trial", "lang": "zh_CN"}

    [outcome] = make().send([message(channel="wechat_subscribe", data=more)])

    assert outcome.kind == "accepted"
    assert server.requests[-1].path == "/cgi-bin/message/subscribe/send"
    [body] = server.messages
    assert {key: body[key] for key in more} == more
    assert "client_msg_id" not in body


def test_what_the_step_says_goes_before_the_template(make: Callable[..., Wechat], server: FakeWechat) -> None:
    make().send([message(data={"url": "https://a.example.com"}, payload={"url": "https://b.example.com"})])
    assert server.messages[0]["url"] == "https://b.example.com"


@pytest.mark.parametrize(
    ("to", "kind", "code"),
    [
        ("o-unfollowed", "permanent", "43004"),
        ("o-refused", "permanent", "43101"),
        ("nobody", "permanent", "40003"),
        ("o-busy", "transient", "-1"),
        ("o-limit", "transient", "45009"),
        ("o-minute", "transient", "45011"),
    ],
)
def test_refusals(make: Callable[..., Wechat], server: FakeWechat, to: str, kind: str, code: str) -> None:
    [outcome] = make().send([message(to=to)])
    assert (outcome.kind, outcome.code) == (kind, code)
    assert outcome.detail == (REFUSED[to][1] if to in REFUSED else "invalid openid")
    assert server.messages == []


def test_an_unknown_template_is_permanent(make: Callable[..., Wechat]) -> None:
    [outcome] = make().send([message(data={"template_id": "gone"})])
    assert outcome == Outcome.permanent("40037", "invalid template_id", about="message")


@pytest.mark.parametrize(("lang", "words"), [("zh", "template_id"), ("en", "needs template_id")])
def test_a_template_without_an_id_is_not_sent(
    make: Callable[..., Wechat], server: FakeWechat, lang: Any, words: str
) -> None:
    with language(lang):
        [outcome] = make().send([Outgoing("m-1", "wechat", "o-1", Content(data={"data": {}}))])
    assert (outcome.kind, outcome.code) == ("permanent", "bad_content")
    assert words in (outcome.detail or "")
    assert server.requests == []


def test_an_expired_token_is_replaced_once_and_the_message_sent_once(
    make: Callable[..., Wechat], server: FakeWechat
) -> None:
    provider = make()
    provider.send([message(1)])
    server.expire()

    [outcome] = provider.send([message(2)])

    assert outcome.kind == "accepted"
    assert [body["touser"] for body in server.messages] == ["o-1", "o-2"]
    assert server.token_calls == 2


def test_a_token_that_is_refused_again_is_no_endless_loop(make: Callable[..., Wechat], server: FakeWechat) -> None:
    provider = make()
    provider.send([message(1)])
    server.script(refusal(40014, "invalid access_token"), Reply(body={"access_token": "x", "expires_in": 7200}))

    [outcome] = provider.send([message(2)])

    assert (outcome.kind, outcome.code) == ("transient", "auth")
    assert outcome.detail == "40001: invalid credential"
    assert len(server.requests) == 5  # token, send; send (refused), token, send (refused)


def test_a_wrong_secret_is_auth_and_shows_nowhere(make: Callable[..., Wechat], server: FakeWechat) -> None:
    wrong = "another-secret-9f"
    with heard() as records:
        [outcome] = make(secret=wrong).send([message()])
    assert (outcome.kind, outcome.code) == ("transient", "auth")
    assert "invalid secret" in (outcome.detail or "")
    assert not [record for record in records if wrong in record.getMessage()]
    assert server.messages == []


def test_neither_secret_nor_token_shows_in_logs_or_outcomes(make: Callable[..., Wechat], server: FakeWechat) -> None:
    provider = make()
    with heard() as records:
        outcomes = [provider.send([message(1)])[0]]
        server.expire()
        outcomes += provider.send([message(2)])
        server.script(Drop(), Reply(500), refusal(47003, f"bad {server.issued[-1]} {SECRET}"))
        outcomes += [provider.send([message(number)])[0] for number in (3, 4, 5)]

    shown = [record.getMessage() for record in records] + [str(record.__dict__) for record in records]
    assert any("access_token=***" in text for text in shown)
    for text in [*shown, repr(outcomes), repr(provider.params)]:
        assert not [secret for secret in (SECRET, *server.issued) if secret in text]
    assert outcomes[-1] == Outcome.permanent("47003", "bad *** ***")


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        (Hang(), Outcome.unknown("no_answer", "ReadTimeout")),
        (Drop(), Outcome.unknown("no_answer", "ConnectionError")),
        (Reply(502), Outcome.unknown("http_502", "Bad Gateway")),
        (Reply(200, body="<html>"), Outcome.unknown("bad_answer")),
        (Reply(503, {"Retry-After": "7"}), Outcome.transient("http_503", "Service Unavailable", 7.0)),
        (Reply(429, {"Retry-After": "3"}), Outcome.transient("http_429", "Too Many Requests", 3.0, "account")),
        (Reply(403), Outcome.transient("settings", "http_403: Forbidden", about="account")),
    ],
)
def test_trouble_on_the_way(make: Callable[..., Wechat], server: FakeWechat, behaviour: Any, expected: Outcome) -> None:
    provider = make()
    provider.send([message(1)])
    server.script(behaviour)

    [outcome] = provider.send([message(2)])

    assert (outcome.kind, outcome.code, outcome.retry_after) == (expected.kind, expected.code, expected.retry_after)
    assert outcome.detail is None or (expected.detail or "") in outcome.detail


def test_nobody_answers_and_nothing_was_sent(make: Callable[..., Wechat]) -> None:
    [outcome] = make(base_url=nobody()).send([message()])
    assert (outcome.kind, outcome.code) == ("transient", "unreachable")


@pytest.mark.parametrize("behaviour", [Hang(), Drop(), Reply(500), Reply(200, body="<html>"), refusal(-1, "busy")])
def test_no_token_means_nothing_was_sent(make: Callable[..., Wechat], server: FakeWechat, behaviour: Any) -> None:
    server.script(behaviour)
    started = time.monotonic()

    [outcome] = make().send([message()])

    assert outcome.kind == "transient"
    assert server.messages == []
    assert time.monotonic() - started < 3  # wechatpy by itself would wait for ever


def test_a_resend_after_a_lost_answer_reaches_the_person_once(make: Callable[..., Wechat], server: FakeWechat) -> None:
    provider = make()
    provider.send([message(1)])
    server.script(Drop(after_accept=True))

    first, second = (provider.send([message(2)])[0] for _ in range(2))

    assert (first.kind, second.kind) == ("unknown", "accepted")
    assert [body["touser"] for body in server.messages] == ["o-1", "o-2"]


def test_a_long_reference_becomes_a_stable_short_one() -> None:
    assert client_msg_id("m-7") == "m-7"
    long = client_msg_id("rules/birthday/steps/1/" + "7" * 40)
    assert len(long) == 32
    assert long == client_msg_id("rules/birthday/steps/1/" + "7" * 40)


def test_a_base_url_must_be_one() -> None:
    with pytest.raises(ValidationError, match="not a URL"):
        WechatParams(app_id=APP_ID, secret=SECRET, base_url="gateway")
