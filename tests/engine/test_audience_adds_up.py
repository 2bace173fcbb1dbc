"""Entered + skipped by reason = audience, for every trigger, whatever is wrong with some of the people."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, update

from automation.plugin import Registry
from automation.store import schema
from tests.engine.world import World

CATALOG = """
contact:
  level: {type: text, choices: [普卡, 金卡]}
  timezone: {type: text}
events:
  order.paid: {label: 已付款, properties: {sku: text}}
  cart.added: {label: 加购, properties: {sku: text}}
  store.stock_out: {label: 缺货, properties: {member_id: {type: list, identity: member_no}, sku: text}}
"""
TRIGGERS = {
    "event": "{type: event, with: {name: cart.added}}",
    "event named": "{type: event, with: {name: store.stock_out, contact: event.member_id}}",
    "event after": "{type: event, with: {name: cart.added, after: {event: order.paid, within: 1d}}}",
    "event alone": "{type: event, with: {name: cart.added, not_followed_by: {event: order.paid, within: 1h}}}",
    "anniversary": '{type: anniversary, with: {field: contact.birthday, at: "13:00"}}',
    "schedule": '{type: schedule, with: {cron: "0 13 1 8 *"}}',
    "inactivity": "{type: inactivity, with: {event: order.paid, for: 1h, every: 1h}}",
    "segment": "{type: segment, with: {name: gone_shopping}}",
    "segment swept": "{type: segment, with: {name: tagged}}",
    "poll": """
      type: poll
      with:
        source: erp
        query: SELECT member_id, sku, n FROM stock WHERE n > :watermark ORDER BY n
        watermark: n
        start: 0
        key: [n]
        event: store.stock_out
        contact: event.member_id""",
}
RULES = """
segments:
  gone_shopping: [{did: cart.added}]
  tagged: [{contact.tags: {has: 大客户}}]
rules:
  - id: one
    trigger: TRIGGER
    audience: [{contact.level: 金卡}]
    guards: {holdout: 30%, cooldown: 1d}
    mode: {on_again: skip, per: contact}
    steps:
      - wait: 2d
      - do: sms.send
        with: {template: hello}
"""
BROKEN = (
    {"timezone": "Mars/Olympus"}, {"phone": "not a number"}, {"email": "@@"}, {"birthday": "someday"}, {"level": 7},
    {"level": None},
)  # fmt: skip
COUNT = 60


@pytest.mark.parametrize("name", TRIGGERS)
def test_entered_and_skipped_are_the_audience(world: Callable[..., World], tmp_path: Path, name: str) -> None:
    # given people of whom some have values that nothing can be done with
    w = make(world, tmp_path, name)
    people = somebody(w)
    w.run()
    # when the trigger calls them all, some of them twice
    call(w, tmp_path, name)
    w.go(hours=2)
    # then each of them is accounted for
    outcomes = Counter(
        row.code for row in w.table("execution_log") if row.code == "entered" or row.code.startswith("skipped.")
    )
    looked_at = counted(w, outcomes, name)
    assert looked_at >= len(people)
    assert outcomes["entered"] == len(w.runs()) > 0
    assert outcomes["skipped.holdout"] > 0
    everybody = {row.contact_id for row in w.table("execution_log") if row.contact_id is not None}
    if not w.table("occurrence"):  # whom an event names has a row of their own
        assert everybody == set(people)


def test_no_trigger_is_left_out() -> None:
    assert {name.split()[0] for name in TRIGGERS} == set(Registry.load().triggers)


def counted(w: World, outcomes: Counter[str], name: str) -> int:
    """How many decisions there were; their sum, from the trigger's own side, must be the same."""
    occurrences = [row for row in w.table("occurrence") if row.looked_at]
    for row in occurrences:
        assert row.entered + sum(row.skipped.values()) == row.looked_at
    if occurrences:
        outcomes.update({"skipped.audience": sum(row.skipped.get("skipped.audience", 0) for row in occurrences)})
        assert sum(outcomes.values()) == sum(row.looked_at for row in occurrences)
    else:
        assert sum(outcomes.values()) == named(w, name)
    return sum(outcomes.values())


def named(w: World, name: str) -> int:
    """How many times an event has named somebody."""
    with w.database.read() as conn:
        events = list(conn.execute(select(schema.event)))
    if name in ("event named", "poll"):
        return sum(len(event.properties["member_id"]) for event in events if event.name == "store.stock_out")
    carts = [event.contact_id for event in events if event.name == "cart.added"]
    return len(set(carts)) if name == "segment" else len(carts)


def make(world: Callable[..., World], tmp_path: Path, name: str) -> World:
    (tmp_path / "project").mkdir()
    with sqlite3.connect(tmp_path / "project" / "erp.db") as db:
        db.execute("CREATE TABLE stock (member_id, sku, n)")
    settings = '[sources.erp]\nurl = "sqlite:///erp.db"\n'
    return world(RULES.replace("TRIGGER", TRIGGERS[name]), catalog=CATALOG, settings=settings)


def somebody(w: World) -> list[int]:
    people = [
        w.person(f"M{i}", phone=f"1391{i:07d}", email=f"p{i}@example.com", level="金卡" if i % 4 else "普卡",
                 birthday="1990-08-01")
        for i in range(COUNT)
    ]  # fmt: skip
    with w.database.write() as conn:  # by other hands than ours, which would not write this
        for i, broken in enumerate(BROKEN):
            attributes = {"level": "金卡", "birthday": "1990-08-01"} | broken
            one = schema.contact.c.id == people[i]
            conn.execute(update(schema.contact).where(one).values(attributes=attributes))
            for kind in broken.keys() & {"phone", "email"}:
                theirs = schema.identity.c.contact_id == people[i], schema.identity.c.kind == kind
                conn.execute(update(schema.identity).where(*theirs).values(value=broken[kind]))
    return people


def call(w: World, tmp_path: Path, name: str) -> None:
    members = [f"M{i}" for i in range(COUNT)]
    if name in ("event after", "inactivity"):
        bought = members if name == "inactivity" else members[:40]
        w.events([w.line("order.paid", {"member_no": member}, sku="A") for member in bought])
    if name in ("event", "event after", "event alone", "segment"):
        w.events([w.line("cart.added", {"member_no": member}, sku="A") for member in members])
        w.events([w.line("cart.added", {"member_no": member}, sku="B") for member in members[:9]])
    if name == "event alone":
        w.events([w.line("order.paid", {"member_no": member}, sku="A") for member in members[::5]])
    if name == "event named":
        w.event("store.stock_out", member_id=[*members, "M999"], sku="A")
        w.event("store.stock_out", member_id=members[:9], sku="B")
    if name == "segment swept":
        for member in members:
            w.person(member, tags=["大客户"])
    if name == "poll":
        with sqlite3.connect(tmp_path / "project" / "erp.db") as db:
            rows = [("、".join(members[i : i + 10]), "A", i + 1) for i in range(0, COUNT, 10)]
            db.executemany("INSERT INTO stock VALUES (?, ?, ?)", [*rows, ("M1、M999", "B", 999)])
