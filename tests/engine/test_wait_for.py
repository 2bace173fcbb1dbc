"""wait_for: the event or the time-out decides how a run goes on, never both, and nobody is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from automation.engine.engine import Engine
from tests.engine.world import World, at

JOURNEY = """
rules:
  - id: cart
    name: 购物车
    trigger: {type: event, with: {name: whitepaper.downloaded}}
    steps:
      - wait_for: {event: order.paid, where: [{event.amount: {gte: 100}}], within: 2d}
        save_as: paid
        then:
          - do: contact.tag
            with: {add: [已付款]}
        else:
          - do: contact.tag
            with: {add: [未付款]}
      - do: contact.tag
        with: {add: [之后]}
"""


def tags(w: World, contact_id: int) -> set[str]:
    return {row.tag for row in w.table("contact_tag") if row.contact_id == contact_id}


def waiting(world: Callable[..., World], rules: str = JOURNEY) -> tuple[World, int]:
    w = world(rules)
    anna = w.person("M1", name="安娜", phone="13800138001")
    w.event("whitepaper.downloaded", "M1")
    w.run()
    return w, anna


def test_a_waiting_run_is_a_row_that_says_what_it_waits_for_and_until_when(world: Callable[..., World]) -> None:
    w, anna = waiting(world)
    (run,) = w.runs()
    assert (run.status, run.wait_event, run.position) == ("active", "order.paid", 0)
    assert run.due_at == int(at("2026-08-03 12:00").timestamp() * 1000)
    assert w.codes(anna) == ["entered", "waiting.for_event"]
    (entry,) = w.log("waiting.for_event")
    assert entry.detail == {"event": "order.paid", "until": "2026-08-03T04:00:00+00:00"}
    assert entry.step == "rules/cart/steps/0"


def test_the_event_moves_the_run_on_and_its_properties_are_kept(world: Callable[..., World]) -> None:
    w, anna = waiting(world)
    w.go(days=1)
    w.event("order.paid", "M1", amount=250, sku="A1")
    (run,) = w.runs()
    assert (run.wait_event, run.due_at, run.variables) == (None, w.clock.now().timestamp() * 1000, run.variables)
    assert run.variables["paid"]["sku"] == "A1"
    w.run()
    assert tags(w, anna) == {"已付款", "之后"}
    assert w.codes(anna) == [
        "entered", "waiting.for_event", "waiting.event_came", "step.done", "step.done", "completed",
    ]  # fmt: skip
    (came,) = w.log("waiting.event_came")
    assert (came.event_id, came.step) == (max(row.id for row in w.table("event")), "rules/cart/steps/0")


def test_without_the_event_the_time_out_takes_the_other_branch(world: Callable[..., World]) -> None:
    w, anna = waiting(world)
    w.go(days=1, hours=23, minutes=59)
    assert tags(w, anna) == set()
    w.go(minutes=1)
    assert tags(w, anna) == {"未付款", "之后"}
    assert w.codes(anna)[2:4] == ["waiting.event_missing", "step.done"]
    w.event("order.paid", "M1", amount=250)
    w.run()
    assert tags(w, anna) == {"未付款", "之后"}
    assert w.log("waiting.event_missing")[0].detail == {"event": "order.paid"}


def test_only_this_persons_event_of_this_name_for_which_where_holds_counts(world: Callable[..., World]) -> None:
    w, anna = waiting(world)
    w.person("M2")
    w.events(
        [
            w.line("order.paid", "M1", amount=99),
            w.line("order.paid", "M2", amount=500),
            w.line("vip.welcome", "M1", from_rule="x"),
            w.line("order.paid", amount=500),
        ]
    )
    w.run()
    assert w.runs()[0].wait_event == "order.paid"
    w.events([w.line("order.paid", "M1", amount=99), w.line("order.paid", "M1", amount=100, sku="B")])
    assert w.runs()[0].variables["paid"]["sku"] == "B"
    w.run()
    assert tags(w, anna) == {"已付款", "之后"}


def test_an_event_older_than_what_let_the_person_in_does_not_count(world: Callable[..., World]) -> None:
    w, _ = waiting(world)
    w.go(hours=1)
    w.event("order.paid", "M1", when="2026-08-01 11:59", amount=500)
    assert w.runs()[0].wait_event == "order.paid"
    w.event("order.paid", "M1", when="2026-08-01 12:00", amount=500)
    assert w.runs()[0].wait_event is None


def test_events_that_come_late_are_measured_against_the_event_that_let_the_person_in(
    world: Callable[..., World],
) -> None:
    """A whole day's file is read at noon: the order is older than the entry, but not than what caused it."""
    w = world(JOURNEY)
    w.person("M1")
    w.event("whitepaper.downloaded", "M1", when="2026-08-01 09:00")
    w.run()
    w.event("order.paid", "M1", when="2026-08-01 08:59", amount=500)
    assert w.runs()[0].wait_event == "order.paid"
    w.event("order.paid", "M1", when="2026-08-01 09:01", amount=500)
    assert w.runs()[0].wait_event is None


