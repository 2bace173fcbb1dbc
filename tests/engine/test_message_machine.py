"""The ledger as a state machine: whatever comes in whatever order, nobody gets a message twice, nothing is forgotten.

The service keeps its own book of who was sent what, and of who it was asked about. After every step the ledger is held
against it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from automation.engine.engine import Engine
from automation.store import schema
from automation.store.database import Database
from automation.store.pauses import begin_pause, channel_scope, end_pause
from tests.engine.posts import BUSY, account, wait
from tests.engine.world import World, at
from tests.fakes.server import Behaviour, Drop
from tests.fakes.twilio import TOKEN, FakeTwilio, error

RULES = """
rules:
  - id: promo
    name: 促销
    expires_after: 12h
    trigger: {type: event, with: {name: order.paid}}
    steps:
      - do: message.send
        with: {channels: [sms], template: hello}
        save_as: sent
"""
MAX_ATTEMPTS = 3
ANSWERS: dict[str, Behaviour] = {
    "refused": error(400, 21211, "not a valid phone number"),
    "busy": BUSY,
    "wait": wait(90),
    "bad gateway": error(502, 20500, "Internal error"),
    "lost answer": Drop(after_accept=True),
    "lost request": Drop(after_accept=False),
}
FINAL = ("accepted", "failed", "dropped")


class Killed(BaseException):
    """The process dies here: nothing of it runs any more."""


class Ledger(RuleBasedStateMachine):
    """One process at a time, which may die at any moment, and one service that does as it likes."""

    def __init__(self, folder: Path, database: Database, twilio: FakeTwilio, start: dict[str, Any]) -> None:
        super().__init__()
        self.twilio = twilio
        twilio.messages.clear()
        twilio.requests.clear()
        twilio.outage = None
        _empty(database)
        self.world: World = start.get("world") or start.setdefault("world", _world(folder, database, twilio))
        self.world.clock.set(at("2026-08-01 10:00"))
        self.restart()
        self.count = 0
        self.settled: dict[int, str] = {}
        self.asked: dict[str, int] = {}

    # ------------------------------------------------------------ what may happen

    @initialize()
    def somebody_is_there(self) -> None:
        self.orders_come_in(3)

    @rule(count=st.integers(1, 3))
    def orders_come_in(self, count: int) -> None:
        w, first = self.world, self.count
        self.count += count
        for i in range(first, self.count):
            w.person(f"M{i}", phone=f"1391{i:07}", name=f"会员{i}")
        w.events([w.line("order.paid", f"M{i}", amount=1) for i in range(first, self.count)])
        w.engine.advance()

    @rule(answers=st.lists(st.sampled_from(sorted(ANSWERS)), max_size=4))
    def the_queue_is_worked_off(self, answers: list[str]) -> None:
        self.twilio.script(*(ANSWERS[name] for name in answers))
        self.world.run()

    @rule(name=st.none() | st.sampled_from(sorted(ANSWERS)))
    def the_service_changes_its_ways(self, name: str | None) -> None:
        self.twilio.outage = ANSWERS[name] if name is not None else None

    @rule(calls=st.booleans())
    def the_process_dies_while_it_sends(self, calls: bool) -> None:
        provider = self.world.engine.providers.accounts("sms")[0].provider
        send = provider.send

        def die(messages: Any) -> Any:
            if calls:
                send(messages)
            raise Killed

        provider.send = die  # type: ignore[method-assign]
        with suppress(Killed):
            self.world.engine.deliver("sms")
        self.restart()

    @rule()
    def restart(self) -> None:
        w = self.world
        w.engine.close()
        w.engine = Engine(w.engine.project, w.database, w.clock)

    @rule(minutes=st.sampled_from([1, 2, 6, 61]))
    def time_passes(self, minutes: int) -> None:
        self.world.clock.advance(timedelta(minutes=minutes))
        self.world.engine.recover()

    @rule(hours=st.sampled_from([5, 13]))
    def much_time_passes(self, hours: int) -> None:
        self.world.go(hours=hours)

    @rule(on=st.booleans())
    def somebody_pauses_or_resumes(self, on: bool) -> None:
        with self.world.database.write() as conn:
            if on:
                begin_pause(conn, channel_scope("sms"), "test", "test", 0)
            else:
                end_pause(conn, channel_scope("sms"))

    # ------------------------------------------------------------ what always holds

    @invariant()
    def nobody_is_sent_a_message_twice(self) -> None:
        assert [to for to, count in self._book().items() if count > 1] == []

    @invariant()
    def ledger_and_book_agree(self) -> None:
        book = self._book()
        for m in self.world.messages():
            if m.status == "accepted":
                assert book[m.address] == 1
            elif m.status not in ("unknown", "sending"):
                assert book[m.address] == 0, f"{m.status}, and yet it was sent"

    @invariant()
    def attempts_have_a_limit(self) -> None:
        assert all(m.attempts <= MAX_ATTEMPTS for m in self.world.messages())

    @invariant()
    def what_is_settled_stays_settled(self) -> None:
        for m in self.world.messages():
            before = self.settled.get(m.id)
            if before in FINAL:
                assert m.status == before
            elif before == "unknown":
                assert m.status in ("unknown", "accepted")
            if m.status in (*FINAL, "unknown"):
                self.settled[m.id] = m.status

    @invariant()
    def after_an_unknown_outcome_the_service_is_asked_no_more(self) -> None:
        asked = Counter(r.form()["To"] for r in list(self.twilio.requests) if r.method == "POST")
        for m in self.world.messages():
            if m.status in (*FINAL, "unknown"):
                assert asked[m.address] == self.asked.setdefault(m.address, asked[m.address])

    @invariant()
    def everybody_has_one_message_and_every_run_waits_for_it_or_is_over(self) -> None:
        messages = {m.run_id: m for m in self.world.messages()}
        runs = self.world.runs()
        assert len(runs) == self.count
        for run in runs:
            status = messages[run.id].status
            assert run.status == ("sending" if status in ("queued", "sending") else "done")

    def teardown(self) -> None:
        """In the end, when the service works and nobody pauses, every message has its outcome."""
        if not self.count:
            return
        self.twilio.outage = None
        self.twilio._script.clear()
        self.somebody_pauses_or_resumes(on=False)
        for _ in range(2):
            self.world.go(hours=13)
        self.nobody_is_sent_a_message_twice()
        self.ledger_and_book_agree()
        self.what_is_settled_stays_settled()
        self.after_an_unknown_outcome_the_service_is_asked_no_more()
        assert {m.status for m in self.world.messages()} <= {*FINAL, "unknown"}

    def _book(self) -> Counter[str]:
        return Counter(message.to for message in self.twilio.messages)


@pytest.fixture
def twilio(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTwilio]:
    monkeypatch.setenv("TWILIO_TOKEN", TOKEN)
    with FakeTwilio() as server:
        yield server


def test_the_ledger_holds_whatever_happens(db: Database, tmp_path: Path, twilio: FakeTwilio) -> None:
    start: dict[str, Any] = {}
    make: Callable[[], Ledger] = lambda: Ledger(tmp_path, db, twilio, start)  # noqa: E731
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large]
    run_state_machine_as_test(
        make,
        settings=settings(max_examples=8, stateful_step_count=12, deadline=None, suppress_health_check=checks),
    )
    start["world"].engine.close()


def _world(folder: Path, database: Database, twilio: FakeTwilio) -> World:
    delivery = f"[delivery]\nmax_attempts = {MAX_ATTEMPTS}\nbackoff_seconds = 60\nlease_seconds = 300\n"
    one = account(twilio, "breaker = {failures = 3, seconds = 60}", table="[providers.sms]")
    w = World(folder, database, RULES, settings=delivery + one)
    twilio.now = w.clock.now
    return w


def _empty(database: Database) -> None:
    with database.write() as conn:
        for table in reversed(schema.metadata.sorted_tables):
            if table.name not in ("rule", "rule_version"):
                conn.execute(table.delete())
