"""Webhooks: signed, deduplicated, and never to an address inside unless that is allowed."""

from __future__ import annotations

import socket
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest

from automation.i18n import language
from automation.providers.base import Content, Outcome, Outgoing
from automation.providers.pinned import is_public
from automation.providers.webhook import Webhook, WebhookParams
from automation.testing.providers import check_provider, heard
from tests.fakes.certificate import make_certificate, server_tls
from tests.fakes.server import Delay, Drop, Hang, Reply, nobody
from tests.fakes.webhook import SECRET, FakeReceiver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from automation.clock import ManualClock
    from automation.providers.context import ProviderContext

    Make = Callable[..., Webhook]


@pytest.fixture
def server() -> Iterator[FakeReceiver]:
    with FakeReceiver() as running:
        yield running


@pytest.fixture
def make(context: Callable[[str], ProviderContext]) -> Make:
    def _make(**changes: Any) -> Webhook:
        usual = {"secret": SECRET, "allow_private": True, "timeout": 5}
        return Webhook(WebhookParams(**{**usual, **changes}), context("webhook"))

    return _make


def hook(url: str, number: int = 1, **payload: Any) -> Outgoing:
    return Outgoing(f"m-{number}", "webhook", url, Content(), {"body": {"会员": number}, **payload})


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """A DNS of our own: what each look-up of a name answers in turn (the last for ever). Asked names are `asked`."""
    table: dict[str, list[str]] = {"asked": []}
    real = socket.getaddrinfo

    def resolve(host: Any, port: Any, *arguments: Any, **options: Any) -> Any:
        table["asked"].append(host)
        answers = table.get(host)
        if answers:
            host = answers.pop(0) if len(answers) > 1 else answers[0]
        return real(host, port, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return table


def test_it_keeps_the_contract_of_providers(make: Make, server: FakeReceiver) -> None:
    check_provider(Webhook, make, lambda number: hook(server.url, number), secrets=[SECRET])


def test_the_body_arrives_signed_with_our_reference(make: Make, server: FakeReceiver, clock: ManualClock) -> None:
    assert make().send([hook(f"{server.url}/in?shop=1", 7, headers={"X-Shop": "1"})]) == [Outcome.accepted()]
    [request] = server.accepted
    assert (request.method, request.path, request.query) == ("POST", "/in", {"shop": "1"})
    assert request.body.decode() == '{"会员":7}'
    assert request.headers["X-Automation-Reference"] == "m-7"
    assert request.headers["X-Automation-Signature"].startswith(f"t={int(clock.now().timestamp())},v1=")
    assert request.headers["X-Shop"] == "1"
    assert server.bodies == {"m-7": {"会员": 7}}


def test_a_wrong_secret_is_refused_by_the_receiver(make: Make, server: FakeReceiver) -> None:
    assert make(secret="other").send([hook(server.url)]) == [Outcome.permanent("401", "Unauthorized")]
    assert make(secret=None).send([hook(server.url)])[0].kind == "permanent"
    assert server.bodies == {}


def test_a_rules_headers_never_replace_ours(make: Make, server: FakeReceiver) -> None:
    headers = {"idempotency-key": "other", "Host": "evil.example.com", "content-length": "1"}
    make().send([hook(server.url, 7, headers=headers)])
    assert server.bodies == {"m-7": {"会员": 7}}
    assert server.accepted[0].headers["Host"] == server.url.removeprefix("http://")


def test_a_receiver_recognises_what_is_sent_again(make: Make, server: FakeReceiver) -> None:
    server.script(Drop(after_accept=True))
    provider = make()
    assert provider.send([hook(server.url)])[0].kind == "unknown"
    assert provider.send([hook(server.url)])[0].kind == "accepted"
    assert (server.bodies, server.repeated) == ({"m-1": {"会员": 1}}, 1)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (204, "accepted"),
        (301, "permanent"),
        (400, "permanent"),
        (404, "permanent"),
        (410, "permanent"),
        (408, "transient"),
        (425, "transient"),
        (429, "transient"),
        (500, "transient"),
        (502, "transient"),
        (503, "transient"),
    ],
)
def test_what_an_answer_means(make: Make, server: FakeReceiver, status: int, kind: str) -> None:
    server.script(Reply(status, {"Location": "/elsewhere"} if status == 301 else {}))
    assert make().send([hook(server.url)])[0].kind == kind
    assert len(server.requests) == 1  # no redirect was followed, nothing was tried twice


