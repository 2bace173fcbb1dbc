"""SendGrid through its real client library, against a fake that has the service's limits."""

from __future__ import annotations

import string
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from automation.providers.base import Content, Outcome, Outgoing, Sent
from automation.providers.mailmerge import MAX_BYTES, Letter, merge
from automation.providers.sendgrid import SendGrid, SendGridParams
from automation.testing.providers import check_provider, heard, send
from tests.fakes.sendgrid import API_KEY, SENDER, FakeSendGrid, problems
from tests.fakes.server import Delay, Drop, Hang, Reply, nobody
from tests.providers.conftest import email

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from automation.clock import ManualClock
    from automation.providers.context import ProviderContext

    Make = Callable[..., SendGrid]

PAGE = "\n".join(["<html>", *[f"<p>{'商城' * 20} {line}</p>" for line in range(120)], "<p>{}，您好</p>", "</html>"])


@pytest.fixture
def server() -> Iterator[FakeSendGrid]:
    with FakeSendGrid() as running:
        yield running


@pytest.fixture
def make(server: FakeSendGrid, context: Callable[[str], ProviderContext]) -> Make:
    def _make(**changes: Any) -> SendGrid:
        usual = {"api_key": API_KEY, "sender": f"会员中心 <{SENDER}>", "base_url": server.url, "timeout": 5}
        return SendGrid(SendGridParams(**{**usual, **changes}), context("email"))

    return _make


def test_it_keeps_the_contract_of_providers(make: Make) -> None:
    check_provider(SendGrid, make, email, secrets=[API_KEY])


def test_an_accepted_mail_arrives_as_written(make: Make, server: FakeSendGrid) -> None:
    [outcome] = make(reply_to="care@example.com").send([email(7)])
    [mail] = server.mails
    assert outcome == Outcome.accepted(mail.message_id)
    assert (mail.to, mail.subject, mail.reference) == ("p7@example.com", "生日快乐", "m-7")
    assert (mail.text, mail.html) == ("送您一张券", "<p>送您一张券</p>")
    body = server.accepted[0].json()
    assert body["from"] == {"email": SENDER, "name": "会员中心"}
    assert body["reply_to"] == {"email": "care@example.com"}


def test_the_same_mail_to_a_thousand_people_is_one_call(make: Make, server: FakeSendGrid) -> None:
    outcomes = make().send([email(number) for number in range(1000)])
    assert {outcome.kind for outcome in outcomes} == {"accepted"}
    assert server.calls == [1000]
    assert [mail.reference for mail in server.mails] == [f"m-{number}" for number in range(1000)]


def test_a_personal_line_in_a_long_page_costs_no_further_call(make: Make, server: FakeSendGrid) -> None:
    page = PAGE.format
    messages = [email(n, subject=f"{n} 号会员", html=page(f"会员 {n}"), text=f"您好 {n}") for n in range(300)]
    make().send(messages)
    assert server.calls == [300]
    assert len(PAGE.encode()) > MAX_BYTES
    for message, mail in zip(messages, server.mails, strict=True):
        expected = message.content
        assert (mail.subject, mail.text, mail.html) == (expected.subject, expected.text, expected.html)


def test_two_templates_in_one_batch_are_two_calls(make: Make, server: FakeSendGrid) -> None:
    other = PAGE.replace("商城", "门店")
    messages = [email(n, html=(PAGE if n % 2 else other).format(n)) for n in range(10)]
    make().send(messages)
    assert sorted(server.calls) == [5, 5]
    assert {mail.reference: mail.html for mail in server.mails} == {m.reference: m.content.html for m in messages}


def test_bodies_with_nothing_in_common_and_over_the_limit_go_alone(make: Make, server: FakeSendGrid) -> None:
    messages = [email(n, html=f"{n}" * 11_000) for n in range(3)]
    assert [outcome.kind for outcome in make().send(messages)] == ["accepted"] * 3
    assert server.calls == [1, 1, 1]


def test_two_mails_to_one_address_are_two_calls(make: Make, server: FakeSendGrid) -> None:
    messages = [email(1, to="A@example.com"), email(2, to="a@example.com"), email(3)]
    assert [outcome.kind for outcome in make().send(messages)] == ["accepted"] * 3
    assert server.calls == [2, 1]


def test_one_refused_address_harms_nobody_else(make: Make, server: FakeSendGrid) -> None:
    server.refused = {"p1@example.com", "p3@example.com"}
    outcomes = make().send([email(number) for number in range(5)])
    assert [outcome.kind for outcome in outcomes] == ["accepted", "permanent", "accepted", "permanent", "accepted"]
    assert outcomes[1] == Outcome.permanent("400", "Does not contain a valid address.", "bad_address")
    assert [mail.reference for mail in server.mails] == ["m-0", "m-2", "m-4"]


