"""inactivity: whatever comes late, each silence calls its person once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

import pytest

from automation.clock import from_ms
from tests.engine.world import World, at

RULES = """
rules:
  - id: lapsed
    trigger: {type: inactivity, with: {event: order.paid, for: 5d, at: "10:00"}}
    guards: {consent: marketing}
    steps: [{do: contact.tag, with: {add: [沉默]}}]
"""
DAYS, PEOPLE = 40, 6


def test_an_event_that_comes_after_its_silence_was_told_calls_nobody_again(world: Callable[..., World]) -> None:
    w = world(RULES)
    w.person("M1")
    w.event("order.paid", "M1", sku="a", amount=1)
    to_day(w, 7)
    assert len(w.runs()) == 1
    w.event("order.paid", "M1", when="2026-08-02 12:00", sku="b", amount=1)  # on its way for five days
    to_day(w, 19)
    w.event("order.paid", "M1", when="2026-08-03 12:00", sku="c", amount=1)
    to_day(w, 22)
    assert len(w.runs()) == 1
    w.event("order.paid", "M1", when="2026-08-08 12:00", sku="d", amount=1)  # this ended the silence, and another began
    to_day(w, 24)
    assert [f"{from_ms(run.since_at).astimezone(at('2026-08-01').tzinfo):%d}" for run in w.runs()] == ["07", "23"]


def test_an_order_that_a_merge_brings_calls_nobody_again(world: Callable[..., World]) -> None:
    w = world(RULES)
    w.person("M1")
    w.event("order.paid", "M1", sku="a", amount=1)
    w.event("order.paid", {"anonymous_id": "tablet"}, when="2026-08-01 11:00", sku="0", amount=1)
    to_day(w, 4)
    w.event("order.paid", {"anonymous_id": "tablet"}, sku="b", amount=1)
    to_day(w, 7)
    w.event("vip.welcome", {"member_no": "M1", "anonymous_id": "tablet"}, from_rule="x")  # they are one person
    to_day(w, 15)
    assert [(run.contact_id, run.reason) for run in w.runs()] == [(1, "completed")]


@pytest.mark.parametrize("seed", range(2))
def test_with_any_lags_a_person_is_called_once_a_silence(world: Callable[..., World], seed: int) -> None:
    random, w = Random(seed), world(RULES)
    people = [w.person(f"M{n}") for n in range(PEOPLE)]
    begin, coming = w.clock.now(), []
    for n, sku in [(n, f"{n}-{i}") for n in range(PEOPLE) for i in range(random.randint(1, 5))]:
        moment = begin + timedelta(hours=random.randint(0, (DAYS - 20) * 24))
        coming.append((moment + timedelta(days=random.choice([0, 0, 1, 4, 6, 9, 15])), moment, n, sku))
    coming.sort()
    for day in range(1, DAYS):
        due = begin + timedelta(days=day) - timedelta(hours=2)
        while coming and coming[0][0] < due:
            w.clock.set(coming[0][0])
            _, moment, n, sku = coming.pop(0)
            w.event("order.paid", f"M{n}", moment=moment, sku=sku, amount=1)
        w.clock.set(due)
        w.run()
    orders = {id_: sorted(from_ms(e.occurred_at) for e in w.table("event") if e.contact_id == id_) for id_ in people}
    for id_, times in orders.items():
        calls = [from_ms(run.since_at) for run in w.runs() if run.contact_id == id_]
        for one, next_one in pairwise(calls):
            assert any(one <= time < next_one for time in times), (times, calls)
        assert calls, times
        assert calls[-1] > times[-1], (times, calls)


def to_day(w: World, last: int) -> None:
    """Every day at ten, until that of August."""
    moment: datetime = w.clock.now()
    for day in range(moment.day + (moment.hour >= 2), last + 1):
        w.to(f"2026-08-{day:02} 10:00")
