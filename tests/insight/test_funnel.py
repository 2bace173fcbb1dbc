"""A funnel's numbers add up, whatever a rule does with its people, and are those of the tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from automation.clock import to_ms
from automation.errors import AutomationError
from automation.i18n import language
from automation.insight.funnel import Funnel, Level, read_funnel
from automation.store import schema
from tests.engine.world import World, at

EVERY_STEP = """
rules:
  - id: all
    name: 每种步骤
    trigger: {type: event, with: {name: whitepaper.downloaded}}
    audience: [{contact.level: [银卡, 金卡]}]
    guards: {consent: marketing, cooldown: 90d}
    exit_when: [{did: {event: vip.welcome, since: entry}}]
    goal: {event: order.paid, within: 30d}
    steps:
      - do: contact.tag
        with: {add: [线索]}
      - if: [{contact.level: 金卡}]
        then:
          - wait: 1d
          - do: message.send
            with: {channels: [sms, email], template: hello}
        else:
          - split:
              name: half
              arms:
                - {arm: A, weight: 50, steps: [{do: contact.tag, with: {add: [A]}}]}
                - {arm: B, weight: 50, steps: [{stop: 不再打扰}]}
      - wait_for: {event: store.stock_out, within: 2d}
        then: [{do: contact.tag, with: {add: [来了]}}]
        else: [{do: contact.tag, with: {add: [没来]}}]
      - repeat:
          times: 2
          every: 1d
          steps: [{do: contact.tag, with: {add: [又一轮]}}]
