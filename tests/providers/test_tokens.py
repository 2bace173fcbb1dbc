"""Access tokens shared by processes: one fetch at a time, the old token meanwhile, nothing readable in the database."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from automation.clock import to_ms
from automation.providers.base import Outcome
from automation.providers.tokens import EARLY, Fetched, NoToken, SharedToken
from automation.store.schema import provider_token
from automation.store.tokens import claim_refresh

if TYPE_CHECKING:
    from automation.clock import ManualClock
    from automation.store.database import Database


class Service:
    """Hands out tokens, `t1`, `t2` …; each call may be held up or fail."""

    def __init__(self) -> None:
        self.calls = 0
        self.going = threading.Event()
        self.gate = threading.Event()
        self.gate.set()
        self.problem: Outcome | None = None

    def fetch(self) -> Fetched:
        self.calls += 1
        number = self.calls
        self.going.set()
        assert self.gate.wait(10)
        if self.problem is not None:
            raise NoToken(self.problem)
        return Fetched(f"t{number}", 7200)


@pytest.fixture
def service() -> Service:
    return Service()


def process(db: Database, clock: ManualClock, service: Service, secret: str = "s3cr3t") -> SharedToken:
    """What one process has of the account's token."""
    return SharedToken(db, clock, "wechat:wx1", secret, service.fetch, patience=3)


def test_all_processes_share_one_token(db: Database, clock: ManualClock, service: Service) -> None:
    assert [process(db, clock, service).get() for _ in range(3)] == ["t1"] * 3
    assert service.calls == 1


def test_many_at_once_fetch_once_and_wait_for_it(db: Database, clock: ManualClock, service: Service) -> None:
    service.gate.clear()
    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(process(db, clock, service).get) for _ in range(6)]
        assert service.going.wait(10)
        service.gate.set()
        assert [one.result(10) for one in asked] == ["t1"] * 6
    assert service.calls == 1


def test_it_is_replaced_a_little_before_its_end_while_others_use_the_old_one(
    db: Database, clock: ManualClock, service: Service
) -> None:
    one, other = process(db, clock, service), process(db, clock, service)
    assert one.get() == other.get() == "t1"
    clock.advance(timedelta(seconds=7200) - EARLY + timedelta(seconds=1))
    service.going.clear()
    service.gate.clear()
    with ThreadPoolExecutor(1) as pool:
        fetching = pool.submit(one.get)
        assert service.going.wait(10)
        assert other.get() == "t1"  # at once: the old one lives for five minutes more
        service.gate.set()
        assert fetching.result(10) == "t2"
    assert other.get() == "t2"
    assert service.calls == 2


def test_a_refused_token_is_replaced_once_for_all(db: Database, clock: ManualClock, service: Service) -> None:
    one, other = process(db, clock, service), process(db, clock, service)
    assert one.get() == other.get() == "t1"
    assert one.get(refused="t1") == "t2"
    assert other.get(refused="t1") == "t2"
    assert service.calls == 2


def test_no_token_gives_the_lease_back(db: Database, clock: ManualClock, service: Service) -> None:
    service.problem = Outcome.transient("auth", "invalid secret")
    shared = process(db, clock, service)
    for _ in range(2):
        with pytest.raises(NoToken) as caught:
            shared.get()
        assert caught.value.outcome == Outcome.transient("auth", "invalid secret")
    service.problem = None
    assert shared.get() == "t3"


def test_an_early_refresh_that_fails_goes_on_with_the_old_token(
    db: Database, clock: ManualClock, service: Service
) -> None:
    shared = process(db, clock, service)
    shared.get()
    clock.advance(timedelta(seconds=7200) - EARLY + timedelta(seconds=1))
    service.problem = Outcome.transient("unreachable")

    assert [shared.get() for _ in range(5)] == ["t1"] * 5
    assert service.calls == 2  # not with every message again

    clock.advance(timedelta(seconds=4))
    service.problem = None
    assert shared.get() == "t3"


def test_a_process_that_died_while_fetching_holds_nobody_up_for_ever(
    db: Database, clock: ManualClock, service: Service
) -> None:
    now = to_ms(clock.now())
    with db.write() as conn:
        assert claim_refresh(conn, "wechat:wx1", "", now, now + 3000)
        assert not claim_refresh(conn, "wechat:wx1", "", now, now + 3000)
    clock.advance(timedelta(seconds=3))
    assert process(db, clock, service).get() == "t1"


def test_waiting_ends_with_a_transient_outcome(db: Database, clock: ManualClock, service: Service) -> None:
    now = to_ms(clock.now())
    with db.write() as conn:
        claim_refresh(conn, "wechat:wx1", "", now, now + 60_000)
    impatient = SharedToken(db, clock, "wechat:wx1", "s3cr3t", service.fetch, patience=0.1)
    with pytest.raises(NoToken) as caught:
        impatient.get()
    assert caught.value.outcome == Outcome.transient("no_token")
    assert service.calls == 0


def test_the_database_holds_no_readable_token(db: Database, clock: ManualClock, service: Service) -> None:
    assert process(db, clock, service).get() == "t1"
    with db.read() as conn:
        row = conn.execute(select(provider_token)).one()
    assert row.token.startswith("gAAAA")  # sealed, as cryptography's Fernet does it
    assert process(db, clock, service, secret="a new secret").get() == "t2"  # what it can't open, it replaces
