"""Goals and exits the moment an event arrives: wherever the run stands, and whatever it was about to send."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest

from automation.clock import to_ms
from tests.engine.world import World, at

GOAL = """
rules:
  - id: nurture
    name: 培育
    trigger: {{type: event, with: {{name: whitepaper.downloaded}}}}
    goal: {{event: order.paid, where: [{{event.amount: {{gte: 100}}}}], within: 7d}}
    {more}
    steps:
      {steps}
"""
EXIT = "exit_when: [{did: {event: vip.welcome, since: entry}}]"


def nurture(steps: str = "- wait: 3d", more: str = "") -> str:
    return GOAL.format(steps=steps, more=more)


def entered(world: Callable[..., World], rules: str, **options: object) -> tuple[World, int]:
    w = world(rules, **options)
    anna = w.person("M1", name="安娜", phone="13800138001")
    w.event("whitepaper.downloaded", "M1")
    w.run()
    w.clock.advance(timedelta(hours=1))
    return w, anna


def test_a_goal_is_credited_and_the_run_leaves_at_once(world: Callable[..., World]) -> None:
    w, anna = entered(world, nurture())
    w.event("order.paid", "M1", amount=100)
    (run,) = w.runs()
    paid = max(row.id for row in w.table("event"))
    assert (run.status, run.reason, run.goal_at, run.goal_event_id) == (
        "exited", "exited.goal", to_ms(w.clock.now()), paid,
    )  # fmt: skip
    assert w.codes(anna) == ["entered", "waiting", "goal.met", "exited.goal"]
    assert [row.event_id for row in (*w.log("goal.met"), *w.log("exited.goal"))] == [paid, paid]
    w.go(days=9)
    assert w.codes(anna)[-1] == "exited.goal"


def test_what_is_no_goal(world: Callable[..., World]) -> None:
    w, _ = entered(world, nurture())
    w.person("M2")
    w.events(
        [
            w.line("order.paid", "M1", amount=99),
            w.line("order.paid", "M2", amount=500),
            w.line("order.paid", "M1", when="2026-08-01 11:59", amount=500),
        ]
    )
    assert (w.runs()[0].ended_at, w.runs()[0].goal_at) == (None, None)


def test_the_goal_is_credited_within_its_window_when_the_run_has_ended_already(world: Callable[..., World]) -> None:
    w, anna = entered(world, nurture("- do: contact.tag\n        with: {add: [x]}"))
    assert w.runs()[0].status == "done"
    w.to("2026-08-08 12:00")
    w.event("order.paid", "M1", when="2026-08-08 12:00", amount=500)
    (run,) = w.runs()
    assert (run.status, run.reason, run.goal_at) == ("done", "completed", to_ms(at("2026-08-08 12:00")))
    assert w.codes(anna)[-1] == "goal.met"


def test_a_goal_after_its_window_is_nobodys(world: Callable[..., World]) -> None:
    w, _ = entered(world, nurture("- do: contact.tag\n        with: {add: [x]}"))
    w.to("2026-08-09 12:00")
    w.event("order.paid", "M1", when="2026-08-08 12:01", amount=500)
    assert w.runs()[0].goal_at is None


def test_each_goal_event_is_credited_to_the_newest_run_that_has_none(world: Callable[..., World]) -> None:
    w, _ = entered(world, nurture())
    w.event("whitepaper.downloaded", "M1", title="2")
    w.run()
    w.clock.advance(timedelta(hours=1))
    w.event("order.paid", "M1", amount=100)
    assert [run.goal_at is not None for run in w.runs()] == [False, True]
    w.clock.advance(timedelta(hours=1))
    w.event("order.paid", "M1", amount=200)
    assert [run.goal_at is not None for run in w.runs()] == [True, True]
    assert len(w.log("goal.met")) == 2


@pytest.mark.parametrize("steps", ["- wait: 3d", "- wait_for: {event: order.paid, within: 3d}"])
def test_an_exit_condition_ends_the_run_when_its_event_arrives_also_in_a_wait(
    world: Callable[..., World], steps: str
) -> None:
    w, anna = entered(world, nurture(steps, EXIT))
    w.event("vip.welcome", "M1", from_rule="x")
    (run,) = w.runs()
    assert (run.status, run.reason, run.due_at, run.wait_event) == ("exited", "exited.condition", None, None)
    (left,) = w.log("exited.condition")
    assert (left.step, left.event_id) == ("rules/nurture/exit_when", max(row.id for row in w.table("event")))
    w.event("order.paid", "M1", amount=500)
    assert w.codes(anna)[-1] == "goal.met"  # the goal counts all the same


def test_an_exit_that_needs_more_than_the_event_waits_for_it(world: Callable[..., World]) -> None:
    more = "exit_when: [{did: {event: vip.welcome, since: entry, at_least: 2}}, {contact.level: 金卡}]"
    w, _ = entered(world, nurture("- wait: 3d", more))
    w.person("M1", level="金卡")
    w.event("vip.welcome", "M1", from_rule="a")
    assert w.runs()[0].ended_at is None
    w.clock.advance(timedelta(hours=1))
    w.event("vip.welcome", "M1", from_rule="b")
    assert w.runs()[0].reason == "exited.condition"


def test_a_held_run_leaves_too(world: Callable[..., World]) -> None:
    w, _ = entered(world, nurture("- wait: 3d", EXIT))
    w.reload(nurture("- wait: 3d", EXIT + "\n    enabled: false"))
    assert w.runs()[0].status == "held"
    w.event("vip.welcome", "M1", from_rule="x")
    assert w.runs()[0].reason == "exited.condition"


def test_a_message_that_is_still_queued_is_dropped_when_its_run_leaves(world: Callable[..., World]) -> None:
    w = world(nurture("- do: sms.send\n        with: {template: hello}"))
    anna = w.person("M1", name="安娜", phone="13800138001")
    w.event("whitepaper.downloaded", "M1")
    w.engine.advance()
    assert w.messages()[0].status == "queued"
    w.clock.advance(timedelta(minutes=1))
    w.event("order.paid", "M1", amount=500)
    (message,) = w.messages()
    assert (message.status, message.outcome_code, message.due_at) == ("dropped", "skipped.ended", None)
    assert w.codes(anna)[-3:] == ["goal.met", "exited.goal", "skipped.ended"]
    (dropped,) = w.log("skipped.ended")
    assert (dropped.message_id, dropped.detail) == (message.id, {"channel": "sms"})
    w.run()
    assert w.outbox("sms") == []


def test_a_run_that_is_restarted_does_not_send_what_it_had_queued(world: Callable[..., World]) -> None:
    mode = "mode: {on_again: restart, per: contact}"
    w = world(nurture("- do: sms.send\n        with: {template: hello}", mode))
    w.person("M1", name="安娜", phone="13800138001")
    w.event("whitepaper.downloaded", "M1", title="1")
    w.engine.advance()
    w.event("whitepaper.downloaded", "M1", title="2")
    w.run()
    assert [message.status for message in w.messages()] == ["dropped", "accepted"]
    assert len(w.outbox("sms")) == 1


SLOW = '''
"""A provider that answers when the test lets it."""

import time
from pathlib import Path

from automation.i18n import Text
from automation.plugin import Params, param
from automation.providers.base import Outcome, Provider


class Slow(Provider):
    type = "slow"
    title = Text("慢", "slow")
    channels = frozenset({"sms"})

    class Params(Params):
        flags: str = param(zh="标志目录", en="a folder of flags")

    def send(self, messages):
        flags = Path(self.params.flags)
        (flags / "asked").touch()
        for _ in range(1000):
            if (flags / "answer").exists():
                break
            time.sleep(0.01)
        kind = (flags / "answer").read_text()
        return [getattr(Outcome, kind)("ok" if kind == "accepted" else "busy") for _ in messages]
'''


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [("accepted", "accepted", "message.accepted"), ("transient", "dropped", "skipped.ended")],
)
def test_a_message_that_is_with_its_provider_settles_and_is_not_tried_again(
    world: Callable[..., World], tmp_path: Path, answer: str, status: str, code: str
) -> None:
    """The run leaves between the call and its outcome."""
    (tmp_path / "project" / "plugins").mkdir(parents=True)
    (tmp_path / "project" / "plugins" / "slow.py").write_text(SLOW, encoding="utf-8")
    settings = f'[providers.sms]\ntype = "slow"\nflags = "{tmp_path.as_posix()}"\n'
    steps = "- do: sms.send\n        with: {template: hello}\n      - do: contact.tag\n        with: {add: [之后]}"
    w = world(nurture(steps), settings=settings)
    anna = w.person("M1", name="安娜", phone="13800138001")
    w.event("whitepaper.downloaded", "M1")
    w.engine.advance()
    sender = Thread(target=w.engine.deliver, args=("sms",))
    sender.start()
    while not (tmp_path / "asked").exists():
        sender.join(0.01)
    w.clock.advance(timedelta(minutes=1))
    w.event("order.paid", "M1", amount=500)
    assert (w.runs()[0].reason, w.messages()[0].status) == ("exited.goal", "sending")
    (tmp_path / "answer.new").write_text(answer)
    (tmp_path / "answer.new").rename(tmp_path / "answer")
    sender.join()
    w.go(days=1)
    assert (w.messages()[0].status, w.runs()[0].reason) == (status, "exited.goal")
    assert w.codes(anna)[-1] == code
    assert w.table("contact_tag") == []
