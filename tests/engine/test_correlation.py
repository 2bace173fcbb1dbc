"""References: what a run knows (its event, its person, what steps saved) is compared with, and written."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from automation.cli.main import app
from automation.clock import SystemClock
from automation.store.database import Database
from tests.engine.world import World

CATALOG = """
contact:
  store: {type: text, label: {zh: 常去门店, en: usual store}}
  best: {type: money, label: {zh: 最高一单, en: best order}}
  last_cart: text
events:
  cart.added: {label: 加购, properties: {cart_id: text, sku: text, store: text, price: money}}
  order.paid: {label: 付款, properties: {cart_id: text, amount: money, store: text}}
  cart.saved: {label: 已挽回, properties: {cart_id: text, price: money, store: text}}
coupons:
  BACK: {label: 挽回券, kind: generated, valid_for: 14d, prefix: BK}
"""
WAIT = """
rules:
  - id: cart
    trigger: {type: event, with: {name: cart.added}}
    mode: {on_again: restart, per: [contact, event.cart_id]}
    steps:
      - wait_for: {event: order.paid, where: {cart_id: event.cart_id}, within: 2h}
        then: [{do: contact.tag, with: {add: [event.cart_id], remove: [未付]}}]
        else: [{do: contact.tag, with: {add: ["未付 {{ event.cart_id }}"]}}]
"""


def tags(w: World) -> Counter[str]:
    return Counter(row.tag for row in w.table("contact_tag"))


def test_a_wait_hears_of_its_own_cart_alone(world: Callable[..., World]) -> None:
    # given two carts of one person
    w = world(WAIT, catalog=CATALOG)
    w.person("M1")
    for cart in ("A", "B"):
        w.event("cart.added", "M1", cart_id=cart)
    w.run()
    # when the first is paid, and something without a cart
    w.event("order.paid", "M1", cart_id="A")
    w.event("order.paid", "M1")
    w.go(hours=2)
    # then the second alone was left
    assert tags(w) == {"A": 1, "未付 B": 1}


def test_an_order_that_came_before_the_run_stood_at_its_wait_counts_for_its_cart_alone(
    world: Callable[..., World],
) -> None:
    w = world(WAIT, catalog=CATALOG)
    w.person("M1")
    lines = [w.line("cart.added", "M1", cart_id=cart) for cart in ("A", "B")]
    w.events([*lines, w.line("order.paid", "M1", cart_id="B")])
    w.run()
    w.go(hours=2)
    assert tags(w) == {"B": 1, "未付 A": 1}


RECIPE = """
rules:
  - id: cart
    trigger: {type: event, with: {name: cart.added}}
    mode: {on_again: restart, per: [contact, event.cart_id]}
    guards: {consent: transactional}
    steps:
      - wait_for: {event: order.paid, where: {cart_id: event.cart_id}, within: 3h}
        then: [{stop: 已付款}]
        else: [{do: event.emit, with: {name: cart.saved, properties: {cart_id: event.cart_id}}}]
"""


def test_856_carts_that_were_left_are_856_reminders(world: Callable[..., World]) -> None:
    # given 1,100 carts of 60 people with 1,240 items, of which 856 carts with 964 items are left
    w, chance = world(RECIPE, catalog=CATALOG), random.Random(856)
    carts = [f"C{number}" for number in range(1_100)]
    owner = {cart: f"M{chance.randrange(60)}" for cart in carts}
    left, paid = carts[:856], carts[856:]
    several = [*chance.sample(left, 108), *chance.sample(paid, 32)]
    items = [*carts, *several]
    chance.shuffle(items)
    start = w.clock.now()
    happened = [(chance.randrange(60), cart, "cart.added") for cart in items]
    last = {cart: minute for minute, cart, _ in sorted(happened)}
    happened += [(last[cart] + chance.randrange(1, 110), cart, "order.paid") for cart in paid]
    for member in set(owner.values()):
        w.person(member)
    # when everything comes in in its order, in batches of an hour
    for until in range(60, 301, 60):
        batch = sorted(one for one in happened if until - 60 <= one[0] < until)
        w.events(
            [
                w.line(name, owner[cart], when=f"{start + timedelta(minutes=minute):%Y-%m-%d %H:%M}", cart_id=cart)
                for minute, cart, name in batch
            ]
        )
        w.go(minutes=60)
    # then each cart that was left is told of once, and no other
    told = [row.properties["cart_id"] for row in w.table("event") if row.name == "cart.saved"]
    assert len(told) == 856
    assert sorted(told) == sorted(left)


EVERYWHERE = """
segments:
  loyal: [{did: {event: order.paid, where: {store: contact.store}}}]