def test_a_wait_goes_on_in_another_process_and_while_the_rule_is_disabled(world: Callable[..., World]) -> None:
    w, anna = waiting(world)
    w.engine = Engine(w.project(), w.database, w.clock)
    w.reload(JOURNEY.replace("name: 购物车", "name: 购物车\n    enabled: false"))
    w.event("order.paid", "M1", amount=500)
    w.run()
    assert (w.runs()[0].status, w.runs()[0].wait_event) == ("held", None)
    w.reload(JOURNEY)
    w.run()
    assert tags(w, anna) == {"已付款", "之后"}


def test_people_inside_an_older_version_still_hear_their_event(world: Callable[..., World]) -> None:
    w, anna = waiting(world)
    w.reload("""
    rules:
      - id: cart
        name: 购物车
        trigger: {type: event, with: {name: whitepaper.downloaded}}
        steps: [{wait: 9d}]
    """)
    assert "order.paid" in w.engine.book.listeners
    w.event("order.paid", "M1", amount=500)
    w.run()
    assert tags(w, anna) == {"已付款", "之后"}


def test_an_event_that_a_step_emits_is_heard_but_not_by_a_wait_that_begins_after_it(
    world: Callable[..., World],
) -> None:
    w = world("""
    rules:
      - id: waiter
        name: 等
        trigger: {type: event, with: {name: whitepaper.downloaded}}
        steps:
          - do: event.emit
            with: {name: vip.welcome, properties: {from_rule: waiter}}
          - wait_for: {event: vip.welcome, within: 1d}
            then: [{do: contact.tag, with: {add: [等到]}}]
            else: [{do: contact.tag, with: {add: [没等到]}}]
      - id: teller
        name: 说
        trigger: {type: event, with: {name: order.paid}}
        steps: [{do: event.emit, with: {name: vip.welcome, properties: {from_rule: teller}}}]
    """)
    anna, bob = w.person("M1"), w.person("M2")
    for member in ("M1", "M2"):
        w.event("whitepaper.downloaded", member)
    w.run()
    assert [run.wait_event for run in w.runs()] == ["vip.welcome"] * 2  # their own is not what they wait for
    w.go(hours=1)
    w.event("order.paid", "M1", amount=1)
    w.run()
    assert tags(w, anna) == {"等到"}
    w.go(days=1)
    assert tags(w, bob) == {"没等到"}


def test_events_that_nobody_listens_to_ask_the_database_nothing(world: Callable[..., World]) -> None:
    w, _ = waiting(world)
    assert set(w.engine.book.listeners) == {"order.paid"}
    w.event("vip.welcome", "M1", from_rule="x")
    assert w.runs()[0].wait_event == "order.paid"


@pytest.mark.parametrize("missing", ["then", "else"])
def test_a_branch_may_be_missing(world: Callable[..., World], missing: str) -> None:
    other = "else" if missing == "then" else "then"
    w = world(f"""
    rules:
      - id: cart
        name: 购物车
        trigger: {{type: event, with: {{name: whitepaper.downloaded}}}}
        steps:
          - wait_for: {{event: order.paid, within: 2d}}
            {other}: [{{do: contact.tag, with: {{add: [支路]}}}}]
          - do: contact.tag
            with: {{add: [之后]}}
    """)
    anna, bob = w.person("M1"), w.person("M2")
    for member in ("M1", "M2"):
        w.event("whitepaper.downloaded", member)
    w.run()
    w.event("order.paid", "M1", amount=1)
    w.go(days=2)
    assert tags(w, anna) == ({"之后"} if missing == "then" else {"支路", "之后"})
    assert tags(w, bob) == ({"之后"} if missing == "else" else {"支路", "之后"})


