"""Sequences of events: what must have come before, and what must not come after."""

from __future__ import annotations

from collections.abc import Callable

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
    steps: [{do: contact.tag, with: {add: [弃购]}}]
"""
SECOND = """
rules:
  - id: second
    name: 30 天内复购
    trigger:
      type: event
      with:
        name: order.paid
        after: {event: order.paid, where: {sku: A}, within: 30d}
    steps: [{do: contact.tag, with: {add: [复购]}}]
"""
CATALOG = """
contact:
  level: {type: text, choices: [普卡, 银卡, 金卡]}
events:
  cart.added: {label: 加购, properties: {sku: text}}
  order.paid: {label: 已付款, properties: {amount: {type: money}, sku: text}}
"""


def test_who_pays_in_time_is_left_alone_and_who_does_not_enters_with_the_original_event(
    world: Callable[..., World],
) -> None:
    # given
    w = world(ABANDONED, catalog=CATALOG)
    anna, bo, ci = (w.person(f"M{i}", level="金卡") for i in (1, 2, 3))
    for member in ("M1", "M2", "M3"):
        w.event("cart.added", {"member_no": member}, sku="A")
    assert w.codes(anna) == ["pending"]
    # when Anna pays enough, Bo too little, Ci too late
    w.go(hours=1)
    w.event("order.paid", {"member_no": "M1"}, amount="100")
    w.event("order.paid", {"member_no": "M2"}, amount="99.99")
    w.go(minutes=59)
    assert "entered" not in w.codes()
    w.go(minutes=1)
    w.event("order.paid", {"member_no": "M3"}, amount="500", when="2026-08-01 14:00:01")
    w.run()
    # then
    assert w.codes(anna) == ["pending", "skipped.sequence"]
    assert w.codes(bo) == w.codes(ci) == ["pending", "entered", "step.done", "completed"]
    assert {run.key for run in w.runs()} == {"e2", "e3"}
    (row,) = w.log("skipped.sequence")
    assert row.detail == {"followed_by": "order.paid", "within": "2h"}
    assert w.table("pending_entry") == []
