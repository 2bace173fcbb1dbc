"""Whose fault? What is said of people never counts against the account; what is said of the account fails nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select

from automation.engine.delivery.accounts import choose, note, standing
from automation.providers.accounts import Account, Breaker
from automation.providers.base import About, Outcome
from automation.providers.outbox import Outbox
from automation.providers.smtp_replies import read_reply
from automation.providers.twilio_codes import TWILIO
from automation.providers.wechat_codes import WECHAT, WECOM
from automation.store.accounts import load_states
from automation.store.database import Database
from automation.store.schema import contact_problem, suppression
from tests.engine.posts import RULES, account, order, people
from tests.engine.world import World
from tests.fakes.smtp import FakeSmtp
from tests.fakes.twilio import TOKEN, FakeTwilio, error

MAIL = RULES.replace("channels: [sms]", "channels: [email]")
FULL = "452 4.2.2 The recipient's inbox is out of storage space"
TABLES = {"twilio": TWILIO, "wechat": WECHAT, "wecom": WECOM}


def settings(server: FakeSmtp, attempts: int = 3) -> str:
    return (
        f"[delivery]\nmax_attempts = {attempts}\nbackoff_seconds = 10\nbreaker = {{failures = 5, seconds = 60}}\n"
        f'[providers.email]\ntype = "smtp"\nhost = "127.0.0.1"\nport = {server.port}\nsecurity = "none"\n'
        'sender = "club@example.com"\ntimeout = 2\n'
    )


def standings(w: World) -> set[str]:
    with w.database.read() as conn:
        return {standing(Breaker(5, 60.0), state, 0) for state in load_states(conn).values()}


def test_full_mailboxes_stop_nobody_elses_mail(world: Callable[..., World]) -> None:
    with FakeSmtp() as server:
        w = world(MAIL, settings=settings(server))
        # given eight people whose mailbox is full, before others in the queue
        server.refused = {f"m{i}@example.com": FULL for i in range(8)}
        order(w, 12)
        w.run()
        # then the others have their mail at once, and at every retry too
        assert len(server.mails) == 4
        order(w, 3, first=12)
        w.go(minutes=1)
        assert len(server.mails) == 7
        for _ in range(5):
            w.go(minutes=30)
        # and those mailboxes alone have used up their attempts
        assert "open" not in standings(w)
        states = sorted((m.status, m.attempts) for m in w.messages())
        assert states == [("accepted", 1)] * 7 + [("failed", 3)] * 8
        # and nothing says that they can't be reached for good
        assert w.table("suppression") == w.table("contact_problem") == []


def test_a_server_that_is_out_of_storage_fails_nobody(world: Callable[..., World]) -> None:
    with FakeSmtp() as server:
        w = world(MAIL, settings=settings(server, attempts=1))
        everyone = {f"m{i}@example.com": "452 4.3.1 Insufficient system storage" for i in range(7)}
        server.refused = dict(everyone)
        order(w, 7)
        w.run()
        for _ in range(4):
            w.go(hours=1)
        assert {(m.status, m.attempts) for m in w.messages()} == {("queued", 0)}
        server.refused.clear()
        for _ in range(4):
            w.go(hours=1)
        assert {(m.status, m.attempts) for m in w.messages()} == {("accepted", 1)}


@pytest.fixture
def twilio(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTwilio]:
    monkeypatch.setenv("TWILIO_TOKEN", TOKEN)
    with FakeTwilio() as server:
        yield server


@pytest.mark.parametrize("code", [30001, 30002, 30034, 21606, 20429])
def test_what_twilio_says_of_the_account_fails_nobody(
    world: Callable[..., World], twilio: FakeTwilio, code: int
) -> None:
    settings = "[delivery]\nmax_attempts = 1\nbackoff_seconds = 10\n" + account(twilio, table="[providers.sms]")
    w = world(RULES, settings=settings)
    twilio.outage = error(429 if code == 20429 else 400, code, "not now")
    order(w, 3)
    w.run()
    for _ in range(3):
        w.go(hours=1)
    assert {(m.status, m.attempts) for m in w.messages()} == {("queued", 0)}
    with w.database.read() as conn:
        assert conn.execute(select(suppression)).all() == conn.execute(select(contact_problem)).all() == []
    twilio.outage = None
    for _ in range(3):
        w.go(hours=1)
    assert people(twilio) == [f"+861391{i:07}" for i in range(3)]


@pytest.mark.parametrize("code", [30003, 30004, 30005, 30006, 21211, 21610])
def test_what_twilio_says_of_people_never_counts_against_the_account(
    world: Callable[..., World], twilio: FakeTwilio, code: int
) -> None:
    w = world(RULES, settings=account(twilio, table="[providers.sms]"))
    twilio.script(*[error(400, code, "refused")] * 8)
    order(w, 10)
    w.run()
    assert len(twilio.messages) == 2
    assert "open" not in standings(w)


def test_every_code_counts_for_whom_it_is_about(db: Database) -> None:
    """The sweep: ten such answers in a row, each in a batch of its own."""
    for name, codes in TABLES.items():
        for code, known in codes.items():
            outcome = known.outcome(code, "words", None)
            account = Account(f"sms:{name}{code}", name, Outbox.__new__(Outbox), None, Breaker(5, 60.0))
            free, stands = _ten_times(db, account, outcome)
            if known.about == "account":
                assert (outcome.kind, outcome.effect, stands) == ("transient", None, "open"), code
                assert (len(free), all(free)) == (5, True), code
            else:
                assert (stands, len(free), any(free)) == ("closed", 10, False), code


def _ten_times(db: Database, account: Account, outcome: Outcome) -> tuple[list[dict[int, float]], str]:
    """Which answers used up no attempt, while the account could be used; how it stands after them."""
    free = []
    with db.write() as conn:
        for now in range(10):
            route = choose(conn, [account], load_states(conn), now)
            if route is not None:
                free.append(note(conn, route, [outcome], now))
        return free, standing(account.breaker, load_states(conn).get(account.key), 10)


@pytest.mark.parametrize(
    ("reply", "kind", "about", "effect"),
    [
        ("452 4.2.2 mailbox full", "transient", "person", None),
        ("450 mailbox busy", "transient", "person", None),
        ("450 4.7.1 greylisted, come back later", "transient", "person", None),
        ("451 4.4.1 no answer from the recipient's host", "transient", "person", None),
        ("452 4.3.1 insufficient system storage", "transient", "account", None),
        ("421 4.7.0 too many connections", "transient", "account", None),
        ("550 5.1.1 no such user", "permanent", "person", "bad_address"),
        ("550 5.1.10 no such user", "permanent", "person", None),
        ("552 5.2.2 mailbox full", "permanent", "person", None),
        ("550 refused", "permanent", "message", None),
        ("550 5.7.1 not by our policy", "permanent", "message", None),
        ("552 5.3.4 message too big", "permanent", "message", None),
        ("550 5.7.26 SPF and DKIM failed", "transient", "account", None),
        ("554 5.7.1 <a@b.cn>: Relay access denied", "transient", "account", None),
        ("550 relay not permitted", "transient", "account", None),
        ("530 5.7.0 Authentication required", "transient", "account", None),
    ],
)
def test_what_an_smtp_reply_says_and_of_whom(reply: str, kind: str, about: About, effect: str | None) -> None:
    code, _, words = reply.partition(" ")
    outcome = read_reply(int(code), words.encode())
    assert (outcome.kind, outcome.about, outcome.effect) == (kind, about, effect)