"""


def funnel(w: World, rule: str = "all", **span: int) -> Funnel:
    return read_funnel(w.database, w.project(), rule, **span)


def adds_up(found: Funnel) -> None:
    """What must hold of every funnel."""
    assert found.looked_at == found.entered + sum(found.skipped.values()) + sum(found.undecided.values())
    assert found.entered == sum(map(sum, (d.values() for d in (found.done, found.left, found.inside))))
    steps = [level for level in found.levels if not level.way]
    for level in [found.before, *steps]:
        assert level.reached == level.passed + sum(level.left.values()) + sum(level.inside.values()), level
        assert level.passed >= 0, level
    gone = sum((Counter(level.left) for level in [found.before, *steps]), Counter())
    assert gone == Counter(found.left)
    assert sum(sum(level.inside.values()) for level in [found.before, *steps]) == sum(found.inside.values())


def level(found: Funnel, end: str, way: str = "") -> Level:
    (one,) = [one for one in found.levels if one.path.endswith(end) and one.way == way]
    return one


def varied(world: Callable[..., World], people: int = 24) -> World:
    """People of every level, without phones, consent, or in a hurry; some buy, some leave, some come twice."""
    w = world(EVERY_STEP)
    for i in range(people):
        number, grade = f"M{i}", ("普卡", "银卡", "金卡")[i % 3]
        phone: dict[str, Any] = {} if i % 4 == 0 else {"phone": f"138001380{i:02}"}
        w.person(number, name="安", level=grade, consent=() if i % 5 == 0 else ("*",), **phone)
        w.event("whitepaper.downloaded", number, title="x")
    w.run()
    for i in range(0, people, 6):
        w.event("whitepaper.downloaded", f"M{i + 1}", title="again")
    w.go(minutes=1)
    for i in (2, 5, 8):
        w.event("order.paid", f"M{i}", amount=1)
    w.event("vip.welcome", "M11", from_rule="x")
    w.event("vip.welcome", "M14", from_rule="x")
    return w


def test_every_step_kind_adds_up_at_every_moment(world: Callable[..., World]) -> None:
    w = varied(world)
    for _ in range(7):
        adds_up(funnel(w))
        w.go(hours=23)
        w.event("store.stock_out", "M1", member_id=["M1"], sku="S")
    found = funnel(w)
    adds_up(found)
    with w.database.read() as conn:
        entered = conn.scalar(select(func.count()).select_from(schema.run))
        met = conn.scalar(select(func.count()).where(schema.run.c.goal_at.is_not(None)))
    assert (found.entered, found.met) == (entered, met)
    assert found.met == 3
    assert (found.left["exited.goal"], found.left["exited.condition"]) == (3, 2)
    assert set(found.skipped) == {"skipped.audience", "skipped.cooldown"}


def test_each_step_has_those_that_came_to_it(world: Callable[..., World]) -> None:
    # given: 8 gold, 8 silver people inside, and one gold one without consent or phone among them
    w = varied(world)
    found = funnel(w)
    # then
    assert (found.looked_at, found.entered) == (24 + 4, 16)
    assert level(found, "steps/0").reached == 16
    asked = level(found, "steps/1")
    assert asked.reached == 16
    assert level(found, "steps/1", "then").reached == level(found, "steps/1", "else").reached == 8
    wait = level(found, "steps/1/then/0")
    assert wait.reached == 8
    assert sum(wait.left.values()) + wait.inside["waiting"] == 8
    split, arms = level(found, "steps/1/else/0"), ("A", "B")
    assert split.reached == 8 == sum(level(found, "steps/1/else/0", arm).reached for arm in arms)
    assert level(found, "steps/2").inside == {"waiting.for_event": level(found, "steps/2").reached}
    assert found.done == {"stopped": level(found, "arms/B/0").reached}
    # when a day has gone
    w.go(days=1)
    sending = level(funnel(w), "steps/1/then/1")
    assert sending.reached == level(funnel(w), "steps/1/then/0").passed
    assert "skipped.consent" in sending.seen or "skipped.unreachable" in sending.seen
    assert sending.place.startswith("rules.yaml:")
    assert sending.label == "message.send hello"


def test_clock_rules_count_whom_they_only_looked_at(world: Callable[..., World]) -> None:
    w = world("""
        rules:
          - id: daily
            trigger: {type: schedule, with: {cron: "0 13 * * *"}}
            audience: [{contact.level: 金卡}]
            guards: {holdout: 50%}
            steps: [{do: contact.tag, with: {add: [x]}}]
    """)
    for i in range(20):
        w.person(f"M{i}", level="金卡" if i % 2 else "普卡")
    w.to("2026-08-01 13:00")
    found = funnel(w, "daily")
    adds_up(found)
    (occurrence,) = w.table("occurrence")
    assert (found.looked_at, found.entered) == (occurrence.looked_at, occurrence.entered) == (20, occurrence.entered)
    assert found.skipped["skipped.audience"] == 10
    assert found.done == {"completed": found.entered}
    assert found.met is None


def test_only_those_of_a_span_of_time(world: Callable[..., World]) -> None:
    w = world(EVERY_STEP)
    w.person("M1", level="金卡")
    w.person("M2", level="银卡")
    w.event("whitepaper.downloaded", "M1", title="x")
    w.run()
    w.to("2026-08-05 10:00")
    w.event("whitepaper.downloaded", "M2", title="x")
    w.event("whitepaper.downloaded", "M1", title="again")
    w.run()
    border = to_ms(at("2026-08-03 00:00"))
    before, after = funnel(w, until=border), funnel(w, since=border)
    for found in (before, after):
        adds_up(found)
    assert (before.looked_at, before.entered) == (1, 1)
    assert (after.looked_at, after.entered, after.skipped) == (2, 1, {"skipped.cooldown": 1})
    assert level(before, "steps/1", "then").reached == 1
    assert level(after, "steps/1", "then").reached == 0


def test_entries_that_wait_are_neither_in_nor_out(world: Callable[..., World]) -> None:
    w = world("""
        rules:
          - id: later
            trigger:
              type: event
              with: {name: whitepaper.downloaded, not_followed_by: {event: order.paid, within: 1h}}
            steps: [{do: contact.tag, with: {add: [x]}}]
    """)
    w.person("M1")
    w.event("whitepaper.downloaded", "M1", title="x")
    assert (funnel(w, "later").undecided, funnel(w, "later").looked_at) == ({"waiting": 1}, 1)
    w.go(hours=2)
    adds_up(funnel(w, "later"))
    assert (funnel(w, "later").undecided, funnel(w, "later").entered) == ({}, 1)


def test_steps_of_earlier_versions_stay_visible(world: Callable[..., World]) -> None:
    w = varied(world)
    w.reload(EVERY_STEP[: EVERY_STEP.index("      - if:")])
    found = funnel(w)
    adds_up(found)
    assert [one.path for one in found.levels][:2] == ["rules/all/steps/0", "rules/all/steps/1"]
    assert level(found, "steps/1/then/0").label == "rules/all/steps/1/then/0"


def test_a_rule_that_was_never_published(world: Callable[..., World]) -> None:
    w = world(EVERY_STEP)
    with language("en"), pytest.raises(AutomationError, match=r"nothing is known of a rule al; did you mean all\?"):
        funnel(w, "al")
