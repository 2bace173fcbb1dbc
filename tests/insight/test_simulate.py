"""A simulation says of a past stretch of time what the live engine did in it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from automation.insight.rehearsal.outlook import RuleOutlook, read_outlook
from automation.insight.simulation.simulate import SimulationError, simulate
from automation.store.database import Database
from tests.engine.world import World, at

CATALOG = """
contact: {name: text, level: text, birthday: date}
events:
  order.paid: {label: 已付款, properties: {sku: text, amount: money}}
  whitepaper.downloaded: {label: 下载, properties: {title: text}}
  store.visited: {label: 到店}
  cart.added: {label: 加购}
coupons:
  FEW: {label: 少, kind: generated, stock: 9, per_contact: 2, valid_for: 14d, prefix: FE}
"""
RULES = """
defaults:
  quiet_hours: {from: "21:00", to: "09:00", then: delay}
  frequency_cap: [{max: 2, per: 3d, channel: sms}, {max: 4, per: 7d}]
  holdout: 10%
rules:
  - id: thanks
    name: 感谢
    trigger: {type: event, with: {name: order.paid}}
    guards: {consent: marketing, cooldown: 1d}
    steps:
      - do: coupon.issue
        with: {batch: FEW}
        on_error: continue
      - do: message.send
        with: {channels: [sms, email], template: hello}
    goal: {event: order.paid, within: 7d}
  - id: nurture
    name: 培育
    trigger: {type: event, with: {name: whitepaper.downloaded}}
    mode: {on_again: restart, per: contact}
    exit_when: [{did: {event: order.paid, since: entry}}]
    steps:
      - wait: 1d
      - if: [contact.level: 金卡]
        then: [{do: email.send, with: {template: hello}}]
        else:
          - wait_for: {event: store.visited, within: 2d}
            then: [{do: sms.send, with: {template: hello}}]
  - id: cart
    name: 弃购
    trigger: {type: event, with: {name: cart.added, not_followed_by: {event: order.paid, within: 6h}}}
    mode: {on_again: skip, per: contact}
    steps: [{do: sms.send, with: {template: hello}}, {wait: 3d}]
  - id: birthday
    name: 生日
    trigger: {type: anniversary, with: {field: contact.birthday, offset: -1d, at: "10:00"}}
    audience: [contact.level: [金卡, 银卡]]
    steps: [{do: email.send, with: {template: hello}}]
  - id: weekly
    name: 每周
    trigger: {type: schedule, with: {cron: "0 10 * * mon"}}
    audience: [did: {event: order.paid, within: 5d}]
    priority: 5
    steps: [{do: sms.send, with: {template: hello}}]
  - id: lapsed
    name: 沉默
    trigger: {type: inactivity, with: {event: order.paid, for: 3d, at: "11:00"}}
    steps: [{do: email.send, with: {template: hello}}]
"""
NAMES = ("order.paid", "whitepaper.downloaded", "store.visited", "cart.added")
BEGIN = "2026-08-01 12:00"


@pytest.fixture
def w(db: Database, tmp_path: Path) -> Iterator[World]:
    prices = '[prices]\nsms = "0.05"\nemail = "0.001"\n'
    world = World(tmp_path / "project", db, RULES, now=BEGIN, catalog=CATALOG, settings=prices)
    chance = random.Random(20261122)
    for i in range(40):
        consent = ("*",) if i % 7 else ()
        world.person(
            f"M{i}", consent=consent, phone=f"138001380{i:02}", email=f"m{i}@example.com", name=f"会员{i}",
            level=chance.choice(["金卡", "银卡", "普卡"]), birthday=f"1990-08-{chance.randint(1, 20):02}",
        )  # fmt: skip
    yield world
    world.engine.close()


def lived(w: World, days: int) -> None:
    """So many days, with something to do every hour."""
    chance = random.Random(7)
    for _ in range(days * 24):
        for _ in range(chance.randint(1, 3) if chance.random() < 0.6 else 0):
            w.event(chance.choice(NAMES), f"M{chance.randint(0, 39)}", sku="S1", title="t")
        w.run()
        w.go(hours=1)


def test_a_simulation_says_what_the_live_engine_did(w: World) -> None:
    # given six days that were lived through
    w.run()
    begin = w.clock.now()
    lived(w, 6)
    end = w.clock.now()
    before = everything(w)
    live = read_outlook(w.database, w.engine.project, begin)
    # when they are simulated
    found = simulate(w.database, w.engine.project, begin, end)
    # then it comes to the same, rule by rule, day by day, reason by reason
    for key, rule in live.items():
        assert found.rules[key].as_dict() == rule.as_dict(), key
    assert found.rules.keys() == live.keys()
    # and the days were worth it, and nothing was written
    assert all(rule.entered for rule in live.values()), live
    reasons = {reason for rule in live.values() for reason in {*rule.skipped, *rule.unsent, *rule.left}}
    assert len(reasons) >= 8, reasons
    assert live["thanks"].coupons["FEW"] == 9
    assert live["thanks"].goals
    assert live["weekly"].cost
    assert everything(w) == before


def test_another_rule_gives_another_outcome(w: World) -> None:
    # given somebody who came twice, and was let in twice
    w.run()
    begin = w.clock.now()
    anna = w.person("ANNA", phone="13900139000", name="安娜")
    for _ in range(2):
        w.event("order.paid", "ANNA", sku="S1")
        w.go(days=2)
    assert [run.contact_id for run in w.runs() if run.rule_id == 1] == [anna, anna]
    # when an edited file is simulated over the same days
    w.write_rules(RULES.replace("cooldown: 1d", "cooldown: 30d"))
    found = simulate(w.database, w.project(), begin, w.clock.now(), rule="thanks").rules
    # then the second time is too soon
    assert list(found) == ["thanks"]
    assert (found["thanks"].entered, found["thanks"].skipped) == (1, {"skipped.cooldown": 1})


def test_a_rule_that_nobody_knows_and_a_time_that_does_not_pass(w: World) -> None:
    now = at(BEGIN)
    with pytest.raises(SimulationError) as unknown:
        simulate(w.database, w.engine.project, now, now + timedelta(days=1), rule="thank")
    assert "thanks" in unknown.value.text("en")
    with pytest.raises(SimulationError) as empty:
        simulate(w.database, w.engine.project, now, now)
    assert empty.value.text("en").endswith("--from must be before --to")
    assert "请让 --from 早于 --to" in empty.value.text("zh")


def everything(w: World) -> dict[str, list[Any]]:
    names = ("event", "run", "message", "execution_log", "occurrence", "coupon_code", "coupon_batch", "trigger_state")
    return {name: sorted(w.table(name)) for name in names}


def test_the_outlook_is_json(w: World) -> None:
    assert RuleOutlook("a", "甲").as_dict()["cost"] == 0
