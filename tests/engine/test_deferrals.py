"""What is put off to a moment that has passed would be taken up without end: it is stopped, and it is told."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from automation.clock import from_ms, to_ms
from automation.engine.journey.state import RunState
from automation.engine.journey.stuck import stop_stuck
from automation.reasons import Reason
from automation.store.entry_moment import EntryMoment
from automation.store.log import Entry
from tests.engine.world import World

STUBBORN = '''
from automation.i18n import Text
from automation.plugin import Params
from automation.store.people import everyone
from automation.triggers.base import ClockTrigger, Firing


class Stubborn(ClockTrigger):
    """Its next firing is always the last one."""

    type = "stubborn"
    title = Text("原地踏步", "stubborn")

    class Params(Params):
        pass

    def next(self, params, zone, after):
        return Firing("same", after)

    def people(self, params, zone, firing, window):
        return everyone()
'''
RULES = """
rules:
  - id: good
    name: 好
    trigger: {type: schedule, with: {every: 1d, at: "13:00"}}
    steps: [{do: contact.tag, with: {add: [到了]}}]
"""
BAD = """
  - id: bad
    name: 坏
    trigger: {type: stubborn}
    steps: [{do: contact.tag, with: {add: [坏了]}}]
"""


def test_a_trigger_whose_next_firing_is_not_later_stands_still_alone(
    world: Callable[..., World], caplog: pytest.LogCaptureFixture
) -> None:
    w = world(RULES)
    (w.folder / "plugins").mkdir(exist_ok=True)
    (w.folder / "plugins" / "stubborn.py").write_text(STUBBORN, encoding="utf-8")
    person = w.person("M1")
    w.reload(RULES + BAD)
    with caplog.at_level(logging.ERROR):
        w.go(hours=2)
        w.go(hours=2)
    told = [record.message for record in caplog.records if "rules/bad" in record.message]
    assert len(told) == 1
    assert "不晚于" in told[0] or "is not later than" in told[0]
    assert w.codes(person) == ["entered", "step.done", "completed"]


def test_a_run_put_off_to_the_past_without_a_step_ends_and_says_why(
    world: Callable[..., World], caplog: pytest.LogCaptureFixture
) -> None:
    w = world(RULES)
    rule = next(iter(w.engine.book.by_clock))
    now = to_ms(w.clock.now())
    stuck, later, moved = (
        RunState(i, rule, i, None, 0, {}, now, EntryMoment(now, 0, now), None, since=now, start=0, was=(0, None))
        for i in (1, 2, 3)
    )
    log: list[Entry] = []
    for run, until in ((stuck, now), (later, now + 1), (moved, now)):
        run.wait(until)
    moved.position = 1
    with caplog.at_level(logging.ERROR):
        stop_stuck([stuck, later, moved], now, log)
    assert (stuck.status, stuck.reason, stuck.due_at) == ("failed", "failed.deferral", None)
    assert (later.status, moved.status) == ("active", "active")
    assert [(entry.code, entry.run_id) for entry in log] == [(Reason.FAILED_DEFERRAL, 1)]
    assert from_ms(now).isoformat() in caplog.text
