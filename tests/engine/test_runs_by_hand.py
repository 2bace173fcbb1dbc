"""One person by hand, audited, and by the guards of everybody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from automation.engine.journey.manual import Because
from automation.errors import AutomationError
from automation.store.audit import read_audit, subject_of
from tests.engine.world import World

OPS = Because("ops", "called the hotline")
RULE = """
rules:
  - id: nurture
    trigger: {{type: event, with: {{name: whitepaper.downloaded}}}}
    audience: [{{contact.level: {{is_not: 普卡}}}}]
    mode: {{on_again: {mode}}}
    guards: {{consent: transactional, quiet_hours: {{from: "22:00", to: "08:00"}}}}
    steps:
      {steps}
      - do: contact.tag
        with: {{add: [以后]}}
"""


def nurture(steps: str = "- wait: 3d", mode: str = "parallel") -> str:
    return RULE.format(steps=steps, mode=mode)


def inside(world: Callable[..., World], rules: str, **options: object) -> tuple[World, int]:
    w = world(rules, **options)
    anna = w.person("M1", name="安娜", phone="13800138001")
    w.event("whitepaper.downloaded", "M1")
    w.run()
    w.clock.advance(timedelta(hours=1))
    return w, anna


def test_exit_ends_all_runs_those_in_the_queue_too_and_says_who_and_why(world: Callable[..., World]) -> None:
    w, anna = inside(world, nurture(mode="queue"))
    w.event("whitepaper.downloaded", "M1", title="2")
    assert [run.status for run in w.runs()] == ["active", "queued"]
    ids = w.engine.runs_by_hand.exit([anna], "nurture", OPS)
    assert ids == [run.id for run in w.runs()]
    assert {(run.status, run.reason) for run in w.runs()} == {("exited", "exited.by_hand")}
    assert [row.detail for row in w.log("exited.by_hand")] == [{"actor": "ops", "reason": OPS.reason}] * 2
    with w.database.read() as conn:
        audited = read_audit(conn, subject_of(anna))[-1]
    assert (audited.actor, audited.action) == ("ops", "run.exited")
    assert audited.detail == {"rule": "nurture", "reason": OPS.reason, "runs": ids}
    w.go(days=9)
    assert w.table("contact_tag") == []
    with pytest.raises(AutomationError, match=r"#1 is not inside nurture"):
        w.engine.runs_by_hand.exit([anna], "nurture", OPS)


@pytest.mark.parametrize(
    ("step", "branch"),
    [
        ("- wait: 3d", []),
        ('- wait: {until: "06:00"}', []),
        ("- wait: {until: contact.birthday, if_past: stop, if_missing: stop}", []),
        (
            "- wait_for: {event: order.paid, within: 3d}\n        else: [{do: contact.tag, with: {add: [没来]}}]",
            ["没来"],
        ),
        ("- repeat: {times: 2, every: 3d, steps: [{do: contact.tag, with: {add: [轮]}}]}", ["轮"]),
    ],
)
def test_skip_goes_over_what_somebody_waits_for(world: Callable[..., World], step: str, branch: list[str]) -> None:
    w = world(nurture(step))
    anna = w.person("M1", birthday="2026-08-20")
    w.event("whitepaper.downloaded", "M1")
    w.run()
    assert w.runs()[0].ended_at is None
    assert w.engine.runs_by_hand.skip([anna], "nurture", OPS).startswith("rules/nurture/steps/0")
    w.run()
    assert (w.runs()[0].reason, sorted(row.tag for row in w.table("contact_tag"))) == (
        "completed",
        sorted([*branch, "以后"]),
    )
    assert len(w.log("step.skipped_by_hand")) == 1


def test_skip_leaves_out_a_message_that_was_put_off(world: Callable[..., World]) -> None:
    steps = "- do: sms.send\n        with: {template: hello}"
    w, anna = inside(world, nurture(steps), now="2026-08-01 23:00")
    assert w.codes(anna)[-1] == "held.quiet_hours"
    assert w.engine.runs_by_hand.skip([anna], "nurture", OPS) == "rules/nurture/steps/0"
    w.go(days=1)
    assert (w.runs()[0].reason, w.messages()) == ("completed", [])


def test_skip_needs_one_run_that_waits(world: Callable[..., World]) -> None:
    w, anna = inside(world, nurture())
    hand = w.engine.runs_by_hand
    w.event("whitepaper.downloaded", "M1", title="2")
    with pytest.raises(AutomationError, match="several runs of nurture"):
        hand.skip([anna], "nurture", OPS)
    with pytest.raises(AutomationError, match="waits for nothing that could be skipped"):
        hand.skip([anna], "nurture", OPS, run_id=w.runs()[1].id)
    hand.skip([anna], "nurture", OPS, run_id=w.runs()[0].id)
    w.run()
    assert [run.reason for run in w.runs()] == ["completed", None]


def test_enter_asks_the_guards_and_counts_from_now(world: Callable[..., World]) -> None:
    w = world(nurture())
    anna, bob, eve = w.person("M1"), w.person("M2", level="普卡"), w.person("M3")
    for member in ("M1", "M2"):
        w.events([w.line("whitepaper.downloaded", member, when="2026-07-01 12:00", title="T")])
    w.engine.runs_by_hand.exit([anna], "nurture", OPS)
    hand = w.engine.runs_by_hand
    entered, refused = hand.enter([anna], "nurture", OPS), hand.enter([bob], "nurture", OPS)
    assert (entered.code, refused.code, refused.run_id) == ("entered", "skipped.audience", None)
    assert entered.detail == {"actor": "ops", "reason": OPS.reason}
    w.run()
    run = w.runs()[-1]
    assert (run.id, run.event_id, run.due_at) == (entered.run_id, 1, w.clock.now().timestamp() * 1000 + 3 * 86_400_000)
    with pytest.raises(AutomationError, match="has none that would call it"):
        hand.enter([eve], "nurture", OPS)
    w.reload(nurture().replace("id: nurture", "id: nurture\n    enabled: false"))
    with pytest.raises(AutomationError, match="nurture does not run"):
        w.engine.runs_by_hand.enter([anna], "nurture", OPS)


GIFT = """
rules:
  - id: gift
    trigger: {{type: event, with: {{name: order.paid}}}}
    guards: {{consent: transactional, limit: {{max: 1, per: month, of: coupons}}}}
    mode: {{on_again: parallel}}
    steps:
      - do: coupon.issue
        with: {{batch: BDAY}}
        save_as: coupon
      {steps}
"""
MESSAGE = "- do: sms.send\n        with: {template: hello}"


@pytest.mark.parametrize("told", [False, True])
def test_a_code_comes_back_by_an_exit_by_hand_unless_somebody_was_told(world: Callable[..., World], told: bool) -> None:
    steps = [MESSAGE, "- wait: 9d"] if told else ["- wait: 9d", MESSAGE]
    w = world(GIFT.format(steps="\n      ".join(steps)))
    anna = w.person("M1", phone="13800138001", name="安娜")
    w.event("order.paid", "M1", amount=1)
    w.run()
    w.engine.runs_by_hand.exit([anna], "gift", OPS)
    assert [code.status for code in w.table("coupon_code")] == ["issued" if told else "returned"]
    # and what came back counts for no limit
    w.event("order.paid", "M1", amount=2)
    w.run()
    assert [code.status for code in w.table("coupon_code")] == (["issued"] if told else ["returned", "issued"])
