"""`event.occurred_at`: when the event happened, for conditions, waits, texts and templates."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from automation.store import schema
from tests.engine.world import CATALOG, World, at

RULES = """
rules:
  - id: fresh
    trigger: {type: event, with: {name: order.paid, where: [{event.occurred_at: {on_or_after: "2026-08-01 09:00"}}]}}
    audience:
      - event.occurred_at: {within_last: 4h}
      - did_not: {event: order.paid, where: {occurred_at: {before: event.occurred_at}, sku: event.sku}}
    steps:
      - wait: {until: event.occurred_at, offset: 1d}
      - do: contact.update
        with: {set: {city: "{{ event.occurred_at | date('%H:%M') }}", seen: event.occurred_at}}
      - wait_for: {event: order.paid, where: {occurred_at: {after: event.occurred_at}}, within: 1d}
        then: [{do: sms.send, with: {template: again}}]
"""
WITH_SEEN = CATALOG.replace("  points: {type: integer}", "  points: {type: integer}\n  seen: datetime")
TEMPLATES = {"again.sms.j2": "【店】{{ event.occurred_at | date('%H:%M') }}，拒收请回复R"}


def test_an_events_time_is_asked_waited_for_written_and_shown(world: Callable[..., World]) -> None:
    # given
    w = world(RULES, catalog=WITH_SEEN, templates=TEMPLATES)
    anna, bo = w.person("M1", phone="13800138001"), w.person("M2")
    # when one order is too old for the trigger, one for the audience, and the third came after another of its kind
    w.event("order.paid", "M1", sku="B", when="2026-08-01 07:00")
    w.event("order.paid", "M2", sku="A", when="2026-08-01 08:59")
    w.event("order.paid", "M2", sku="A", when="2026-08-01 09:00")
    w.event("order.paid", "M1", sku="A", when="2026-08-01 09:30")
    w.run()
    # then
    with w.database.read() as conn:
        assert conn.scalars(select(schema.run.c.contact_id)).all() == [anna]
    assert w.codes(bo) == ["skipped.audience"]
    assert w.runs()[0].due_at == int(at("2026-08-02 09:30").timestamp() * 1000)
    w.to("2026-08-02 09:30")
    profile = {row.id: row.attributes for row in w.table("contact")}[anna]
    assert (profile["city"], profile["seen"]) == ("09:30", "2026-08-01T01:30:00.000Z")
    w.event("order.paid", "M1", sku="C", when="2026-08-02 09:30")
    w.go(minutes=1)
    assert any("09:30" in message for message in w.outbox("sms"))
