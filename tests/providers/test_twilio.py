"""Twilio through its real client library, against a fake that answers like the service."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import ValidationError

from automation.providers.base import Content, Outcome, Sent
from automation.providers.twilio import Twilio, TwilioParams
from automation.testing.providers import check_provider, heard
from tests.fakes.server import Delay, Drop, Hang, Reply, nobody
from tests.fakes.twilio import ACCOUNT, REFUSED, SENDER, TOKEN, FakeTwilio, error
from tests.providers.conftest import sms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from automation.clock import ManualClock
    from automation.providers.context import ProviderContext


@pytest.fixture
def server() -> Iterator[FakeTwilio]:
    with FakeTwilio() as running:
        yield running


@pytest.fixture
def make(server: FakeTwilio, context: Callable[[str], ProviderContext]) -> Callable[..., Twilio]:
    def _make(**changes: Any) -> Twilio:
        usual = {"account_sid": ACCOUNT, "auth_token": TOKEN, "from_number": SENDER, "base_url": server.url}
        return Twilio(TwilioParams(**{**usual, "timeout": 5, **changes}), context("sms"))

    return _make


def test_it_keeps_the_contract_of_providers(make: Callable[..., Twilio]) -> None:
    check_provider(Twilio, make, sms, secrets=[TOKEN], bad="+15005550001")


def test_an_accepted_message_has_twilios_id_and_arrives_as_written(
    make: Callable[..., Twilio], server: FakeTwilio
) -> None:
    [outcome] = make().send([sms(7)])
    [message] = server.messages
    assert outcome == Outcome.accepted(message.sid)
    assert (message.to, message.body) == ("+8613800000007", "【商城】第 7 张券")


def test_our_reference_travels_with_the_callback(make: Callable[..., Twilio], server: FakeTwilio) -> None:
    make(status_callback="https://hooks.example.com/twilio?shop=1").send([sms(7)])
    callback = urlsplit(server.messages[0].status_callback or "")
    assert (callback.netloc, callback.path) == ("hooks.example.com", "/twilio")
    assert parse_qs(callback.query) == {"shop": ["1"], "reference": ["m-7"]}


def test_a_messaging_service_sends_instead_of_a_number(make: Callable[..., Twilio], server: FakeTwilio) -> None:
    make(from_number=None, messaging_service_sid="MG1").send([sms(1)])
    form = server.accepted[0].form()
    assert form["MessagingServiceSid"] == "MG1"
    assert "From" not in form


@pytest.mark.parametrize("number", sorted(REFUSED))
def test_a_refused_number_is_permanent_with_twilios_code(make: Callable[..., Twilio], number: str) -> None:
    _, code, words = REFUSED[number]
    effect = {21211: "bad_address", 21614: "bad_address", 21610: "opted_out"}.get(code)
    assert make().send([sms(1, to=number)]) == [Outcome.permanent(str(code), words, effect, "person")]  # type: ignore[arg-type]


def test_too_many_requests_wait_as_long_as_twilio_asks(make: Callable[..., Twilio], server: FakeTwilio) -> None:
    server.script(error(429, 20429, "Too Many Requests", {"Retry-After": "17"}))
    provider = make()
    assert provider.send([sms(1)]) == [Outcome.transient("20429", "Too Many Requests", 17.0, "account")]
    assert provider.send([sms(1)])[0].kind == "accepted"
    assert len(server.messages) == 1


def test_retry_after_may_be_a_date(make: Callable[..., Twilio], server: FakeTwilio, clock: ManualClock) -> None:
    date = format_datetime(clock.now() + timedelta(seconds=90), usegmt=True)
    server.script(error(429, 20429, "Too Many Requests", {"Retry-After": date}))
    assert make().send([sms(1)])[0].retry_after == 90.0


def test_a_full_queue_of_the_sender_is_transient(make: Callable[..., Twilio], server: FakeTwilio) -> None:
    server.script(error(400, 21611, "This 'From' number has exceeded the maximum number of queued messages"))
    assert make().send([sms(1)])[0].kind == "transient"


@pytest.mark.parametrize(("status", "kind"), [(500, "unknown"), (502, "unknown"), (504, "unknown"), (503, "transient")])
def test_a_server_error_is_unknown_unless_the_service_was_unavailable(
    make: Callable[..., Twilio], server: FakeTwilio, status: int, kind: str
) -> None:
    server.script(Reply(status, {"Content-Type": "text/html"}, "<h1>Bad Gateway</h1>"))
    [outcome] = make().send([sms(1)])
    assert (outcome.kind, outcome.code) == (kind, str(status))


def test_a_refused_token_burns_no_message(make: Callable[..., Twilio], server: FakeTwilio) -> None:
    server.token = "renewed"
    assert make().send([sms(1)]) == [Outcome.transient("auth", "20003: Authenticate", about="account")]


@pytest.mark.parametrize("changes", [{"from_number": "+15005550007"}, {"account_sid": "AC2"}])
def test_a_wrong_setting_burns_no_message(make: Callable[..., Twilio], changes: dict[str, str]) -> None:
    [outcome] = make(**changes).send([sms(1)])
    assert (outcome.kind, outcome.code) == ("transient", "settings")


def test_another_4xx_is_permanent(make: Callable[..., Twilio], server: FakeTwilio) -> None:
    server.script(error(400, 21602, "Message body is required."))
    assert make().send([sms(1)]) == [Outcome.permanent("21602", "Message body is required.")]


@pytest.mark.parametrize("trouble", [Hang(), Hang(after_accept=False), Drop(), Drop(after_accept=False), Delay(0.6)])
def test_no_answer_to_a_request_that_went_out_is_unknown(
    make: Callable[..., Twilio], server: FakeTwilio, trouble: Any
) -> None:
    server.script(trouble)
    [outcome] = make(timeout=0.3).send([sms(1)])
    assert (outcome.kind, outcome.code) == ("unknown", "no_answer")
    assert len(server.requests) == 1  # nobody tried again behind our back


@pytest.mark.parametrize("address", ["refused", "http://no-such-host.invalid"])
def test_no_connection_is_transient(make: Callable[..., Twilio], address: str) -> None:
    base_url = nobody() if address == "refused" else address
    [outcome] = make(base_url=base_url).send([sms(1)])
    assert (outcome.kind, outcome.code) == ("transient", "unreachable")


@pytest.mark.parametrize("body", ["<html>Welcome to the hotel Wi-Fi</html>", "{}"])
def test_a_2xx_that_is_not_twilios_is_unknown(make: Callable[..., Twilio], server: FakeTwilio, body: str) -> None:
    server.script(Reply(200, body=body))
    assert make().send([sms(1)]) == [Outcome.unknown("bad_answer")]


def test_the_token_shows_nowhere(make: Callable[..., Twilio], server: FakeTwilio) -> None:
    server.script(Reply(500), error(401, 20003, "Authenticate"), Hang())
    with heard() as records:
        outcomes = [make(timeout=0.3).send([sms(number)]) for number in range(4)]
    shown = [record.getMessage() for record in records] + [repr(outcomes), repr(make().params), repr(vars(make()))]
    assert any("Messages.json" in text for text in shown)  # the client did log its requests
    assert not [text for text in shown if TOKEN in text]


def test_several_threads_share_a_provider(make: Callable[..., Twilio], server: FakeTwilio) -> None:
    waits = {str(number): float(number) for number in range(8)}
    server.script(*(error(429, 20429, "Too Many Requests", {"Retry-After": wait}) for wait in waits))
    provider = make()
    with ThreadPoolExecutor(8) as threads:
        outcomes = [outcome for [outcome] in threads.map(lambda n: provider.send([sms(n)]), range(40))]
    assert sorted(one.retry_after for one in outcomes if one.retry_after is not None) == sorted(waits.values())
    assert len({one.provider_id for one in outcomes if one.kind == "accepted"}) == len(server.messages) == 32


def test_settings_name_exactly_one_sender() -> None:
    for senders in ({}, {"from_number": SENDER, "messaging_service_sid": "MG1"}):
        with pytest.raises(ValidationError, match="exactly one sender"):
            TwilioParams(account_sid=ACCOUNT, auth_token=TOKEN, **senders)  # type: ignore[arg-type]


# ---------------------------------------------------------------- looking up


def lost(number: int, clock: ManualClock, **changes: Any) -> Sent:
    """A message as it is looked up."""
    message = sms(number)
    facts = {"provider_id": None, "sent_at": clock.now(), "content": message.content, **changes}
    return Sent(message.reference, "sms", message.address, **facts)


def test_what_was_taken_is_found_by_number_text_and_time(
    make: Callable[..., Twilio], server: FakeTwilio, clock: ManualClock
) -> None:
    server.now = clock.now
    provider = make()
    provider.send([sms(1), sms(2)])
    one, two = server.messages
    assert provider.look_up([lost(1, clock), lost(2, clock), lost(3, clock)]) == [
        Outcome.accepted(one.sid), Outcome.accepted(two.sid), None
    ]  # fmt: skip
    assert server.requests[-1].query["To"] == "+8613800000003"


@pytest.mark.parametrize(
    "changes",
    [
        {"sent_at": timedelta(minutes=6)},
        {"sent_at": timedelta(minutes=-6)},
        {"content": Content(text="另一条")},
        {"content": None},
    ],
)
def test_another_time_another_text_or_no_text_is_no_proof(
    make: Callable[..., Twilio], server: FakeTwilio, clock: ManualClock, changes: dict[str, Any]
) -> None:
    server.now = clock.now
    provider = make()
    provider.send([sms(1)])
    if "sent_at" in changes:
        changes = {"sent_at": clock.now() + changes["sent_at"]}
    assert provider.look_up([lost(1, clock, **changes)]) == [None]


def test_each_of_twilios_messages_stands_for_one_of_ours(
    make: Callable[..., Twilio], server: FakeTwilio, clock: ManualClock
) -> None:
    server.now = clock.now
    provider = make()
    provider.send([sms(1)])
    [sid] = [message.sid for message in server.messages]
    assert provider.look_up([lost(1, clock), lost(1, clock)]) == [Outcome.accepted(sid), None]
    assert provider.look_up([lost(1, clock, taken=frozenset({sid}))]) == [None]
    provider.send([sms(1)])
    assert [one and one.kind for one in provider.look_up([lost(1, clock)] * 2)] == ["accepted"] * 2


def test_a_sid_is_asked_for_directly(make: Callable[..., Twilio], server: FakeTwilio, clock: ManualClock) -> None:
    provider = make()
    provider.send([sms(1)])
    sid = server.messages[0].sid
    server.fates[sid] = ("failed", 21610, "Attempt to send to unsubscribed recipient")
    failed = Outcome(
        "permanent", sid, "21610", "Attempt to send to unsubscribed recipient", effect="opted_out", about="person"
    )
    assert provider.look_up([lost(1, clock, provider_id=sid), lost(1, clock, provider_id="SM-gone")]) == [failed, None]


@pytest.mark.parametrize("trouble", [error(401, 20003, "Authenticate"), error(500, 20500, "x"), Drop(), Reply(200)])
def test_trouble_while_asking_tells_nothing(
    make: Callable[..., Twilio], server: FakeTwilio, clock: ManualClock, trouble: Any
) -> None:
    server.now = clock.now
    provider = make()
    provider.send([sms(1), sms(2)])
    server.script(trouble)
    assert provider.look_up([lost(1, clock), lost(2, clock)]) == [None, None]
