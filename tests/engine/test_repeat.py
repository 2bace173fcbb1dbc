"""repeat: rounds with a pause between them, a condition before each, and a hard limit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from automation.engine.journey import movement
from tests.engine.world import World, at

HEAD = """
rules:
  - id: remind
    name: 提醒
    trigger: {type: event, with: {name: whitepaper.downloaded}}
    steps:
"""
SEND = "{do: sms.send, with: {template: hello}}"
EMIT = "{do: event.emit, with: {name: vip.welcome, properties: {from_rule: remind}}}"


def remind(*steps: str) -> str:
    return HEAD + "".join(f"      - {step}\n" for step in steps)


def entered(world: Callable[..., World], rules: str) -> tuple[World, int]:
    w = world(rules)
    anna = w.person("M1", name="安娜", phone="13800138001")
    w.event("whitepaper.downloaded", "M1")
    w.run()
    return w, anna


def emitted(w: World) -> int:
    return len([row for row in w.table("event") if row.name == "vip.welcome"])


def test_rounds_come_every_so_often_until_there_were_enough(world: Callable[..., World]) -> None:
    w, anna = entered(world, remind(f"repeat: {{times: 3, every: 1d, steps: [{SEND}]}}", "stop: 完"))
    assert (len(w.outbox("sms")), w.runs()[0].visit) == (1, 1)
    assert w.runs()[0].due_at == int(at("2026-08-02 12:00").timestamp() * 1000)
    w.go(days=1)
    w.go(days=1)
    assert [(message.visit, message.step) for message in w.messages()] == [
        (visit, "rules/remind/steps/0/repeat/0") for visit in (1, 2, 3)
    ]
    (run,) = w.runs()
    assert (run.status, run.visit, run.variables) == ("done", 3, {})
    assert [row.detail for row in w.log("step.repeated")] == [{"round": n, "of": 3} for n in (1, 2, 3)]
    one = ["step.repeated", "message.queued", "message.accepted"]
    assert w.codes(anna) == ["entered", *one, "waiting", *one, "waiting", *one, "step.done", "stopped"]
    assert w.log("step.done")[0].detail == {"rounds": 3, "ended": "times"}


def test_until_is_asked_before_each_round_the_first_one_too(world: Callable[..., World]) -> None:
    until = "until: [{did: {event: order.paid, since: entry}}]"
    w, anna = entered(world, remind(f"repeat: {{times: 5, every: 1d, {until}, steps: [{SEND}]}}", "stop: 完"))
    w.clock.advance(timedelta(hours=1))
    w.event("order.paid", "M1", amount=1)
    w.go(days=1)
    assert len(w.outbox("sms")) == 1
    assert w.codes(anna)[-2:] == ["step.done", "stopped"]
    assert w.log("step.done")[0].detail == {"rounds": 1, "ended": "until"}
    bob = w.person("M2", name="鲍勃", phone="13800138002", level="金卡")
    w.reload(remind(f"repeat: {{times: 5, every: 1d, until: [contact.level: 金卡], steps: [{SEND}]}}"))
    w.event("whitepaper.downloaded", "M2")
    w.run()
    assert w.codes(bob) == ["entered", "step.done", "completed"]


def test_repeats_in_repeats_count_for_themselves(world: Callable[..., World]) -> None:
    inner = f"{{repeat: {{times: 3, steps: [{EMIT}]}}}}"
    w, _ = entered(world, remind(f"repeat: {{times: 2, every: 1h, steps: [{inner}]}}", EMIT))
    assert (emitted(w), w.runs()[0].visit) == (3, 4)
    w.go(hours=1)
    (run,) = w.runs()
    assert (emitted(w), run.visit, run.status, run.variables) == (7, 8, "done", {})


def test_counters_outlive_a_wait_and_cannot_be_mistaken_for_a_variable(world: Callable[..., World]) -> None:
    step = "{do: coupon.issue, with: {batch: BDAY}, save_as: rounds, on_error: continue}"
    w, _ = entered(world, remind(f"repeat: {{times: 2, steps: [{step}, {{wait: 1h}}]}}"))
    assert w.runs()[0].variables["#"] == {"rounds": {"rules/remind/steps/0": 1}}
    assert w.runs()[0].variables["rounds"]["batch"] == "BDAY"
    w.go(hours=1)
    w.go(hours=1)
    assert "#" not in w.runs()[0].variables
    assert w.runs()[0].status == "done"


def test_a_loop_that_never_waits_holds_no_transaction_for_long(
    world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(movement, "MAX_STEPS", 10)
    w = world(remind(f"repeat: {{times: 20, steps: [{EMIT}]}}"))
    w.person("M1")
    w.event("whitepaper.downloaded", "M1")
    assert w.engine.advance() == 1
    (run,) = w.runs()
    assert (run.status, run.visit, run.due_at) == ("active", 4, int(w.clock.now().timestamp() * 1000))
    w.run()
    assert (emitted(w), w.runs()[0].visit, w.runs()[0].status) == (20, 20, "done")


def test_a_round_can_end_the_run_and_a_wait_for_an_event_can_stand_in_one(world: Callable[..., World]) -> None:
    wait = "{wait_for: {event: order.paid, within: 1d}, then: [{stop: 已付款}], else: [" + SEND + "]}"
    w, anna = entered(world, remind(f"repeat: {{times: 3, steps: [{wait}]}}"))
    w.go(days=1)
    w.go(days=1)
    assert len(w.outbox("sms")) == 2
    w.event("order.paid", "M1", amount=1)
    w.run()
    assert w.codes(anna)[-1] == "stopped"
    assert [row.visit for row in w.messages()] == [1, 2]