rules:
  - id: all
    trigger: {type: event, with: {name: cart.added, where: [{event.price: {gte: 1}}]}}
    audience:
      - event.store: {is: contact.store}
      - segment: loyal
      - did_not: {event: order.paid, where: {cart_id: event.cart_id}}
      - event.price: {lt: contact.best}
    exit_when: [{did: {event: order.paid, where: {cart_id: event.cart_id, amount: {gte: event.price}}, since: entry}}]
    goal: {event: order.paid, where: {cart_id: event.cart_id}, within: 1d}
    steps:
      - do: contact.update
        with: {set: {last_cart: event.cart_id, best: event.price}}
      - do: coupon.issue
        with: {batch: BACK}
        save_as: coupon
      - wait: 1h
      - do: event.emit
        with: {name: cart.saved, properties: {cart_id: coupon.code, price: event.price, store: contact.store}}
"""


def test_conditions_exits_goals_and_actions_refer_to_the_run(world: Callable[..., World]) -> None:
    # given
    w = world(EVERYWHERE, catalog=CATALOG)
    anna, bo, ci, _ = (w.person(f"M{n}", store="SH1", best=50_000) for n in (1, 2, 3, 4))
    w.person("M5", best=50_000)  # has no store: nothing is the same as that
    for n in range(1, 6):
        w.event("order.paid", f"M{n}", store="SH1", cart_id=f"old{n}", amount=1)
    w.go(minutes=1)
    # when Di's cart was paid long ago, the fifth has no store, and the others come with carts
    for n in range(1, 6):
        w.event("cart.added", f"M{n}", store="SH1", cart_id="old4" if n == 4 else f"c{n}", price=99.5)
    w.event("cart.added", "M1", store="BJ1", cart_id="elsewhere", price=9)
    w.event("cart.added", "M1", store="SH1", cart_id="dear", price=900)
    w.run()
    assert sorted(row.contact_id for row in w.runs()) == [anna, bo, ci]
    profiles = {row.id: row.attributes for row in w.table("contact")}
    assert (profiles[anna]["last_cart"], profiles[anna]["best"]) == ("c1", 9950)
    # and Anna pays enough for her cart, Bo pays too little, Ci another cart
    w.go(minutes=5)
    w.event("order.paid", "M1", cart_id="c1", amount=100)
    w.event("order.paid", "M2", cart_id="c2", amount=1)
    w.event("order.paid", "M3", cart_id="c1", amount=100)
    w.go(hours=1)
    # then she left, with her goal met; he stayed, with his goal met; Ci knows nothing of it
    ends = {row.contact_id: (row.reason, row.goal_at is not None) for row in w.runs()}
    assert ends == {anna: ("exited.goal", True), bo: ("exited.goal", True), ci: ("completed", False)}
    (saved,) = [row.properties for row in w.table("event") if row.name == "cart.saved"]
    assert saved["cart_id"].startswith("BK")
    assert (saved["price"], saved["store"]) == (9950, "SH1")


SEQUENCES = """
rules:
  - id: again
    trigger:
      type: event
      with: {name: cart.added, after: {event: order.paid, where: {store: event.store}, within: 9d}}
    steps: [{do: contact.tag, with: {add: [again]}}]
  - id: left
    trigger:
      type: event
      with:
        name: cart.added
        not_followed_by: {event: order.paid, where: {cart_id: event.cart_id, store: contact.store}, within: 2h}
    steps: [{do: contact.tag, with: {add: [left]}}]
