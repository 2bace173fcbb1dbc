"""Sequences of events: what must have come before, and what must not come after."""

from __future__ import annotations

from collections.abc import Callable

from automation.clock import to_ms
from automation.contacts.merging import merge_contacts
from automation.engine.engine import Engine
from automation.engine.entry.pending import Pending
from automation.engine.journey.movement import Movement
from automation.engine.switches import pause, resume, target_of
from automation.engine.versions import Versions
from automation.insight.report import read_report
from automation.reasons import Reason
from tests.engine.world import World

ABANDONED = """
rules:
  - id: cart
    name: 加购未付款
    trigger:
      type: event
      with:
        name: cart.added
        not_followed_by: {event: order.paid, where: {amount: {gte: 100}}, within: 2h}
    audience: [{contact.level: 金卡}]
    steps: [{do: contact.tag, with: {add: ["{{ event.sku }}"]}}]
"""
SECOND = """
rules:
  - id: second
    trigger: {type: event, with: {name: order.paid, after: {event: order.paid, where: {sku: A}, within: 30d}}}
    steps: [{do: contact.tag, with: {add: [复购]}}]
"""
CATALOG = """
contact:
  level: {type: text, choices: [普卡, 银卡, 金卡]}
events:
  cart.added: {label: 加购, properties: {sku: text}}
  order.paid: {label: 已付款, properties: {amount: {type: money}, sku: text}}
"""
THROUGH = ["entered", "step.done", "completed"]


def test_who_pays_in_time_is_left_alone_and_who_does_not_enters_with_the_original_event(
    world: Callable[..., World],
) -> None:
    # given
    w = world(ABANDONED, catalog=CATALOG)
    anna, bo, ci = (w.person(f"M{i}", level="金卡") for i in (1, 2, 3))
    for member in ("M1", "M2", "M3"):
        w.event("cart.added", {"member_no": member}, sku="A")
    assert w.codes(anna) == ["pending"]
    # when Anna pays enough, Bo too little, Ci a second too late
    w.go(hours=1)
    w.event("order.paid", {"member_no": "M1"}, amount="100")
    w.event("order.paid", {"member_no": "M2"}, amount="99.99")
    w.go(minutes=59)
    assert "entered" not in w.codes()
    w.event("order.paid", {"member_no": "M3"}, amount="500", when="2026-08-01 14:00:01")
    w.go(minutes=1)
    # then
    assert w.codes(anna) == ["pending", "skipped.sequence"]
    (report,) = read_report(w.database)
    assert (report.skipped, report.unsent) == ({Reason.SKIPPED_SEQUENCE: 1}, {})  # she never came in
    assert w.codes(bo) == w.codes(ci) == ["pending", *THROUGH]
    assert {run.key for run in w.runs()} == {"e2", "e3"}
    assert [row.detail for row in w.log("skipped.sequence")] == [{"followed_by": "order.paid", "within": "2h"}]
    assert w.table("pending_entry") == []
    # and an event that was late itself, or comes twice, does nothing any more
    assert w.event("order.paid", {"member_no": "M2"}, amount="100", when="2026-08-01 12:30").entered == 0
    w.go(hours=3)
    assert len(w.runs()) == 2


def test_payment_in_the_last_moment_counts_and_so_does_one_in_the_first(world: Callable[..., World]) -> None:
    w = world(ABANDONED, catalog=CATALOG)
    last, first, before = (w.person(f"M{i}", level="金卡") for i in (1, 2, 3))
    w.event("order.paid", {"member_no": "M3"}, amount="100")  # in the same moment, but earlier
    for member in ("M1", "M2", "M3"):
        w.event("cart.added", {"member_no": member}, sku="A")
    w.event("order.paid", {"member_no": "M2"}, amount="100")  # in the same moment, and later
    w.clock.set(w.clock.now().replace(hour=6))
    w.event("order.paid", {"member_no": "M1"}, amount="100")
    w.run()
    assert w.codes(last) == w.codes(first) == ["pending", "skipped.sequence"]
    assert w.codes(before) == ["pending", *THROUGH]


def test_the_guards_are_asked_when_the_entry_is_decided(world: Callable[..., World]) -> None:
    w = world(ABANDONED, catalog=CATALOG)
    anna = w.person("M1", level="普卡")
    w.event("cart.added", {"member_no": "M1"}, sku="A")
    w.person("M1", level="金卡")
    w.go(hours=2)
    assert w.codes(anna) == ["pending", *THROUGH]
    bo = w.person("M2", level="金卡")
    w.event("cart.added", {"member_no": "M2"}, sku="B")
    w.person("M2", level="普卡")
    w.go(hours=2)
    assert w.codes(bo) == ["pending", "skipped.audience"]


def test_the_second_event_of_a_person_enters_and_the_first_does_not(world: Callable[..., World]) -> None:
    w = world(SECOND, catalog=CATALOG)
    anna, bo, ci = (w.person(f"M{i}") for i in (1, 2, 3))
    w.event("order.paid", {"member_no": "M1"}, sku="A")
    assert w.codes(anna) == ["skipped.sequence"]
    w.event("order.paid", {"member_no": "M2"}, sku="B")  # not what is looked for
    w.event("order.paid", {"member_no": "M3"}, sku="A", when="2026-07-02 11:59")  # too long ago
    w.events([w.line("order.paid", {"member_no": m}, sku="C", when="2026-08-01 12:00:01") for m in ("M1", "M2", "M3")])
    w.run()
    assert w.codes(anna) == ["skipped.sequence", *THROUGH]
    assert w.codes(bo) == w.codes(ci) == ["skipped.sequence"] * 2
    assert w.log("skipped.sequence")[0].detail == {"missing": "order.paid", "within": "30d"}


