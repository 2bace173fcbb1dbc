"""SMTP against a real SMTP server that misbehaves on request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from automation.providers.base import Content, Outcome, Outgoing
from automation.providers.smtp import Smtp, SmtpParams
from automation.testing.providers import check_provider, heard, send
from tests.fakes.certificate import make_certificate
from tests.fakes.server import Drop, Hang, nobody
from tests.fakes.smtp import PASSWORD, USER, FakeSmtp
from tests.providers.conftest import email

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from automation.providers.context import ProviderContext

    Make = Callable[..., Smtp]

SENDER = "会员中心 <club@example.com>"


@pytest.fixture
def server() -> Iterator[FakeSmtp]:
    with FakeSmtp() as running:
        yield running


@pytest.fixture
def make(server: FakeSmtp, context: Callable[[str], ProviderContext]) -> Make:
    def _make(**changes: Any) -> Smtp:
        usual = {"host": "127.0.0.1", "port": server.port, "security": "none", "sender": SENDER, "timeout": 5}
        return Smtp(SmtpParams(**{**usual, **changes}), context("email"))

    return _make


def kinds(outcomes: Any) -> list[tuple[str, str | None]]:
    return [(outcome.kind, outcome.code) for outcome in outcomes]


def test_it_keeps_the_contract_of_providers(make: Make) -> None:
    check_provider(Smtp, make, email)


def test_a_mail_arrives_as_written(make: Make, server: FakeSmtp) -> None:
    message = email(7, subject="生日快乐 🎂", text="您好，\n.点开头的一行\n再见", html="<p>您好</p>")
    assert make(reply_to="care@example.com").send([message]) == [Outcome.accepted()]
    [mail] = server.mails
    assert (mail["To"], mail["Subject"], mail["Reply-To"]) == ("p7@example.com", "生日快乐 🎂", "care@example.com")
    assert mail["From"].addresses[0].display_name == "会员中心"
    assert mail["Message-ID"] == "<m-7@example.com>"
    assert mail["Date"] == "Sat, 01 Aug 2026 12:00:00 +0800"
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().splitlines() == ["您好，", ".点开头的一行", "再见"]
    assert html.get_content().strip() == "<p>您好</p>"
    assert server.envelopes == [("club@example.com", ["p7@example.com"])]


def test_a_mail_sent_again_has_the_same_message_id(make: Make, server: FakeSmtp) -> None:
    provider = make()
    provider.send([email(7)])
    provider.send([email(7)])
    assert [mail["Message-ID"] for mail in server.mails] == ["<m-7@example.com>"] * 2


def test_a_batch_is_one_connection(make: Make, server: FakeSmtp) -> None:
    assert kinds(make().send([email(number) for number in range(20)])) == [("accepted", None)] * 20
    assert server.connections == 1


def test_a_refused_recipient_harms_nobody_else(make: Make, server: FakeSmtp) -> None:
    server.refused = {"p1@example.com": "550 5.1.1 no such user", "p2@example.com": "450 mailbox busy"}
    outcomes = make().send([email(number) for number in range(4)])
    assert kinds(outcomes) == [("accepted", None), ("permanent", "550"), ("transient", "450"), ("accepted", None)]
    assert outcomes[1].detail == "5.1.1 no such user"
    assert len(server.mails) == 2


def test_the_reply_to_the_mail_decides(make: Make, server: FakeSmtp) -> None:
    server.script("554 looks like spam", "451 try later")
    outcomes = make().send([email(number) for number in range(3)])
    assert kinds(outcomes) == [("permanent", "554"), ("transient", "451"), ("accepted", None)]


def test_a_server_that_shuts_down_gets_no_more(make: Make, server: FakeSmtp) -> None:
    server.script("421 shutting down")
    assert kinds(make().send([email(1), email(2)])) == [("transient", "421"), ("transient", "not_tried")]


def test_a_refused_sender_burns_no_message(make: Make, server: FakeSmtp) -> None:
    server.refused_sender = "550 not your domain"
    outcomes = make().send([email(1), email(2)])
    assert outcomes == [Outcome.transient("settings", "550: not your domain", about="account")] * 2
    server.refused_sender = "452 out of storage"
    assert kinds(make().send([email(1)])) == [("transient", "452")]


@pytest.mark.parametrize("trouble", [Hang(), Hang(after_accept=False), Drop(), Drop(after_accept=False)])
def test_a_connection_lost_after_the_mail_went_out_leaves_it_unknown(
    make: Make, server: FakeSmtp, trouble: Hang | Drop
) -> None:
    server.script("250 OK", trouble)
    outcomes = make(timeout=1).send([email(number) for number in range(4)])
    assert kinds(outcomes) == [
        ("accepted", None),
        ("unknown", "no_answer"),
        ("transient", "not_tried"),
        ("transient", "not_tried"),
    ]


def test_a_reply_that_nobody_understands_leaves_the_mail_unknown(make: Make, server: FakeSmtp) -> None:
    server.script("moved to another castle")
    assert kinds(make().send([email(1)])) == [("unknown", "no_answer")]


def test_a_connection_lost_before_the_mail_went_out_is_transient(make: Make, server: FakeSmtp) -> None:
    server.refused = {"p1@example.com": "drop", "p3@example.com": "421 closing"}
    assert kinds(make().send([email(1), email(2)])) == [("transient", "unreachable"), ("transient", "not_tried")]
    assert kinds(make().send([email(3), email(4)])) == [("transient", "421"), ("transient", "not_tried")]


def test_no_connection_is_transient_for_all(make: Make) -> None:
    port = int(nobody().rpartition(":")[2])
    outcomes = make(port=port).send([email(1), email(2)])
    assert outcomes == [Outcome.transient("unreachable", "ConnectionRefusedError: Connection refused")] * 2


def test_line_breaks_in_headers_are_refused(make: Make, server: FakeSmtp) -> None:
    evil = "x\r\nBcc: all@example.com"
    content = Content(subject="s", text="t")
    messages = [
        email(1, to=f"a@example.com{evil}"),
        email(2, subject=f"s{evil}"),
        Outgoing(f"m{evil}", "email", "a@example.com", content),
        email(4, list_unsubscribe=f"https://e.com/{evil}"),
        email(5),
    ]
    expected = [("permanent", "bad_address"), *[("permanent", "bad_header")] * 3, ("accepted", None)]
    assert kinds(send(make(), messages)) == expected
    assert [mail["Subject"] for mail in server.mails] == ["生日快乐"]


@pytest.mark.parametrize("length", [1, 60, 800])
def test_an_unsubscribe_address_goes_along_whole(make: Make, server: FakeSmtp, length: int) -> None:
    address = f"https://e.com/u?a=1&t={'x' * length}"
    make().send([email(1, list_unsubscribe=address), email(2, list_unsubscribe="mailto:leave@e.com"), email(3)])
    both, first, none = server.mails
    assert dict(both.raw_items())["List-Unsubscribe"] == f"<{address}>"  # as it came, not decoded
    assert both.get_all("List-Unsubscribe-Post") == ["List-Unsubscribe=One-Click"]
    assert (first["List-Unsubscribe"], first["List-Unsubscribe-Post"]) == ("<mailto:leave@e.com>", None)
    assert (none["List-Unsubscribe"], none["List-Unsubscribe-Post"]) == (None, None)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return make_certificate(tmp_path)


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # aiosmtpd does not see the TLS around it
@pytest.mark.parametrize("security", ["starttls", "ssl"])
def test_it_logs_in_over_tls_and_the_password_shows_nowhere(make: Make, certificate: Path, security: str) -> None:
    with FakeSmtp(certificate, implicit=security == "ssl", login=True) as server, heard() as records:
        options = {"port": server.port, "security": security, "ca_file": "ca.pem", "user": USER}
        good, bad = make(**options, password=PASSWORD), make(**options, password="old-one")
        assert kinds(good.send([email(1)])) == [("accepted", None)]
        refused = bad.send([email(2), email(3)])
    assert kinds(refused) == [("transient", "auth")] * 2
    assert [mail["Message-ID"] for mail in server.mails] == ["<m-1@example.com>"]
    shown = [record.getMessage() for record in records] + [repr(refused), repr(good.params), repr(vars(good))]
    assert not [text for text in shown if PASSWORD in text or "old-one" in text]


def test_an_unknown_certificate_sends_nothing(make: Make, certificate: Path) -> None:
    with FakeSmtp(certificate) as server:
        [outcome] = make(port=server.port, security="starttls").send([email(1)])
    assert (outcome.kind, outcome.code) == ("transient", "unreachable")
    assert outcome.detail == "SSLCertVerificationError: CERTIFICATE_VERIFY_FAILED"
    assert server.mails == []


def test_a_server_without_starttls_gets_nothing(make: Make, server: FakeSmtp) -> None:
    assert kinds(make(security="starttls").send([email(1)])) == [("transient", "settings")]
    assert server.mails == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"user": "u"}, "user and password go together"),
        ({"user": "u", "password": "p", "security": "none"}, "clear text"),
        ({"sender": "club"}, "not an e-mail address"),
    ],
)
def test_settings_that_can_not_work_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        SmtpParams(**{"host": "h", "sender": SENDER, **changes})
