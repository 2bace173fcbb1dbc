"""Segments: who comes and who goes is called once, by an event at once, by the sweep otherwise."""

from __future__ import annotations

from collections.abc import Callable

from tests.engine.world import World

CATALOG = """
contact:
  level: {type: text, choices: [普卡, 银卡, 金卡]}
events:
  order.paid: {label: 已付款, properties: {amount: {type: money}, sku: text}}
  member.joined: {label: 入会, properties: {}}
"""
BIG = """
segments:
  big_spenders:
    - did: {event: order.paid, where: {amount: {gte: 100}}, within: 30d, at_least: 2}
    - contact.level: [银卡, 金卡]
rules:
  - id: came
    trigger: {type: segment, with: {name: big_spenders, on: entered, sweep: 1h}}
    steps: [{do: contact.tag, with: {add: [大客户]}}]
  - id: went
    trigger: {type: segment, with: {name: big_spenders, on: left, sweep: 1h}}
    steps: [{do: contact.tag, with: {remove: [大客户]}}]
"""


def test_who_is_in_at_the_start_is_noted_and_who_comes_by_an_event_enters_at_once(
    world: Callable[..., World],
) -> None:
    # given
    w = world(BIG, catalog=CATALOG)
    old, new = w.person("M1", level="金卡"), w.person("M2", level="银卡")
    for _ in range(2):
        w.event("order.paid", {"member_no": "M1"}, amount="200", sku=str(_))
    w.run()
    assert w.codes(old) == []
    # when
    w.event("order.paid", {"member_no": "M2"}, amount="200")
    assert w.codes(new) == []
    w.go(minutes=1)
    result = w.event("order.paid", {"member_no": "M2"}, amount="300")
    # then
    assert (result.entered, result.skipped) == (1, 0)
    assert [run.key for run in w.runs()] == ["e4"]
    w.run()
    w.go(hours=3)
    assert w.codes(new) == ["entered", "step.done", "completed"]
    # and when the time passes, the sweep sees who falls out of it
    w.to("2026-08-31 14:00")
    assert w.codes(new)[3:] == ["entered", "step.done", "completed"]
    assert w.codes(old) == ["entered", "step.done", "completed"]
    (done,) = [row for row in w.table("occurrence") if row.looked_at]
    assert (done.looked_at, done.entered, done.skipped) == (2, 2, {})
