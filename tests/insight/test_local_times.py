"""Each person's own time, dates that are read again, windows by day: in plan, rule tests and `why`."""

from __future__ import annotations

from collections.abc import Callable

from automation.calendars.duration import Duration
from automation.i18n import language, set_language
from automation.insight.planning.plan import plan
from automation.insight.rule_tests.account import differences
from automation.insight.rule_tests.suite import Suite
from automation.insight.why import why
from tests.engine.conftest import world  # noqa: F401  (a fixture)
from tests.engine.world import World

RULES = """
rules:
  - id: hello
    name: 你好
    trigger: {type: anniversary, with: {field: contact.birthday, at: "10:00", zone: contact}}
    guards: {consent: marketing, send_window: {days: [mon, tue, wed, thu, fri], from: "09:00", to: "18:00"}}
    steps:
      - do: sms.send
        with: {template: hello}
      - wait: {until: contact.birthday, offset: 3d, at: "10:00", if_past: stop, if_missing: stop}
      - do: contact.tag
        with: {add: [三天后]}
    tests:
      - name: 纽约的十点
        given: {contact.name: 安, contact.birthday: 2026-08-04, contact.timezone: America/New_York}
        at: 2026-08-04 22:00
        expect: [sms.send]
      - name: 纽约还没到十点
        given: {contact.name: 安, contact.birthday: 2026-08-04, contact.timezone: America/New_York}
        at: 2026-08-04 10:00
        expect: {entered: false}
      - name: 周六推迟到周一
        given: {contact.name: 安, contact.birthday: 2026-08-01}
        at: 2026-08-01 10:00
        expect: held.quiet_hours
      - name: 三天后
        given: {contact.name: 安, contact.birthday: 2026-08-04}
        at: 2026-08-04 10:00
        events: [{advance: 4d}]
        expect: {entered: true, steps: [sms.send, contact.tag], state: done}
"""


def test_plan_tests_and_why_know_them(world: Callable[..., World]) -> None:  # noqa: F811
    w = world(RULES, now="2026-08-03 12:00")
    set_language("en")
    report = Suite.of(w.project(), ()).run(w.project())
    assert [problem.shown() for problem in report.suite.problems] == []
    assert [line for result in report.results for line in differences(result)] == []
    # a plan calls each at their own time, on their own day
    here = w.person("M1", phone="13800138001", name="安", birthday="2026-08-04")
    there = w.person("M2", phone="13800138002", name="安", birthday="2026-08-04", timezone="America/New_York")
    w.run()
    found = plan(w.database, w.project(), w.clock.now(), Duration(14, "d")).rules["hello"].now
    assert found is not None
    assert found.entered == 2
    assert found.messages == {"sms": {"2026-08-04": 2}}
    # and why tells each when it is their turn, and later where they stand
    for person, hour in ((here, "10:00"), (there, "22:00")):
        with language("en"):
            account = why(w.database, w.project(), "hello", person, w.clock.now())
            lines = account.lines
        assert account.conclusion.startswith(f"would enter at the next turn, on 2026-08-04 {hour}")
        assert any(f"2026-08-04 {hour}" in line.seen for line in lines if line.kind == "trigger"), hour
    w.to("2026-08-04 10:00")
    with language("en"):
        lines = why(w.database, w.project(), "hello", here, w.clock.now()).lines
    assert any("2026-08-07 10:00" in f"{line.sentence} {line.seen}" for line in lines)


NIGHT = """
rules:
  - id: night
    name: 夜里
    trigger: {type: schedule, with: {every: 1d, at: "09:20"}}
    guards: {consent: marketing, quiet_hours: {from: "02:00", to: "02:45"}}
    steps: [{do: sms.send, with: {template: hello}}]
"""


def test_a_plan_over_the_doubled_hour_comes_to_an_end(world: Callable[..., World]) -> None:  # noqa: F811
    """09:20 in Shanghai is the second 02:20 of 25 October in Berlin: quiet until the second 02:45."""
    w = world(NIGHT, now="2026-10-20 12:00")
    w.person("M1", phone="13800138001", name="安", timezone="Europe/Berlin")
    w.run()
    found = plan(w.database, w.project(), w.clock.now(), Duration(7, "d")).rules["night"].now
    assert found is not None
    assert found.messages == {"sms": {f"2026-10-{day}": 1 for day in range(21, 28)}}
    w.to("2026-10-25 09:20")
    w.go(minutes=24)
    assert "message.accepted" not in w.codes()[-3:]
    w.go(minutes=1)
    assert w.codes()[-2:] != ["held.quiet_hours", "held.quiet_hours"]
    assert len(w.codes()) < 60
