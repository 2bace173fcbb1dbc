"""`event.channel` and `event.source`: by what an event came, and from whom, wherever a rule names an event's fields."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from automation.engine.backfill.backfill import Backfill
from automation.engine.versions import Versions
from automation.i18n import language
from automation.insight.explain.explain import explain
from automation.insight.explain.text import text
from automation.insight.rule_tests.account import differences
from automation.insight.rule_tests.suite import Suite
from automation.insight.simulation.simulate import simulate
from automation.insight.why import why
from automation.store.reporting import entries_by
from tests.engine.world import CATALOG, World, at

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


EVERYWHERE = """
rules:
  - id: places
    name: 处处
    trigger: {type: event, with: {name: order.paid, where: [{event.channel: app}]}}
    goal: {event: order.paid, within: 9d, where: {channel: till, source: event.source}}
    exit_when: [{did: {event: order.paid, where: {channel: desk}, since: entry}}]
    steps:
      - if: [{event.source: crm}]
        then: [{do: contact.tag, with: {add: [crm]}}]
        else: [{do: contact.tag, with: {add: ["{{ event.source }}"]}}]
      - repeat:
          times: 3
          every: 1d
          until: [{did: {event: order.paid, where: {channel: web, source: event.source}, since: entry}}]
          steps: [{do: contact.tag, with: {add: [还没有上网]}}]
      - wait: 9d
"""
WAYS: dict[str, tuple[str, str | None, str | None]] = {
    "goal": ("till", "crm", "exited.goal"),
    "another source is no goal": ("till", "pos", None),
    "exit": ("desk", "x", "exited.condition"),
    "round": ("web", "crm", None),
}


@pytest.mark.parametrize("way", WAYS)
def test_goals_exits_branches_and_rounds_ask_by_what_an_event_came(world: Callable[..., World], way: str) -> None:
    channel, source, reason = WAYS[way]
    w = world(EVERYWHERE, catalog=WITH_SOURCE)
    w.person("M1", phone="13800138001")
    came(w, "shop", "crm")
    came(w, "app", "crm")
    came(w, channel, source)
    w.go(days=1)
    assert [run.reason for run in w.runs()] == [reason]
    assert "crm" in tags(w)
    turns = len(w.log("step.repeated"))
    assert turns == (1 if way != "another source is no goal" else 2)
    # and what is told of it without running it
    w.go(days=1)
    told = simulate(w.database, w.project(), at("2026-08-01 09:00"), w.clock.now()).rules["places"]
    assert told.entered == 1
    for lang, words in (("zh", "渠道"), ("en", "channel")):
        with language(lang):  # type: ignore[arg-type]
            account = why(w.database, w.project(), "places", 1, w.clock.now())
            assert any(words in line.sentence for line in account.lines), lang
            assert words in text(explain(w.project(), "places"))


def test_a_backfill_asks_the_same_of_past_events(world: Callable[..., World]) -> None:
    w = world("rules: []\n", catalog=WITH_SOURCE)
    w.person("M1", phone="13800138001")
    for channel in ("app", "shop", None, "app"):
        came(w, channel, "crm")
    w.reload(EVERYWHERE)
    made = Backfill(w.database, w.clock, w.engine.book, Versions(w.engine.book))("places", at("2026-08-01"), "ops")
    assert made.entered == 2
