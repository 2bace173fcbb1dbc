"""Since entry: counted from the event that let the person in, whenever we got round to it and whatever clocks say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from automation.clock import to_ms
from automation.insight.simulation.simulate import simulate
from automation.store.database import Database
from tests.engine.world import World, at

LEAVES = "exit_when: [{did: {event: order.paid, since: entry}}]"
RULE = """
rules:
  - id: cart
    name: 购物车
    trigger: {{type: event, with: {{name: {trigger}}}}}
    {more}
    steps:
      {steps}
"""
TAG = "- do: contact.tag\n        with: {add: [提醒]}"


def cart(more: str = LEAVES, steps: str = f"- wait: 1m\n      {TAG}", trigger: str = "whitepaper.downloaded") -> str:
    return RULE.format(trigger=trigger, more=more, steps=steps)


def bare(name: str) -> str:
    """An event without a time."""
    return f'{{"name": "{name}", "contact": "M1"}}'


def ended(w: World) -> list[tuple[str | None, bool]]:
    """How each run ended, and whether its goal was met."""
    return [(run.reason, run.goal_at is not None) for run in w.runs()]


@pytest.mark.parametrize(
    ("more", "reason", "met"),
    [
        (LEAVES, "exited.condition", False),
        ("goal: {event: order.paid, within: 2h}", "exited.goal", True),
        (f"{LEAVES}\n    goal: {{event: order.paid, within: 2h}}", "exited.goal", True),
    ],
)
@pytest.mark.parametrize(
    ("timed", "batches"),
    [(True, "one"), (True, "two"), (True, "the other way round"), (False, "one"), (False, "two")],
)
def test_what_happened_before_we_got_round_to_it_counts(
    world: Callable[..., World], more: str, reason: str, met: bool, timed: bool, batches: str
) -> None:
    """Put into the cart and paid a minute later, both taken in five minutes after; or one line after the other."""
    w = world(cart(more), now="2026-08-01 12:05")
    w.person("M1")
    lines = [
        w.line("whitepaper.downloaded", "M1", when="2026-08-01 12:00"),
        w.line("order.paid", "M1", when="2026-08-01 12:01", amount=5),
    ]
    if not timed:
        lines = [bare("whitepaper.downloaded"), bare("order.paid")]
    if batches == "one":
        w.events(lines)
    else:
        for line in lines if batches == "two" else lines[::-1]:
            w.events([line])
    w.run()
    w.go(hours=1)
    assert (ended(w), w.table("contact_tag")) == ([(reason, met)], [])
    if met:
        assert [row.event_id for row in w.log("goal.met")] == [w.runs()[0].goal_event_id]


@pytest.mark.parametrize("ahead_ms", [5, 3_000, 8 * 3_600_000])
@pytest.mark.parametrize("steps", [f"- wait: 1m\n      {TAG}", "- do: sms.send\n        with: {template: hello}"])
def test_the_event_that_let_somebody_in_is_no_later_one_when_its_clock_is_ahead(
    world: Callable[..., World], ahead_ms: int, steps: str
) -> None:
    w = world(cart(LEAVES, steps, trigger="order.paid"))
    w.person("M1", name="安娜", phone="13800138001")
    w.events([ahead(w, "order.paid", ahead_ms)])
    w.run()
    w.go(hours=9)
    assert ended(w) == [("completed", False)]


@pytest.mark.parametrize("ahead_ms", [3_000, 8 * 3_600_000])
@pytest.mark.parametrize("theirs", [True, False], ids=["by the same clock", "by ours"])
def test_what_comes_later_counts_at_once_also_by_a_clock_that_is_ahead(
    world: Callable[..., World], ahead_ms: int, theirs: bool
) -> None:
    w = world(cart(LEAVES, "- wait: 9h", trigger="whitepaper.downloaded"))
    w.person("M1")
    w.events([ahead(w, "order.paid", ahead_ms, amount=1), ahead(w, "whitepaper.downloaded", ahead_ms)])
    w.run()
    assert w.runs()[0].ended_at is None  # the order came before
    w.clock.advance(timedelta(seconds=1))
    w.events([ahead(w, "order.paid", ahead_ms if theirs else 0, amount=2)])
    assert ended(w) == [("exited.condition", False)]


def ahead(w: World, name: str, by_ms: int, **properties: Any) -> str:
    return w.line(name, "M1", moment=w.clock.now() + timedelta(milliseconds=by_ms), **properties)


def test_an_event_that_came_earlier_by_a_clock_that_is_ahead_did_not_happen_later(world: Callable[..., World]) -> None:
    w = world(cart(trigger="order.paid"))
    w.person("M1")
    w.events([ahead(w, "order.paid", 3_000, amount=1)])
    w.run()
    w.clock.advance(timedelta(seconds=1))
    w.events([ahead(w, "order.paid", 0, amount=2)])
    w.run()
    assert [run.reason for run in w.runs()] == ["exited.condition", None]
    w.go(hours=1)
    assert w.runs()[1].reason == "completed"


@pytest.mark.parametrize("steps", ["repeat", "if"])
def test_steps_that_ask_what_was_done_since_the_entry(world: Callable[..., World], steps: str) -> None:
    asked, tag = "[{did: {event: order.paid, since: entry}}]", "[{do: contact.tag, with: {add: [提醒]}}]"
    w = world(
        cart(
            "",
            f"- repeat: {{times: 2, every: 1h, until: {asked}, steps: {tag}}}"
            if steps == "repeat"
            else f"- if: {asked}\n        then: [{{wait: 1m}}]\n        else: {tag}",
        )
    )
    w.person("M1")
    w.events([bare("whitepaper.downloaded"), bare("order.paid")])
    w.go(hours=2)
    assert (ended(w), w.table("contact_tag")) == ([("completed", False)], [])


def test_a_first_wait_counts_from_the_entry_and_a_later_one_from_the_step_before(world: Callable[..., World]) -> None:
    w = world(cart("", f"- wait: 1d\n      {TAG}\n      - wait: 1d"))
    w.person("M1")
    w.event("whitepaper.downloaded", "M1", when="2026-08-01 08:00")
    w.run()
    assert w.runs()[0].due_at == to_ms(at("2026-08-02 08:00"))
    w.event("whitepaper.downloaded", "M1", when="2026-07-01 08:00")  # long ago: its wait is over
    w.run()
    assert w.runs()[1].due_at == to_ms(at("2026-08-02 12:00"))


def test_a_first_wait_for_an_event_is_patient_with_events_that_come_late(world: Callable[..., World]) -> None:
    """Both were sent hours ago, the second in a later file: nobody is reminded before it can have come."""
    w = world(cart("", "- wait_for: {event: order.paid, within: 1h}"))
    w.person("M1")
    w.event("whitepaper.downloaded", "M1", when="2026-08-01 04:00")
    w.go(minutes=59)
    w.event("order.paid", "M1", when="2026-08-01 04:30", amount=1)
    assert len(w.log("waiting.event_came")) == 1


def test_what_fires_by_the_clock_enters_when_it_was_due(world: Callable[..., World]) -> None:
    """The daemon was down from ten to twelve."""
    w = world(
        """
        rules:
          - id: morning
            name: 早上
            trigger: {type: schedule, with: {cron: "0 10 * * *"}}
            exit_when: [{did: {event: order.paid, since: entry}}]
            goal: {event: vip.welcome, within: 3h}
            steps: [{wait: 3h}]
        """,
        now="2026-08-01 09:00",
    )
    for member in ("M1", "M2", "M3"):
        w.person(member)
    w.run()
    w.clock.set(at("2026-08-01 12:00"))
    w.event("order.paid", "M1", when="2026-08-01 11:00", amount=1)
    w.event("order.paid", "M2", when="2026-08-01 09:59", amount=1)
    w.event("vip.welcome", "M3", when="2026-08-01 11:30", from_rule="x")
    w.run()
    assert ended(w) == [("exited.condition", False), (None, False), ("exited.goal", True)]
    assert w.runs()[1].due_at == to_ms(at("2026-08-01 13:00"))


def test_an_entry_that_waited_for_what_must_not_follow_counts_waits_and_goals_from_then(
    world: Callable[..., World],
) -> None:
    w = world("""
    rules:
      - id: left
        name: 放弃
        trigger:
          type: event
          with: {name: whitepaper.downloaded, not_followed_by: {event: order.paid, within: 2h}}
        exit_when: [{did: {event: vip.welcome, since: entry}}]
        goal: {event: order.paid, within: 2h}
        steps: [{wait: 1h}]
    """)
    for member in ("M1", "M2"):
        w.person(member)
        w.event("whitepaper.downloaded", member)
    w.go(hours=1)
    w.event("vip.welcome", "M2", from_rule="x")
    w.to("2026-08-01 15:00")  # an hour late
    assert [(run.reason, run.due_at) for run in w.runs()] == [("completed", None), ("exited.condition", None)]
    w.event("order.paid", "M1", when="2026-08-01 15:30", amount=1)
    assert w.runs()[0].goal_at == to_ms(at("2026-08-01 15:30"))


def test_an_order_by_a_clock_behind_the_carts_follows_it(world: Callable[..., World]) -> None:
    """The cart's clock is 3 s ahead; the order comes a second later."""
    w = world("""
    rules:
      - id: left
        name: 放弃
        trigger:
          type: event
          with: {name: whitepaper.downloaded, not_followed_by: {event: order.paid, within: 2h}}
        steps: [{wait: 1h}]
    """)
    w.person("M1")
    w.events([ahead(w, "whitepaper.downloaded", 3_000)])
    w.clock.advance(timedelta(seconds=1))
    w.events([bare("order.paid")])
    w.go(hours=3)
    assert w.codes() == ["pending", "skipped.sequence"]