def test_a_refusal_that_names_nobody_is_tracked_down_by_halving(make: Make, server: FakeSendGrid) -> None:
    nameless = problems(400, ("Bad Request", None))
    server.script(nameless, Reply(202), nameless, nameless)  # all four; one half; the other; its first mail
    outcomes = make().send([email(number) for number in range(4)])
    assert sorted(outcome.kind for outcome in outcomes) == ["accepted", "accepted", "accepted", "permanent"]


def test_a_call_that_is_too_large_is_halved(make: Make, server: FakeSendGrid) -> None:
    server.max_bytes = 1500
    outcomes = make().send([email(number) for number in range(16)])
    assert {outcome.kind for outcome in outcomes} == {"accepted"}
    assert len(server.calls) > 1
    assert sum(server.calls) == 16


def test_a_refusal_of_the_shared_content_is_permanent_for_all(make: Make, server: FakeSendGrid) -> None:
    server.script(problems(400, ("The content value must be a string.", "content.0.value")))
    outcomes = make().send([email(1), email(2)])
    assert outcomes == [Outcome.permanent("400", "The content value must be a string.")] * 2
    assert len(server.requests) == 1


def test_too_many_requests_wait_until_the_limit_is_reset(make: Make, server: FakeSendGrid, clock: ManualClock) -> None:
    reset = str(int(clock.now().timestamp()) + 42)
    server.script(problems(429, ("too many requests", None), headers={"X-RateLimit-Reset": reset}))
    assert make().send([email(1)]) == [Outcome.transient("429", "too many requests", 42.0, "account")]
    server.script(problems(429, ("too many requests", None), headers={"Retry-After": "7"}))
    assert make().send([email(1)])[0].retry_after == 7.0


@pytest.mark.parametrize(("status", "kind"), [(500, "unknown"), (502, "unknown"), (504, "unknown"), (503, "transient")])
def test_a_server_error_is_unknown_unless_the_service_was_unavailable(
    make: Make, server: FakeSendGrid, status: int, kind: str
) -> None:
    server.script(Reply(status, body="<html>upstream</html>"))
    [outcome] = make().send([email(1)])
    assert (outcome.kind, outcome.code) == (kind, str(status))


def test_a_refused_key_or_sender_burns_no_message(make: Make, server: FakeSendGrid) -> None:
    [outcome] = make(api_key="SG.old").send([email(1)])
    assert (outcome.kind, outcome.code) == ("transient", "auth")
    assert outcome.detail == "The provided authorization grant is invalid, expired, or revoked"
    [outcome] = make(sender="someone@example.com").send([email(1)])
    assert (outcome.kind, outcome.code) == ("transient", "auth")
    server.script(problems(400, ("The from object must be provided.", "from.email")))
    [outcome] = make().send([email(1)])
    assert (outcome.kind, outcome.code) == ("transient", "settings")


@pytest.mark.parametrize("trouble", [Hang(), Hang(after_accept=False), Drop(), Drop(after_accept=False), Delay(0.6)])
def test_no_answer_to_a_request_that_went_out_is_unknown(make: Make, server: FakeSendGrid, trouble: Any) -> None:
    server.script(trouble)
    [outcome] = make(timeout=0.3).send([email(1)])
    assert (outcome.kind, outcome.code) == ("unknown", "no_answer")
    assert len(server.requests) == 1


def test_after_trouble_the_rest_of_the_batch_is_not_tried(make: Make, server: FakeSendGrid) -> None:
    server.script(Hang())
    same = "p@example.com"
    outcomes = make(timeout=0.3).send([email(1, to=same), email(2, to=same)])  # two calls: the address is the same
    assert outcomes[0].kind == "unknown"
    assert outcomes[1] == Outcome.transient("not_tried")
    assert len(server.requests) == 1


def test_a_2xx_that_is_not_sendgrids_is_unknown(make: Make, server: FakeSendGrid) -> None:
    server.script(Reply(302, {"Location": "/login"}), Reply(200, body="<html>Welcome</html>"))
    assert make().send([email(1)]) == [Outcome.unknown("bad_answer", "HTTP 200")]


def test_no_connection_is_transient(make: Make) -> None:
    [outcome] = make(base_url=nobody()).send([email(1)])
    assert (outcome.kind, outcome.code) == ("transient", "unreachable")