def test_retry_after_is_passed_on(make: Make, server: FakeReceiver, clock: ManualClock) -> None:
    date = format_datetime(clock.now() + timedelta(minutes=2), usegmt=True)
    server.script(Reply(429, {"Retry-After": "9"}), Reply(503, {"Retry-After": date}))
    provider = make()
    assert [provider.send([hook(server.url)])[0].retry_after for _ in range(2)] == [9.0, 120.0]


@pytest.mark.parametrize("trouble", [Hang(), Hang(after_accept=False), Drop(), Drop(after_accept=False), Delay(0.6)])
def test_no_answer_is_unknown(make: Make, server: FakeReceiver, trouble: Any) -> None:
    server.script(trouble)
    [outcome] = make(timeout=0.3).send([hook(server.url)])
    assert (outcome.kind, outcome.code) == ("unknown", "no_answer")


@pytest.mark.parametrize("where", ["refused", "http://no-such-host.invalid"])
def test_no_connection_is_transient(make: Make, where: str) -> None:
    [outcome] = make().send([hook(nobody() if where == "refused" else where)])
    assert (outcome.kind, outcome.code) == ("transient", "unreachable")


@pytest.mark.parametrize("address", ["ftp://example.com", "example.com/x", "https://", "https://a b/", "http://[::1"])
def test_what_is_no_url_is_permanent(make: Make, address: str) -> None:
    [outcome] = make().send([hook(address)])
    assert (outcome.kind, outcome.code) == ("permanent", "bad_address")


PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "fe80::1",
    "fd00::1",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_refused(make: Make, address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    [outcome] = make(allow_private=False).send([hook(f"https://{host}:9/")])
    assert (outcome.kind, outcome.code) == ("permanent", "private_address")


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "localhost", "LOCALHOST."])
def test_other_spellings_of_a_private_address_are_refused(make: Make, host: str) -> None:
    [outcome] = make(allow_private=False).send([hook(f"https://{host}:9/")])
    assert (outcome.kind, outcome.code) in [("permanent", "private_address"), ("transient", "unreachable")]


def test_the_refusal_says_what_to_do_in_both_languages(make: Make, names: dict[str, list[str]]) -> None:
    names["hook.test"] = ["10.0.0.7"]
    provider = make(allow_private=False)
    with language("zh"):
        [zh] = provider.send([hook("https://hook.test/")])
    with language("en"):
        [en] = provider.send([hook("https://hook.test/")])
        [plain] = provider.send([hook("http://hook.test/")])
    allow = "webhook.allow_private = true"
    assert zh.detail == f"hook.test 指向内部地址 10.0.0.7，已拒绝；确需访问时，请在设置中写 {allow}"
    assert en.detail == f"hook.test is the private address 10.0.0.7, refused; to allow it, set {allow}"
    assert (plain.kind, plain.code) == ("permanent", "plain_http")
    assert plain.detail is not None
    assert plain.detail.startswith("http:// would send the data in clear text, refused; use https://")


def test_a_name_is_resolved_once_and_the_checked_address_is_used(
    make: Make, server: FakeReceiver, names: dict[str, list[str]]
) -> None:
    names["hook.test"] = ["127.0.0.1", "203.0.113.9"]  # a second look-up would lead elsewhere
    assert make().send([hook(f"http://hook.test:{server.port}/in")]) == [Outcome.accepted()]
    assert names["asked"].count("hook.test") == 1
    assert server.accepted[0].headers["Host"] == f"hook.test:{server.port}"


def test_over_tls_the_certificate_must_have_the_urls_name(
    make: Make, names: dict[str, list[str]], tmp_path: Path
) -> None:
    names["hook.test"] = names["other.test"] = ["127.0.0.1"]
    receiver = FakeReceiver()
    receiver.tls = server_tls(make_certificate(tmp_path, "hook.test"))
    with receiver:
        provider = make(ca_file="ca.pem")
        good, wrong = (provider.send([hook(f"https://{name}.test:{receiver.port}/")])[0] for name in ("hook", "other"))
    assert good == Outcome.accepted()
    assert (wrong.kind, wrong.code) == ("transient", "unreachable")
    assert len(receiver.requests) == 1


def test_neither_the_secret_nor_a_token_in_the_url_is_logged(make: Make, server: FakeReceiver) -> None:
    token = "access-token-91ff"
    server.script(Reply(500), Hang())
    with heard() as records:
        outcomes = [make(timeout=0.3).send([hook(f"{server.url}/in?key={token}")]) for _ in range(3)]
        outcomes.append(make().send([hook(f"{nobody()}/in?key={token}")]))
    provider = make()
    shown = [record.getMessage() for record in records] + [repr(outcomes), repr(provider.params), repr(vars(provider))]
    assert not [text for text in shown if token in text or SECRET in text]