def test_a_late_entry_leaves_by_a_goal_that_another_run_was_credited_with(world: Callable[..., World]) -> None:
    """One order is one goal, and whoever came before it is reminded of nothing."""
    w = world(cart("mode: {on_again: restart}\n    goal: {event: order.paid, within: 9h}", "- wait: 2d"))
    anna = w.person("M1")
    w.event("whitepaper.downloaded", "M1", when="2026-08-01 11:00")
    w.event("order.paid", "M1", when="2026-08-01 11:30", amount=1)
    w.event("whitepaper.downloaded", "M1", when="2026-08-01 11:15")
    w.run()
    assert ended(w) == [("exited.goal", True), ("exited.goal", False)]
    assert w.codes(anna).count("goal.met") == 1


# ------------------------------------------------------------ whatever the order, the lags and the clocks

MANY = """
rules:
  - {id: exits, trigger: {type: event, with: {name: whitepaper.downloaded}},
     exit_when: [{did: {event: order.paid, where: {amount: {lt: 3}}, since: entry}}], steps: [{wait: 1h}]}
  - {id: goals, trigger: {type: event, with: {name: whitepaper.downloaded}},
     goal: {event: order.paid, within: 20m}, steps: [{wait: 1h}]}
  - {id: counts, trigger: {type: event, with: {name: whitepaper.downloaded}},
     steps: [{wait: 1h}, {if: [{did: {event: order.paid, since: entry, at_least: 2}}], then: [{stop: 两次}]}]}
  - {id: waits, trigger: {type: event, with: {name: whitepaper.downloaded}},
     steps: [{wait_for: {event: order.paid, within: 1h}, then: [{stop: 来了}]}]}
"""


