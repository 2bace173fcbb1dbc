"""A fault at every statement and every commit: nothing lost, nothing doubled, and calling again is all it takes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from automation.store import schema
from automation.store.database import Database
from automation.store.retry import failure, outage
from tests.engine.world import World, at
from tests.storm.edge import Edge

CATALOG = """
contact: {level: text}
events:
  order.paid: {label: 已付款, properties: {sku: text}}
coupons:
  FEW: {label: 少, kind: generated, stock: 100, per_contact: 1, valid_for: 14d, prefix: FE}
"""
RULES = """
rules:
  - id: paid
    name: 付款
    trigger: {type: event, with: {name: order.paid}}
    mode: {on_again: parallel, per: contact}
    guards: {consent: transactional}
    steps:
      - do: contact.tag
        with: {add: [买过]}
      - do: coupon.issue
        with: {batch: FEW}
        save_as: coupon
      - do: sms.send
        with: {template: coupon}
      - wait: 1h
      - do: sms.send
        with: {template: order}
  - id: daily
    name: 每日
    trigger: {type: schedule, with: {cron: "0 13 * * *"}}
    guards: {consent: transactional}
    steps: [{do: sms.send, with: {template: hello}}]
"""
SETTINGS = '[providers.sms]\ntype = "outbox"\nformat = "jsonl"\n[delivery]\nlease_seconds = 60\nbatch_size = 1\n'
PEOPLE = 24
DONE = {
    "entered": 2, "step.done": 2, "message.queued": 3, "message.accepted": 3, "waiting": 1, "completed": 2,
}  # fmt: skip
"""How often the log says it for each person when all went well."""

Befall = Callable[[World, Callable[[], Any]], int]


@pytest.fixture
def w(db: Database, tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "project", db, RULES, catalog=CATALOG, settings=SETTINGS)
    for i in range(PEOPLE):
        world.person(f"M{i}", phone=f"138001380{i:02}", name="安")
    world.run()
    yield world
    world.engine.close()


@pytest.fixture
def edge(w: World) -> Iterator[Edge]:
    found = Edge(w.database)
    yield found
    found.close()


# ---------------------------------------------------------------- every statement, every commit


def test_each_statement_fails_once_and_the_end_is_as_if_none_had(w: World, edge: Edge) -> None:
    # given a fault at the first statement, then at the second …, of everything that is written
    broken = story(w, lambda call: befall(w, edge, edge.breaking, call))
    # then it hit ingest, entering, moving, marking and settling, each at its every point
    assert all(hits >= 5 for hits in broken.values()), broken
    # and all is as it would be without
    assert (Counter(m.status for m in w.messages())) == {"accepted": 3 * PEOPLE}
    assert Counter(w.codes()) == {code: n * PEOPLE for code, n in DONE.items()} | {"occurrence.done": 1}
    as_told(w)


def test_each_commit_is_done_but_its_answer_is_lost(w: World, edge: Edge) -> None:
    # given commits that succeed while the connection breaks
    broken = story(w, lambda call: befall(w, edge, edge.losing, call))
    assert all(hits >= 1 for hits in broken.values()), broken
    # then nothing was entered, issued or sent twice; a message whose mark went unanswered was not sent, and says so
    marked = {m.id for m in w.messages() if m.status == "unknown"}
    assert len(marked) == 2
    assert Counter(m.status for m in w.messages()) == {"accepted": 3 * PEOPLE - 2, "unknown": 2}
    assert not marked & {int(reference.lstrip("m")) for reference in book(w)}
    as_told(w)


def story(w: World, befall: Callable[[Callable[[], Any]], int]) -> dict[str, int]:
    """From the events to the last outcome; returns how many faults each part met."""
    lines = [w.line("order.paid", f"M{i}", sku="S1") for i in range(PEOPLE)]
    found = {"ingest": befall(lambda: w.events(lines)), "advance": befall(w.engine.advance)}
    found["deliver"] = befall(lambda: w.engine.deliver("sms"))
    w.run()
    w.clock.set(at("2026-08-01 13:01"))
    found["fire"] = befall(w.engine.fire)
    found["again"] = befall(w.engine.advance)
    found["send again"] = befall(lambda: w.engine.deliver("sms"))
    for minutes in (2, 2, 61):  # leases, and the wait of whom they held up
        w.go(minutes=minutes)
    return found


def befall(w: World, edge: Edge, fault: Callable[[int], AbstractContextManager[None]], call: Callable[[], Any]) -> int:
    """Call again and again, a fault at the first point, then at the second …, until there is none to hit."""
    after: dict[str, list[Any]] | None = None
    for point in count(1):
        before = after or everything(w)
        after = None
        try:
            with fault(point):
                call()
        except Exception as error:
            if not outage(error) or failure(error) is None:
                raise
            if not edge.commits:
                after = everything(w)
                assert after == before, f"something half was kept at point {point}"
        if not edge.broken:
            return point - 1
    raise AssertionError


def as_told(w: World) -> None:
    """Everybody once: in each rule, with one coupon, in the provider's book."""
    assert len(w.table("event")) - len([e for e in w.table("event") if e.name == "coupon.issued"]) == PEOPLE
    assert Counter(run.status for run in w.runs()) == {"done": 2 * PEOPLE}
    assert len({(run.rule_id, run.contact_id) for run in w.runs()}) == 2 * PEOPLE
    codes = [row.contact_id for row in w.table("coupon_code")]
    assert len(set(codes)) == len(codes) == PEOPLE
    assert [row.issued for row in w.table("coupon_batch")] == [PEOPLE]
    accepted = [f"m{m.id}" for m in w.messages() if m.status == "accepted"]
    assert sorted(book(w)) == sorted(accepted)
    (daily,) = w.table("occurrence")
    assert (daily.status, daily.looked_at, daily.entered) == ("done", PEOPLE, PEOPLE)
    assert not w.log("step.failed")


def book(w: World) -> list[str]:
    """The references that went out, as the provider has them."""
    files = (w.folder / "outbox" / "sms").glob("*.jsonl")
    return [json.loads(line)["reference"] for path in files for line in path.read_text("utf-8").splitlines()]


def everything(w: World) -> dict[str, list[Any]]:
    """All rows of all tables."""
    with w.database.read() as conn:
        return {
            table.name: list(conn.execute(select(table).order_by(*table.primary_key)))
            for table in schema.metadata.sorted_tables
        }
