"""Steps: waits are rows, branches and splits choose, exits are looked at before every step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from automation.engine.engine import Engine
from tests.engine.world import World, at

HEAD = """
rules:
  - id: journey
    name: 旅程
    trigger: {type: event, with: {name: whitepaper.downloaded}}
"""


def journey(steps: str, **more: str) -> str:
    extra = "".join(f"    {key}: {value}\n" for key, value in more.items())
    return HEAD + extra + "    steps:\n" + "".join(f"      {line}\n" for line in steps.strip().splitlines())


def test_a_wait_is_a_row_that_a_new_engine_takes_up(world: Callable[..., World]) -> None:
    # given
    w = world(journey("- wait: 3d\n- do: contact.tag\n  with: {add: [三天后]}"))
    anna = w.person("M1")
    w.event("whitepaper.downloaded", "M1")
    w.run()
    assert w.codes(anna) == ["entered", "waiting"]
    # when the process is another one, and the time has come
    w.engine = Engine(w.project(), w.database, w.clock)
    w.go(days=2, hours=23, minutes=59)
    assert w.table("contact_tag") == []
    w.go(minutes=1)
    # then
    assert [row.tag for row in w.table("contact_tag")] == ["三天后"]
    assert w.codes(anna)[-2:] == ["step.done", "completed"]


@pytest.mark.parametrize(
    ("wait", "profile", "wakes"),
    [
        ("2h", {}, "2026-08-01 14:00"),
        ('{until: "09:00"}', {}, "2026-08-02 09:00"),
        ('{until: "13:30"}', {}, "2026-08-01 13:30"),
        ('{until: contact.birthday, offset: -1d, at: "10:00"}', {"birthday": "2026-08-20"}, "2026-08-19 10:00"),
        ('{until: contact.birthday, at: "10:00"}', {"birthday": "1990-08-20"}, None),
        ("{until: contact.birthday}", {}, None),
    ],
)
def test_where_waits_end(world: Callable[..., World], wait: str, profile: dict[str, str], wakes: str | None) -> None:
    w = world(journey(f"- wait: {wait}\n- do: contact.tag\n  with: {{add: [醒]}}"))
    w.person("M1", **profile)
    w.event("whitepaper.downloaded", "M1")
    w.run()
    if wakes is None:
        assert w.runs()[0].status == "done"
        return
    assert w.runs()[0].due_at == int(at(wakes).timestamp() * 1000)
    w.to(wakes)
    assert w.runs()[0].status == "done"


def test_if_takes_then_or_else_and_sees_what_earlier_steps_did(world: Callable[..., World]) -> None:
    w = world(
        journey("""
- do: contact.update
  with: {set: {level: 金卡}}
- if: [{contact.level: 金卡}]
  then: [{do: contact.tag, with: {add: [是金卡]}}]
  else: [{do: contact.tag, with: {add: [不是]}}]
""")
    )
    w.person("M1", level="普卡")
    w.event("whitepaper.downloaded", "M1")
    w.run()
    assert [row.tag for row in w.table("contact_tag")] == ["是金卡"]
    (branched,) = w.log("step.branched")
    assert (branched.step, branched.detail) == ("rules/journey/steps/1", {"branch": "then"})


def test_stop_ends_with_its_reason(world: Callable[..., World]) -> None:
    w = world(
        journey("""
- if: [{contact.level: 金卡}]
  then: [{stop: 已是金卡}]
- do: contact.tag
  with: {add: [继续]}
""")
    )
    anna, bob = w.person("M1", level="金卡"), w.person("M2", level="普卡")
    for member in ("M1", "M2"):
        w.event("whitepaper.downloaded", member)
    w.run()
    assert w.codes(anna)[-1] == "stopped"
    assert w.log("stopped")[0].detail == {"reason": "已是金卡"}
    assert w.codes(bob)[-1] == "completed"


def test_exit_when_is_looked_at_before_every_step_also_after_a_wait(world: Callable[..., World]) -> None:
    w = world(
        journey(
            "- wait: 3d\n- do: contact.tag\n  with: {add: [醒]}",
            exit_when="[{did: {event: order.paid, since: entry}}]",
        )
    )
    anna, bob = w.person("M1"), w.person("M2")
    w.event("order.paid", "M2", when="2026-07-01 10:00", amount=1)
    for member in ("M1", "M2"):
        w.event("whitepaper.downloaded", member)
    w.run()
    w.go(days=1)
    w.event("order.paid", "M1", amount=1)
    w.go(days=2)
    assert w.codes(anna)[-1] == "exited.condition"
    assert w.codes(bob)[-1] == "completed"
    assert w.log("exited.condition")[0].step == "rules/journey/exit_when"


def test_a_split_keeps_its_weights_and_a_person_keeps_their_arm(world: Callable[..., World]) -> None:
    w = world(
        journey("""
