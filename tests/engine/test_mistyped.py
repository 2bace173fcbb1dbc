"""A stored value of another type than the catalogue now says is no value: it matches nothing."""

from __future__ import annotations

from collections.abc import Callable

from tests.engine.world import CATALOG, World

RULES = """
rules:
  - id: later
    name: 之后
    trigger: {type: event, with: {name: order.paid}}
    audience: [{contact.joined: {after: 2030-01-01}}]
    steps: [{do: contact.tag, with: {add: [事件]}}]
  - id: daily
    name: 每天
    trigger: {type: schedule, with: {every: 1d, at: "10:00"}}
    audience: [{contact.joined: {after: 2030-01-01}}]
    steps: [{do: contact.tag, with: {add: [定时]}}]
"""


def test_a_text_that_is_no_date_is_after_no_date(world: Callable[..., World]) -> None:
    # given a column that was imported as text, and is declared a date today
    w = world(RULES, catalog=CATALOG.replace("points: {type: integer}", "points: {type: integer}\n  joined: date"))
    w.person("M1", joined="n/a")
    right = w.person("M2", joined="2031-05-01")
    # when an event asks, in Python, and the clock, in SQL
    for number in ("M1", "M2"):
        w.event("order.paid", number, amount=1)
    w.run()
    w.to("2026-08-02 10:00")
    # then only the date counts
    assert {(tag.contact_id, tag.tag) for tag in w.table("contact_tag")} == {(right, "事件"), (right, "定时")}
