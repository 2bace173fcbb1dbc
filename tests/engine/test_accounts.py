"""Several accounts of a channel: the first that works takes the messages; an unknown outcome is never sent again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from automation.engine.engine import Engine
from tests.engine.posts import BUSY, RULES, account, by_account, everybody, order, people, wait
from tests.engine.world import World
from tests.fakes.server import Drop, Hang, nobody
from tests.fakes.twilio import TOKEN, FakeTwilio

DELIVERY = "[delivery]\nmax_attempts = 3\nbackoff_seconds = 10\n"


@pytest.fixture
def main(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTwilio]:
    monkeypatch.setenv("TWILIO_TOKEN", TOKEN)
    with FakeTwilio() as server:
        yield server


@pytest.fixture
def reserve() -> Iterator[FakeTwilio]:
    with FakeTwilio() as server:
        yield server


def both(main: FakeTwilio, reserve: FakeTwilio) -> str:
    return DELIVERY + account(main, 'account = "main"') + account(reserve, 'account = "reserve"')


def test_the_first_account_takes_everything_while_it_works(
    world: Callable[..., World], main: FakeTwilio, reserve: FakeTwilio
) -> None:
    w = world(RULES, settings=both(main, reserve))
    order(w, 20)
    w.run()
    assert people(main) == everybody(20)
    assert reserve.requests == []
    assert {(m.account, m.provider) for m in w.messages()} == {("sms:main", "twilio")}
    assert w.log("message.routed") == []


def test_over_to_the_second_account_and_back(
    world: Callable[..., World], main: FakeTwilio, reserve: FakeTwilio
) -> None:
    # given a first account that is down
    w = world(RULES, settings=both(main, reserve))
    main.outage = BUSY
    order(w, 20)
    # when messages are sent, those that it refused a little later
    w.run()
    assert len(main.requests) == 8
    w.go(seconds=10)
    # then the second account has sent them all, each once
    assert people(reserve) == everybody(20)
    assert by_account(w.messages()) == {"sms:reserve": 20}
    routed = w.log("message.routed")
    assert len(routed) == 20
    assert routed[0].detail == {"account": "sms:reserve", "instead_of": "sms:main", "because": "open"}
    # and when the first works again, it takes over
    main.outage = None
    w.go(minutes=2)
    order(w, 10, first=20)
    w.run()
    assert len(main.messages) == 10
    assert len(reserve.messages) == 20


def test_an_account_that_nobody_listens_on(world: Callable[..., World], main: FakeTwilio, reserve: FakeTwilio) -> None:
    gone = account(main, 'account = "main"').replace(main.url, nobody())
    w = world(RULES, settings=DELIVERY + gone + account(reserve))
    order(w, 20)
    w.run()
    w.go(seconds=10)
    assert people(reserve) == everybody(20)


@pytest.mark.parametrize("behaviour", [Hang(after_accept=True), Drop(after_accept=True), Drop(after_accept=False)])
def test_an_unknown_outcome_is_sent_by_no_other_account(
    world: Callable[..., World], main: FakeTwilio, reserve: FakeTwilio, behaviour: Hang | Drop
) -> None:
    w = world(RULES, settings=both(main, reserve))
    main.outage = behaviour
    order(w, 20)
    w.run()
    for _ in range(3):
        w.go(hours=7)
    # then each person stands in one of the two books, or is shown as unknown
    unknown = [m for m in w.messages() if m.status == "unknown"]
    assert {m.account for m in unknown} == {"sms:main"}
    assert len(unknown) >= 8
    assert len(unknown) + len(reserve.messages) == 20
    assert not {m.address for m in unknown} & set(people(reserve))


def test_a_wait_of_the_first_account_is_no_loss(
    world: Callable[..., World], main: FakeTwilio, reserve: FakeTwilio
) -> None:
    w = world(RULES, settings=both(main, reserve))
    main.outage = wait(3600)
    order(w, 20)
    w.run()
    assert len(reserve.messages) == 12  # those that the first has not answered
    assert w.log("message.routed")[0].detail["because"] == "paused"
    w.go(minutes=61)
    main.outage = None
    w.go(minutes=61)
    assert sorted(people(main) + people(reserve)) == everybody(20)


def test_with_both_down_everything_waits_and_nothing_is_lost(
    world: Callable[..., World], main: FakeTwilio, reserve: FakeTwilio
) -> None:
    w = world(RULES, settings=both(main, reserve))
    main.outage = reserve.outage = BUSY
    order(w, 20)
    for _ in range(6):
        w.go(hours=1)
    assert {(m.status, m.attempts) for m in w.messages()} == {("queued", 0)}
    reserve.outage = None
    w.go(hours=1)
    w.go(seconds=30)
    assert people(reserve) == everybody(20)


def test_accounts_and_their_states_outlive_the_process(
    world: Callable[..., World], main: FakeTwilio, reserve: FakeTwilio
) -> None:
    w = world(RULES, settings=both(main, reserve))
    main.outage = BUSY
    order(w, 10)
    w.run()
    asked = len(main.requests)
    w.engine.close()
    w.engine = Engine(w.project(), w.database, w.clock)
    w.go(seconds=20)
    assert len(main.requests) == asked
    assert people(reserve) == everybody(10)
