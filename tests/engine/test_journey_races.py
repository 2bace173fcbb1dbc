"""Journeys when several processes are at the same person at once, on PostgreSQL: each decision is made once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Event
from typing import Any

import pytest
from sqlalchemy import select

from automation.engine.engine import Engine
from automation.store.database import Database
from automation.store.queueing import let_next_in
from automation.store.runs import lock_contacts, save_progress
from automation.store.schema import run as run_table
from tests.engine.world import World

WAIT = """
rules:
  - id: cart
    name: 购物车
    trigger: {type: event, with: {name: whitepaper.downloaded}}
    steps:
      - wait_for: {event: order.paid, within: 1d}
        then: [{do: contact.tag, with: {add: [等到]}}]
        else: [{do: contact.tag, with: {add: [没等到]}}]
"""
QUEUE = """
rules:
  - id: line
    name: 排队
    trigger: {type: event, with: {name: whitepaper.downloaded}}
    mode: {on_again: queue, per: contact}
    steps: [{wait: 1h}]
"""


@pytest.fixture
def make(postgres_db: Database, tmp_path: Path) -> Iterator[Callable[[str], World]]:
    made: list[World] = []

    def one(rules: str) -> World:
        made.append(World(tmp_path / "project", postgres_db, rules))
        return made[-1]

    yield one
    for world in made:
        world.engine.close()


def together(*calls: Callable[[], Any]) -> list[Any]:
    """Call all at the same moment, each in a thread of its own."""
    barrier = Barrier(len(calls))

    def call(one: Callable[[], Any]) -> Any:
        barrier.wait()
        return one()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(call, calls))


def engines(w: World, count: int) -> list[Engine]:
    return [Engine(w.project(), w.database, w.clock) for _ in range(count)]


def by_contact(rows: Sequence[Any], codes: Sequence[str]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for row in rows:
        if row.code in codes:
            found.setdefault(row.contact_id, []).append(row.code)
    return found


def test_an_event_and_a_time_out_at_the_same_moment_are_decided_once(make: Callable[[str], World]) -> None:
    w, people = make(WAIT), 30
    for n in range(people):
        w.person(f"M{n}")
    w.events([w.line("whitepaper.downloaded", f"M{n}") for n in range(people)])
    w.run()
    w.clock.advance(timedelta(days=1))
    one, two = engines(w, 2)
    events = [w.line("order.paid", f"M{n}", amount=n) for n in range(people)]

    def pay() -> None:
        for line in events:
            one.ingest([line])

    def time_out() -> None:
        for _ in range(people):
            two.advance(limit=1)

    together(pay, time_out)
    w.run()
    decided = by_contact(w.table("execution_log"), ["waiting.event_came", "waiting.event_missing"])
    assert {len(codes) for codes in decided.values()} == {1}
    assert len(decided) == people
    tags = {row.contact_id: row.tag for row in w.table("contact_tag")}
    assert len(w.table("contact_tag")) == people
    told = {"等到": "waiting.event_came", "没等到": "waiting.event_missing"}
    assert {contact: [told[tag]] for contact, tag in tags.items()} == decided


def test_a_run_whose_person_is_in_other_hands_waits_for_them_and_the_others_do_not(
    make: Callable[[str], World],
) -> None:
    w = make(WAIT)
    anna, bob = w.person("M1"), w.person("M2")
    w.events([w.line("whitepaper.downloaded", member) for member in ("M1", "M2")])
    locked, done = Event(), Event()

    def hold() -> None:
        with w.database.write() as conn:
            lock_contacts(conn, [anna])
            locked.set()
            done.wait(30)

    with ThreadPoolExecutor(2) as pool:
        holding = pool.submit(hold)
        locked.wait(30)
        assert w.engine.advance() == 1
        assert (w.codes(anna), w.codes(bob)) == (["entered"], ["entered", "waiting.for_event"])
        waiting = pool.submit(w.engine.advance)
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.3)  # it neither gives up nor asks again and again
        done.set()
        holding.result()
        assert waiting.result(timeout=30) == 1
    assert w.codes(anna) == ["entered", "waiting.for_event"]
    assert w.engine.advance() == 0


def test_one_place_is_held_by_one_and_everybody_gets_their_turn(make: Callable[[str], World]) -> None:
    """Four processes let the same two people in again and again, while two move and end them."""
    w, rounds = make(QUEUE), 6
    w.person("M1")
    w.person("M2")
    hands = engines(w, 6)

    def enter(number: int) -> None:
        for n in range(rounds):
            lines = [w.line("whitepaper.downloaded", member, title=f"{number}.{n}") for member in ("M1", "M2")]
            hands[number].ingest(lines if number % 2 else lines[::-1])

    def move(number: int) -> None:
        for _ in range(rounds * 4):
            w.clock.advance(timedelta(minutes=30))
            hands[number].advance()
            with w.database.read() as conn:
                inside = conn.execute(select(run_table.c.contact_id).where(run_table.c.mode_key.is_not(None))).all()
            assert len(inside) == len(set(inside))

    together(*[lambda n=n: enter(n) for n in range(4)], *[lambda n=n: move(n) for n in (4, 5)])
    for _ in range(4 * rounds + 2):
        w.go(hours=1)
    runs = w.runs()
    assert [run.status for run in runs] == ["done"] * (2 * 4 * rounds)
    for contact in {run.contact_id for run in runs}:
        mine = [run.id for run in runs if run.contact_id == contact]
        begun = [row.run_id for row in w.log("entered") if row.contact_id == contact]
        assert sorted(begun) == sorted(mine)


def test_who_lines_up_behind_one_who_is_just_leaving_is_not_forgotten(make: Callable[[str], World]) -> None:
    w = make(QUEUE)
    w.person("M1")
    w.event("whitepaper.downloaded", "M1", title="1")
    w.run()
    leaving, go_on = Event(), Event()

    def leave() -> None:
        with w.database.write() as conn:
            now = int(w.clock.now().timestamp() * 1000)
            save_progress(conn, [(1, "done", 1, None, "", "{}", now, "completed")])
            leaving.set()
            go_on.wait(30)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(leave)
        leaving.wait(30)
        second = pool.submit(w.event, "whitepaper.downloaded", "M1", title="2")
        with pytest.raises(TimeoutError):
            second.result(timeout=0.3)  # it waits to see whether the place is really left
        go_on.set()
        first.result()
        assert second.result(timeout=30).entered == 1
    assert [run.status for run in w.runs()] == ["done", "active"]
    with w.database.write() as conn:
        assert let_next_in(conn, [1], 0) == 0


def test_exits_goals_and_settling_end_a_run_once(make: Callable[[str], World]) -> None:
    w = make("""
    rules:
      - id: nurture
        name: 培育
        trigger: {type: event, with: {name: whitepaper.downloaded}}
        mode: {on_again: skip, per: contact}
        goal: {event: order.paid, within: 7d}
        exit_when: [{did: {event: vip.welcome, since: entry}}]
        steps:
          - do: sms.send
            with: {template: hello}
    """)
    people = 40
    for n in range(people):
        w.person(f"M{n}", name=f"人{n}", phone=f"138001380{n:02}")
    w.events([w.line("whitepaper.downloaded", f"M{n}") for n in range(people)])
    w.engine.advance()
    w.clock.advance(timedelta(minutes=1))
    hands = engines(w, 3)

    def tell(number: int, name: str, **values: Any) -> None:
        for n in range(people):
            hands[number].ingest([w.line(name, f"M{n}", **values)])

    def deliver() -> None:
        for _ in range(people):
            hands[2].deliver("sms")

    together(lambda: tell(0, "order.paid", amount=1), lambda: tell(1, "vip.welcome", from_rule="x"), deliver)
    w.run()
    ends = by_contact(w.table("execution_log"), ["completed", "exited.goal", "exited.condition"])
    assert {len(codes) for codes in ends.values()} == {1}
    assert len(ends) == people
    for run in w.runs():
        assert ends[run.contact_id] == [run.reason]
    assert len(w.log("goal.met")) == people
    assert {message.status for message in w.messages()} <= {"accepted", "dropped"}
    assert len(w.outbox("sms")) == len([message for message in w.messages() if message.status == "accepted"])