- split:
    name: arms
    arms:
      - {arm: A, weight: 30, steps: [{do: contact.tag, with: {add: [A]}}]}
      - {arm: B, weight: 70, steps: [{do: contact.tag, with: {add: [B]}}]}
- do: contact.tag
  with: {add: [后]}
""")
    )
    lines = [w.line("whitepaper.downloaded", f"M{i}") for i in range(400)]
    w.events(lines)
    w.run()
    counted = Counter(row.tag for row in w.table("contact_tag"))
    assert counted["后"] == 400
    assert counted["A"] + counted["B"] == 400
    assert 80 < counted["A"] < 160
    again = [w.line("whitepaper.downloaded", f"M{i}", title="2") for i in range(400)]
    w.events(again)
    w.run()
    assert Counter(row.tag for row in w.table("contact_tag")) == counted


@pytest.mark.parametrize(
    ("mode", "entered", "ended"),
    [("skip", 1, []), ("restart", 2, ["exited.restarted"]), ("parallel", 2, [])],
)
def test_entering_again_while_inside(world: Callable[..., World], mode: str, entered: int, ended: list[str]) -> None:
    w = world(journey("- wait: 3d", mode=f"{{on_again: {mode}, per: contact}}"))
    anna = w.person("M1")
    first = w.event("whitepaper.downloaded", "M1", title="1")
    w.go(days=1)
    second = w.event("whitepaper.downloaded", "M1", title="2")
    w.run()
    assert first.entered + second.entered == entered
    assert [code for code in w.codes(anna) if code.startswith("exited")] == ended
    alive = [run for run in w.runs() if run.ended_at is None]
    assert len(alive) == (2 if mode == "parallel" else 1)
    w.go(days=4)
    third = w.event("whitepaper.downloaded", "M1", title="3")
    assert third.entered == 1


def test_restart_twice_in_one_batch_leaves_one_inside(world: Callable[..., World]) -> None:
    w = world(journey("- wait: 3d", mode="{on_again: restart, per: contact}"))
    anna = w.person("M1")
    w.events([w.line("whitepaper.downloaded", "M1", title=str(i)) for i in range(3)])
    assert w.codes(anna).count("entered") == 3
    assert w.codes(anna).count("exited.restarted") == 2
    assert len([run for run in w.runs() if run.ended_at is None]) == 1


def test_mode_counts_per_event_property(world: Callable[..., World]) -> None:
    w = world("""
    rules:
      - id: rescue
        name: 缺货
        trigger: {type: event, with: {name: store.stock_out, contact: event.member_id}}
        mode: {on_again: skip, per: [contact, event.sku]}
        steps: [{wait: 1d}]
    """)
    w.person("M1")
    entered = [
        w.event("store.stock_out", member_id=["M1"], sku=sku, store_id=str(i)).entered
        for i, sku in enumerate(["A", "B", "A"])
    ]
    assert entered == [1, 1, 0]


def test_an_action_that_fails_ends_the_run_and_leaves_nothing(world: Callable[..., World]) -> None:
    w = world(
        journey("""
- do: coupon.issue
  with: {batch: BDAY}
  save_as: coupon
- do: sms.send
  with: {template: coupon}
""")
    )
    for i in range(4):
        w.person(f"M{i}", name=f"人{i}", phone=f"1380013800{i}")
        w.event("whitepaper.downloaded", f"M{i}")
    w.run()
    issued = [row for row in w.table("coupon_code") if row.status == "issued"]
    assert len(issued) == 3
    assert len(w.outbox("sms")) == 3
    assert any(issued[0].code in text for text in w.outbox("sms"))
    (failed,) = w.log("failed.out_of_stock")
    assert w.codes(failed.contact_id)[-1] == "failed.step"


def test_an_emitted_event_starts_another_rule(world: Callable[..., World]) -> None:
    w = world("""
    rules:
      - id: first
        name: 一
        trigger: {type: event, with: {name: order.paid}}
        steps: [{do: event.emit, with: {name: vip.welcome, properties: {from_rule: first}}}]
      - id: second
        name: 二
        trigger: {type: event, with: {name: vip.welcome, where: [{event.from_rule: first}]}}
        steps: [{do: contact.tag, with: {add: [VIP]}}]
    """)
    w.person("M1")
    w.event("order.paid", "M1", amount=1)
    w.run()
    assert [row.tag for row in w.table("contact_tag")] == ["VIP"]
