"""Durations that likely mean months, and waits for a date without a policy."""

from __future__ import annotations

from collections.abc import Callable

from automation.insight.lint.lint import lint
from automation.rules.project import Project
from automation.settings import Settings
from tests.engine.conftest import world  # noqa: F401  (a fixture)
from tests.engine.world import World

RULES = """
defaults:
  frequency_cap: [{max: 3, per: 1m}]
rules:
  - id: one
    name: 一
    trigger: {type: event, with: {name: order.paid}}
    audience:
      - did: {event: order.paid, within: 3m}
      - did: {event: order.paid, within: 3mo}
    guards: {cooldown: 30m}
    goal: {event: order.paid, within: 6m}
    steps:
      - wait: {until: contact.birthday, if_missing: stop}
      - wait: {until: contact.birthday, if_missing: stop, if_past: skip}
      - wait: 1m
"""


def test_minutes_that_are_likely_months_and_waits_that_do_not_say(world: Callable[..., World]) -> None:  # noqa: F811
    w = world(RULES)
    report = lint(Project.load(Settings.load(w.folder)), None, w.clock.now())
    found = [(one.code, one.line) for one in report.findings if one.code in ("L803", "L804")]
    assert found == [("L803", 3), ("L803", 9), ("L803", 12), ("L804", 14)]
    told = {one.code: (one.text("en"), one.text("zh")) for one in report.findings}
    assert told["L804"][0].startswith("the wait for contact.birthday has no if_past")
    assert "像是想写月" in told["L803"][1]