def test_two_events_of_one_moment_have_an_order(world: Callable[..., World]) -> None:
    w = world(SECOND, catalog=CATALOG)
    anna = w.person("M1")
    w.events([w.line("order.paid", {"member_no": "M1"}, sku="A", amount=amount) for amount in (1, 2)])
    w.run()
    assert sorted(w.codes(anna)) == sorted(["skipped.sequence", *THROUGH])


def test_events_of_somebody_who_was_merged_belong_to_the_survivor(world: Callable[..., World]) -> None:
    w = world(ABANDONED, catalog=CATALOG)
    stays, goes = w.person("M1", level="金卡"), w.person("M2", level="金卡")
    alone, gone = w.person("M3", level="金卡"), w.person("M4", level="金卡")
    w.event("cart.added", {"member_no": "M2"}, sku="A")
    w.event("cart.added", {"member_no": "M4"}, sku="A")
    w.go(minutes=30)
    w.event("order.paid", {"member_no": "M1"}, amount="100")
    with w.database.write() as conn:
        for survivor, absorbed in ((stays, goes), (alone, gone)):
            merge_contacts(conn, survivor, absorbed, to_ms(w.clock.now()), "test")
    w.go(hours=2)
    assert w.codes(stays) == ["skipped.sequence"]
    assert w.codes(alone) == THROUGH


def test_people_of_a_stopped_rule_wait_for_it_and_those_of_a_removed_one_go(world: Callable[..., World]) -> None:
    w = world(ABANDONED, catalog=CATALOG)
    anna = w.person("M1", level="金卡")
    w.event("cart.added", {"member_no": "M1"}, sku="A")
    # when it is disabled while somebody waits
    w.reload(ABANDONED + "    enabled: false\n")
    w.go(hours=5)
    assert w.codes(anna) == ["pending"]
    # then the person is decided when it runs again
    w.reload(ABANDONED)
    w.run()
    assert w.codes(anna) == ["pending", *THROUGH]
    # and lets go when it is removed
    w.event("cart.added", {"member_no": "M1"}, sku="B")
    w.reload("rules: []")
    assert w.codes(anna)[4:] == ["pending"]  # for a day it can be undone
    w.go(days=1)
    w.reload()
    assert w.codes(anna)[4:] == ["pending", "skipped.disabled"]
    assert w.log("skipped.disabled")[0].detail == {"rule": "removed"}
    assert w.table("pending_entry") == []


def test_an_entry_that_is_decided_too_late_is_skipped(world: Callable[..., World]) -> None:
    w = world(ABANDONED + "    expires_after: 1d\n", catalog=CATALOG)
    anna, bo = w.person("M1", level="金卡"), w.person("M2", level="金卡")
    w.event("cart.added", {"member_no": "M1"}, sku="A")
    w.go(hours=1)
    w.event("cart.added", {"member_no": "M2"}, sku="A")
    w.go(hours=26)
    assert w.codes(anna) == ["pending", "skipped.expired"]
    assert w.codes(bo) == ["pending", *THROUGH]
    assert w.log("skipped.expired")[0].detail == {"due_at": "2026-08-01T06:00:00+00:00", "expires_after": "1d"}


def test_a_paused_rule_decides_nobody_until_it_is_resumed(world: Callable[..., World]) -> None:
    w = world(ABANDONED, catalog=CATALOG)
    anna = w.person("M1", level="金卡")
    w.event("cart.added", {"member_no": "M1"}, sku="A")
    for name in ("cart", "all"):
        with w.database.write() as conn:
            pause(conn, target_of(conn, name), "test", "me", 0)
        w.go(hours=3)
        assert w.codes(anna) == ["pending"]
        with w.database.write() as conn:
            resume(conn, target_of(conn, name), "test", "me", 0)
    w.run()
    assert w.codes(anna) == ["pending", *THROUGH]


def test_a_rule_that_no_longer_listens_to_the_event_enters_nobody_by_it(world: Callable[..., World]) -> None:
    w = world(ABANDONED, catalog=CATALOG)
    anna, bo = w.person("M1", level="金卡"), w.person("M2", level="金卡")
    w.event("cart.added", {"member_no": "M1"}, sku="A")
    w.event("cart.added", {"member_no": "M2"}, sku="B")
    w.reload(ABANDONED.replace("name: cart.added", "name: cart.added\n        where: [{event.sku: B}]"))
    w.go(hours=2)
    assert w.codes(anna) == ["pending", "skipped.sequence"]
    assert w.log("skipped.sequence")[0].detail == {"rule": "changed"}
    assert w.codes(bo) == ["pending", *THROUGH]


def test_batches_and_a_second_process_decide_each_person_once(world: Callable[..., World]) -> None:
    w = world(ABANDONED, catalog=CATALOG)
    people = [w.person(f"M{i}", level="金卡") for i in range(25)]
    w.events([w.line("cart.added", {"member_no": f"M{i}"}, sku="A") for i in range(25)])
    w.clock.set(w.clock.now().replace(hour=6))
    other = Engine(w.project(), w.database, w.clock)
    one, two = (
        Pending(w.database, w.clock, e.book, Versions(e.book), Movement(e.book, Versions(e.book)))
        for e in (w.engine, other)
    )
    assert [one(10), two(10), one(10), two(10)] == [10, 10, 5, 0]
    w.run()
    assert [w.codes(person).count("entered") for person in people] == [1] * 25
    other.close()


def test_counts_of_a_batch_name_neither_those_who_wait_nor_those_who_leave(world: Callable[..., World]) -> None:
    w = world(ABANDONED, catalog=CATALOG)
    w.person("M1", level="金卡")
    result = w.event("cart.added", {"member_no": "M1"}, sku="A")
    assert (result.stored, result.entered, result.skipped) == (1, 0, 0)
