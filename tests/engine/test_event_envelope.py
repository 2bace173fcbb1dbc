"""`event.channel` and `event.source`: by what an event came, and from whom, wherever a rule names an event's fields."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from automation.insight.rule_tests.account import differences
from automation.insight.rule_tests.suite import Suite
from automation.store.reporting import entries_by
from tests.engine.world import CATALOG, World

RULES = """
rules:
  - id: told
    trigger: {type: event, with: {name: order.paid, where: [{event.channel: {in: [app, shop]}}]}}
    mode: {on_again: skip, per: [contact, event.channel]}
    audience:
      - event.source: {is_not: test}
      - event.channel: {exists: true}
      - did_not: {event: order.paid, where: {source: event.source, channel: till}}
    steps:
      - do: contact.update
        with: {set: {city: "{{ event.channel }} {{ event.source|default('-') }}"}}
      - do: sms.send
        with: {template: hello}
      - wait_for: {event: order.paid, where: {channel: till, source: event.source}, within: 1d}
        then: [{do: contact.tag, with: {add: ["{{ event.channel }} 到店"]}}]
    tests:
      - name: by the app, of a source that the catalogue translates
        events: [{event: order.paid, channel: app, source: pos}]
        expect: {entered: true}
      - name: by the app, by what is given
        given: {event.channel: app}
        expect: {entered: true}
      - name: by the till
        events: [{event: order.paid, channel: till, source: crm}]
        expect: {entered: false}
      - name: after the till
        given: {events: [{event: order.paid, channel: till, source: crm, ago: 1h}]}
        events: [{event: order.paid, channel: app, source: crm}]
        expect: {entered: false}
  - id: sequence
    trigger:
      type: event
      with:
        name: order.paid
        where: [{event.channel: till}]
        after: {event: order.paid, where: {channel: app, source: event.source}, within: 1d}
        not_followed_by: {event: order.paid, where: {channel: till, source: test}, within: 1h}
    steps: [{do: contact.tag, with: {add: [线上到线下]}}]
  - id: no_more
    trigger: {type: event, with: {name: contact.unsubscribed, where: [{event.channel: {exists: false}}]}}
    steps: [{do: contact.tag, with: {add: ["全部退订 {{ event.channel|default('-') }} {{ event.source }}"]}}]
    tests:
      - name: of every channel
        events: [{event: contact.unsubscribed}]
        expect: {entered: true}
      - name: of one
        events: [{event: contact.unsubscribed, properties: {channel: sms}}]
        expect: {entered: false}
"""
WITH_SOURCE = CATALOG + "\nsources:\n  pos: {time: milliseconds, fields: {art: event.sku}}\n"
TEMPLATES = {"hello.sms.j2": "【店】{{ event.channel }}/{{ event.source }}，拒收请回复R"}


def came(w: World, channel: str | None, source: str | None, /, name: str = "order.paid", **more: Any) -> None:
    told = json.loads(w.line(name, "M1", **more))
    w.events([json.dumps({**told, "channel": channel, "source": source, "message_id": None})])
    w.go(minutes=1)


def tags(w: World) -> list[str]:
    return sorted(tag.tag for tag in w.table("contact_tag"))


def test_an_events_channel_and_source_are_asked_compared_written_and_shown(world: Callable[..., World]) -> None:
    w = world(RULES, catalog=WITH_SOURCE, templates=TEMPLATES)
    w.person("M1", phone="13800138001")
    for number, (channel, source) in enumerate(
        [(None, "crm"), ("app", "test"), ("app", "crm"), ("app", "pos"), ("shop", None), ("till", "crm")]
    ):
        came(w, channel, source, sku=f"{number}")
    # `app` let in once at a time, `shop` lacks a source: an empty one is none, and is_not of none holds
    assert len(w.table("run")) == 2
    assert [one for one in w.outbox("sms") if "app/crm" in one]
    w.go(hours=2)
    with w.database.read() as conn:
        counted = [[(r.key, r.value, r.count) for r in entries_by(conn, by)] for by in ("channel", "source")]
    assert sorted(counted[0]) == [("sequence", "till", 1), ("told", "app", 1), ("told", "shop", 1)]
    assert {(key, value or "–", n) for key, value, n in counted[1]} == {
        ("sequence", "crm", 1), ("told", "crm", 1), ("told", "–", 1)
    }  # fmt: skip
    assert tags(w) == ["app 到店", "线上到线下"]
    assert [row.attributes.get("city") for row in w.table("contact")] == ["shop -"]


def test_a_property_that_the_catalogue_declares_goes_before_even_where_it_is_missing(
    world: Callable[..., World],
) -> None:
    w = world(RULES, catalog=WITH_SOURCE, templates=TEMPLATES)
    w.person("M1", phone="13800138001")
    came(w, "wechat", "crm", "contact.unsubscribed", channel="sms")
    assert tags(w) == []
    came(w, "wechat", "crm", "contact.unsubscribed")
    assert tags(w) == ["全部退订 - crm"]


def test_a_rules_tests_give_an_event_its_channel_and_source(world: Callable[..., World]) -> None:
    w = world(RULES, catalog=WITH_SOURCE, templates=TEMPLATES)
    report = Suite.of(w.project(), ()).run(w.project())
    assert [problem.shown() for problem in report.suite.problems] == []
    assert [line for result in report.results for line in differences(result)] == []
    assert len(report.results) == 6