class Happens(NamedTuple):
    """Minutes after the beginning by the sender's clock, and seconds until it arrives; less than 0: it is ahead."""

    minute: int
    is_cart: bool
    lag: int


@st.composite
def stories(draw: st.DrawFn) -> list[Happens]:
    """One person's half an hour: a cart, and orders before and after it."""
    minutes = draw(st.lists(st.integers(0, 29), min_size=2, max_size=5, unique=True))
    lags = st.sampled_from([-30, -3, 0, 0, 20, 90, 600, 1500])
    carts = draw(st.sets(st.sampled_from(minutes), min_size=1, max_size=1))
    return [Happens(minute, minute in carts, draw(lags)) for minute in minutes]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_outcome_is_that_of_events_taken_in_at_their_own_time(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    db: Database = request.getfixturevalue(f"{'sqlite' if kind == 'sqlite' else 'postgres'}_db")
    w = World(tmp_path / "project", db, MANY)
    number = 0

    @settings(
        max_examples=4 if kind == "sqlite" else 2, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck), database=None,
    )  # fmt: skip
    @given(st.lists(stories(), min_size=8, max_size=8))
    def agree(people: list[list[Happens]]) -> None:
        nonlocal number
        begin = w.clock.now() + timedelta(days=1)
        coming: list[tuple[datetime, int, str]] = []
        for story in people:
            for member, late in ((f"A{number}", False), (f"B{number}", True)):
                w.person(member)
                for n, one in enumerate(story):
                    own = begin + timedelta(minutes=one.minute)
                    came = own + timedelta(seconds=one.lag if late else 0)
                    line = (
                        w.line("whitepaper.downloaded", member, moment=own)
                        if one.is_cart
                        else w.line("order.paid", member, moment=own, amount=1 + one.minute % 4, sku=str(n))
                    )
                    coming.append((came, len(coming), line))
            number += 1
        for came in sorted({came for came, _, _ in coming}):
            w.clock.set(came)
            w.events([line for when, _, line in sorted(coming) if when == came])
            w.run()
        w.go(hours=3)
        told = outcomes(w)
        for n in range(number - len(people), number):
            assert told[f"A{n}"] == told[f"B{n}"], people[n - number + len(people)]

    try:
        agree()
    finally:
        w.engine.close()


def outcomes(w: World) -> dict[str, list[tuple[Any, ...]]]:
    """How each person's runs ended, and whether their goal was met (by which of two orders, their arrival tells)."""
    members = {row.contact_id: row.value for row in w.table("identity")}
    rules = {row.id: row.key for row in w.table("rule")}
    found: dict[str, list[tuple[Any, ...]]] = {member: [] for member in members.values()}
    for run in w.runs():
        found[members[run.contact_id]].append((rules[run.rule_id], run.reason, run.goal_at is not None))
    return {member: sorted(runs) for member, runs in found.items()}


def test_a_simulation_counts_from_the_same_moments(world: Callable[..., World]) -> None:
    w = world(cart(f"{LEAVES}\n    goal: {{event: vip.welcome, within: 2h}}", "- wait: 1h"), now="2026-08-01 12:05")
    w.person("M1")
    w.person("M2")
    w.clock.advance(timedelta(minutes=1))
    for member, name in (("M1", "order.paid"), ("M2", "vip.welcome")):
        w.event(name, member, when="2026-08-01 12:01")
        w.event("whitepaper.downloaded", member, when="2026-08-01 12:00")
    w.go(hours=3)
    assert ended(w) == [("exited.condition", False), ("exited.goal", True)]
    simulated = simulate(w.database, w.project(), at("2026-08-01 12:00"), w.clock.now()).rules["cart"]
    assert (simulated.entered, simulated.left, simulated.goals) == (2, {"exited.condition": 1, "exited.goal": 1}, 1)