def test_unsubscribe_headers_go_along(make: Make, server: FakeSendGrid) -> None:
    """Each person's own, in one call."""
    urls = [f"https://example.com/u?a=1&t={number}" for number in range(2)]
    make().send([*(email(number, list_unsubscribe=url) for number, url in enumerate(urls)), email(2)])
    post = {"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    expected = [{"List-Unsubscribe": f"<{url}>", **post} for url in urls]
    assert [mail.headers for mail in server.mails] == [*expected, {}]
    assert len(server.requests) == 1


@pytest.mark.parametrize("content", [{"subject": ""}, {"text": "", "html": ""}])
def test_a_mail_without_subject_or_body_is_not_sent(make: Make, server: FakeSendGrid, content: dict[str, str]) -> None:
    outcomes = make().send([email(1, **content), email(2)])
    assert [outcome.kind for outcome in outcomes] == ["permanent", "accepted"]
    assert [mail.reference for mail in server.mails] == ["m-2"]


def test_the_key_shows_nowhere_although_the_client_logs_it(make: Make, server: FakeSendGrid) -> None:
    server.script(Reply(500), problems(401, ("revoked", None)), Hang())
    with heard() as records:
        outcomes = [make(timeout=0.3).send([email(number)]) for number in range(4)]
    shown = [record.getMessage() for record in records] + [repr(outcomes), repr(make().params), repr(vars(make()))]
    assert not [text for text in shown if API_KEY in text]


def test_a_sender_that_is_no_address_is_refused() -> None:
    with pytest.raises(ValidationError, match="not an e-mail address"):
        SendGridParams(api_key="k", sender="会员中心")  # type: ignore[arg-type]


BODIES = st.text(alphabet="ab%m0t<>\n" + string.digits, max_size=60) | st.sampled_from(["x" * 9_000, "y" * 12_000])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("pqr"), BODIES, BODIES), max_size=8))
def test_merged_mails_are_the_mails_and_within_limits(parts: list[tuple[str, str, str]]) -> None:
    letters = [
        Letter(place, Outgoing(f"m-{place}", "email", to, Content(subject="s", text=text, html=html)))
        for place, (to, text, html) in enumerate(parts)
    ]
    back = {}
    for merged in merge(letters):
        addresses = [letter.message.address for letter in merged.letters]
        assert len(addresses) == len(set(addresses))
        for letter, values in zip(merged.letters, merged.substitutions, strict=True):
            assert sum(len(mark) + len(value.encode()) for mark, value in values.items()) <= MAX_BYTES
            text, html = merged.text or "", merged.html or ""
            for mark, value in values.items():
                text, html = text.replace(mark, value), html.replace(mark, value)
            back[letter.place] = (text, html)
    assert back == {place: (text, html) for place, (_, text, html) in enumerate(parts)}


def test_outcomes_keep_their_form_in_a_mixed_batch(make: Make, server: FakeSendGrid) -> None:
    server.refused = {"p2@example.com"}
    messages = [email(0, to="nobody"), email(1), email(2), email(3, html="<p>other</p>")]
    kinds = [outcome.kind for outcome in send(make(), messages)]
    assert kinds == ["permanent", "accepted", "permanent", "accepted"]


# ---------------------------------------------------------------- looking up


def asked(number: int, at: datetime) -> Sent:
    """A mail as it is looked up."""
    mail = email(number)
    return Sent(mail.reference, "email", mail.address, None, at, mail.content)


def test_the_activity_feed_tells_what_became_of_a_mail(
    make: Callable[..., SendGrid], server: FakeSendGrid, clock: ManualClock
) -> None:
    server.activity, server.now = True, clock.now
    provider = make(activity=True)
    provider.send([email(1), email(2)])
    server.lost.add("p2@example.com")
    found, lost, never = provider.look_up([asked(number, clock.now()) for number in (1, 2, 3)])
    assert found is not None
    assert (found.kind, found.provider_id) == ("accepted", f"{server.mails[0].message_id}.filter1")
    assert lost is not None
    assert (lost.kind, lost.code) == ("permanent", "not_delivered")
    assert never is None
    # what stands there from another time is of another database
    assert provider.look_up([asked(1, clock.now() + timedelta(hours=1))]) == [None]


def test_without_the_feed_nothing_is_asked(
    make: Callable[..., SendGrid], server: FakeSendGrid, clock: ManualClock
) -> None:
    assert not make().can_look_up
    assert make().look_up([asked(1, clock.now())]) == [None]
    assert server.requests == []
    assert make(activity=True).look_up([asked(1, clock.now())]) == [None]  # the add-on was not bought: 403