"""


def test_what_came_before_and_what_must_not_follow_may_refer_to_event_and_person(
    world: Callable[..., World],
) -> None:
    w = world(SEQUENCES, catalog=CATALOG)
    people = {n: w.person(f"M{n}", store="SH1") for n in (1, 2, 3)}
    w.event("order.paid", "M1", store="SH1", cart_id="x")
    w.event("order.paid", "M2", store="BJ1", cart_id="x")
    w.events([w.line("cart.added", f"M{n}", store="SH1", cart_id=f"c{n}") for n in (1, 2, 3)])
    w.go(minutes=5)
    w.event("order.paid", "M1", cart_id="c1", store="SH1")
    w.event("order.paid", "M2", cart_id="c2", store="BJ1")
    w.event("order.paid", "M3", cart_id="c1", store="SH1")
    w.go(hours=2)
    found = {(row.contact_id, row.tag) for row in w.table("contact_tag")}
    assert found == {(people[1], "again"), (people[2], "left"), (people[3], "left")}


def test_a_schedule_compares_fields_of_the_person_in_sql(world: Callable[..., World]) -> None:
    rules = """
    rules:
      - id: daily
        trigger: {type: schedule, with: {cron: "0 10 * * *"}}
        audience:
          - did: {event: order.paid, where: {store: {is_not: contact.store}}}
          - contact.last_cart: {is_not: contact.store}
        steps: [{do: contact.tag, with: {add: [moved]}}]
    """
    w = world(rules, catalog=CATALOG)
    moved, stays = w.person("M1", store="SH1"), w.person("M2", store="SH1")
    nobody = w.person("M3")  # without a store of their own, no order was in it
    for member, store in (("M1", "BJ1"), ("M2", "SH1"), ("M3", "BJ1")):
        w.event("order.paid", member, store=store)
    w.to("2026-08-02 10:00")
    assert {row.contact_id for row in w.table("contact_tag")} == {moved, nobody}
    assert stays


def test_a_segment_sees_a_field_change_that_its_history_is_compared_with(world: Callable[..., World]) -> None:
    rules = """
    segments:
      home: [{did: {event: order.paid, where: {store: contact.store}}}]
    rules:
      - id: home
        trigger: {type: segment, with: {name: home, on: entered}}
        steps: [{do: contact.tag, with: {add: [home]}}]
      - id: moves
        trigger: {type: event, with: {name: cart.added}}
        steps: [{do: contact.update, with: {set: {store: event.store}}}]
    """
    w = world(rules, catalog=CATALOG)
    w.person("M1", store="SH1")
    w.event("order.paid", "M1", store="BJ1")
    w.go(minutes=1)
    assert tags(w) == {}
    w.event("cart.added", "M1", store="BJ1")
    w.run()
    w.run()
    assert tags(w) == {"home": 1}


def test_a_value_that_is_missing_fails_the_step_of_that_person_alone(world: Callable[..., World]) -> None:
    rules = """
    rules:
      - id: r
        trigger: {type: event, with: {name: cart.added}}
        steps: [{do: contact.update, with: {set: {last_cart: event.cart_id}}}]
    """
    w = world(rules, catalog=CATALOG)
    anna, bo = w.person("M1"), w.person("M2")
    w.events([w.line("cart.added", "M1"), w.line("cart.added", "M2", cart_id="A")])
    w.run()
    assert {row.contact_id: row.reason for row in w.runs()} == {anna: "failed.render", bo: "completed"}
    (entry,) = w.log("failed.render")
    assert entry.detail["variable"] == "event.cart_id"


def test_a_literal_of_that_form_is_written_as_text(world: Callable[..., World]) -> None:
    rules = """
    rules:
      - id: r
        trigger: {type: event, with: {name: cart.added, where: [{event.sku: {text: event.sku}}]}}
        audience: [{event.cart_id: {in: [{text: contact.x}, B]}}]
        steps:
          - do: contact.tag
            with: {add: [{text: event.sku}]}
          - do: contact.update
            with: {set: {last_cart: {text: event.cart_id}}}
    """
    w = world(rules, catalog=CATALOG)
    anna = w.person("M1")
    w.event("cart.added", "M1", sku="A", cart_id="contact.x")
    w.event("cart.added", "M1", sku="event.sku", cart_id="event.cart_id")
    w.event("cart.added", "M1", sku="event.sku", cart_id="contact.x")
    w.run()
    assert len(w.runs()) == 1
    assert tags(w) == {"event.sku": 1}
    assert {row.id: row.attributes for row in w.table("contact")}[anna]["last_cart"] == "event.cart_id"


TOLD = """
timezone: Asia/Shanghai
rules:
  - id: cart
    trigger: {type: event, with: {name: cart.added}}
    mode: {on_again: restart, per: [contact, event.cart_id]}
    audience: [{did_not: {event: order.paid, where: {cart_id: event.cart_id}}}]
    steps:
      - wait_for: {event: order.paid, where: {cart_id: event.cart_id}, within: 2h}
        then: [{stop: paid}]
        else: [{do: contact.tag, with: {add: [event.cart_id]}}]
    tests:
      - name: another cart was paid
        at: 2026-08-01 10:00
        events: &events [{event: cart.added, properties: {cart_id: A}}, PAID B, {advance: 3h}]
        expect: [contact.tag]
      - name: this cart was paid
        at: 2026-08-01 10:00
        events: [{event: cart.added, properties: {cart_id: A}}, PAID A, {advance: 3h}]
        expect: []
""".replace("&events ", "")
for _cart in "AB":
    TOLD = TOLD.replace(f"PAID {_cart}", f"{{event: order.paid, properties: {{cart_id: {_cart}}}}}")


def test_rule_tests_explain_why_and_plan_know_references(
    sqlite_db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    w = World(tmp_path, sqlite_db, TOLD, catalog=CATALOG, settings=f'database_url = "{sqlite_db.url}"\nlang = "en"\n')
    w.person("M1")
    w.event("cart.added", "M1", cart_id="A")
    w.run()
    w.engine.close()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(SystemClock, "now", lambda _: w.clock.now())
    said = {line: CliRunner().invoke(app, line.split()).output for line in COMMANDS}
    assert "2 passed, 0 failed" in said["test"]
    assert "“付款” (where cart_id is the triggering event's cart_id), at most 2 hours" in said["explain cart"]
    assert "counted 0; the triggering event's cart_id is A" in said["why cart member_no:M1"]
    assert "1 enter" in said["plan"]


COMMANDS = ("test", "explain cart", "why cart member_no:M1", "plan")