def test_an_event_that_comes_between_the_entry_and_the_wait_is_not_missed(world: Callable[..., World]) -> None:
    """A file with both is read while no daemon is running."""
    w = world(JOURNEY)
    anna, bob, eve = w.person("M1"), w.person("M2"), w.person("M3")
    w.events(
        [
            w.line("order.paid", "M3", when="2026-08-01 10:00", amount=500),  # it came earlier, and happened later
            w.line("whitepaper.downloaded", "M1", when="2026-08-01 09:00"),
            w.line("order.paid", "M1", when="2026-08-01 09:30", amount=500, sku="A1"),
            w.line("whitepaper.downloaded", "M2", when="2026-08-01 09:00"),
            w.line("order.paid", "M2", when="2026-08-01 08:30", amount=500),  # older than what let him in
            w.line("order.paid", "M2", when="2026-08-01 09:30", amount=50),  # too small
            w.line("whitepaper.downloaded", "M3", when="2026-08-01 09:00"),
        ]
    )
    w.go(hours=3)
    came = ["entered", "waiting.event_came", "step.done", "step.done", "completed"]
    assert w.codes(anna) == [came[0], "waiting.for_event", *came[1:]]  # she was on her way when her order was read
    assert w.codes(eve) == came
    assert w.runs()[0].variables["paid"]["sku"] == "A1"
    assert w.codes(bob) == ["entered", "waiting.for_event"]


MAIL = """
rules:
  - id: click
    name: 点击
    trigger: {type: event, with: {name: whitepaper.downloaded}}
    steps:
      - do: sms.send
        with: {template: hello}
      - wait_for: {event: vip.welcome, within: 1d}
        then: [{do: contact.tag, with: {add: [点了]}}]
      - wait: 1d
      - wait_for: {event: vip.welcome, within: 1d}
        then: [{do: contact.tag, with: {add: [又点了]}}]
"""


def test_an_answer_that_is_faster_than_our_own_bookkeeping_is_not_missed(world: Callable[..., World]) -> None:
    w = world(MAIL)
    anna = w.person("M1", name="安娜", phone="13800138001")
    w.event("whitepaper.downloaded", "M1")
    w.event("vip.welcome", "M1", from_rule="before")  # before the message: no answer to it
    w.clock.advance(timedelta(seconds=1))
    w.engine.advance()
    w.clock.advance(timedelta(seconds=1))
    w.event("vip.welcome", "M1", from_rule="answer")
    assert w.runs()[0].status == "sending"
    w.run()
    assert w.log("waiting.event_came")[0].event_id == 3
    assert tags(w, anna) == {"点了"}
    w.clock.advance(timedelta(hours=1))
    w.event("vip.welcome", "M1", from_rule="during the pause")
    w.go(hours=23)
    assert w.runs()[0].wait_event == "vip.welcome"
    w.event("vip.welcome", "M1", from_rule="again")
    w.run()
    assert tags(w, anna) == {"点了", "又点了"}


@pytest.mark.parametrize("late", [False, True])
def test_two_waits_for_the_same_event_take_two_events(world: Callable[..., World], late: bool) -> None:
    wait = "{wait_for: {event: order.paid, within: 1d}, then: [{do: contact.tag, with: {add: [%s]}}]}"
    w = world(f"""
    rules:
      - id: twice
        name: 两次
        trigger: {{type: event, with: {{name: whitepaper.downloaded}}}}
        steps: [{wait % "一"}, {wait % "二"}]
    """)
    anna = w.person("M1")
    w.event("whitepaper.downloaded", "M1")
    if late:
        w.run()
    w.event("order.paid", "M1", amount=1)
    w.run()
    assert (tags(w, anna), w.runs()[0].wait_event) == ({"一"}, "order.paid")
    w.event("order.paid", "M1", amount=2)
    w.run()
    assert tags(w, anna) == {"一", "二"}


def test_an_event_taken_in_by_a_process_with_older_rules_is_found_when_the_time_is_over(
    world: Callable[..., World],
) -> None:
    # given a process that has not read the changed rules yet
    w = world(JOURNEY.replace("order.paid", "vip.welcome").replace("where: [{event.amount: {gte: 100}}], ", ""))
    older = w.engine
    w.write_rules(JOURNEY)
    w.engine = Engine(w.project(), w.database, w.clock)
    anna, bob = w.person("M1"), w.person("M2")
    for member in ("M1", "M2"):
        w.event("whitepaper.downloaded", member)
    w.run()
    w.clock.advance(timedelta(hours=1))
    # when
    older.ingest([w.line("order.paid", "M1", amount=500), w.line("order.paid", "M2", amount=5)])
    assert w.runs()[0].wait_event == "order.paid"
    w.go(days=2)
    # then
    assert (tags(w, anna), tags(w, bob)) == ({"已付款", "之后"}, {"未付款", "之后"})
