"""A rule on workdays goes by the project's holidays.yaml: the engine, `validate` and lint."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from automation.calendars.workdays import known_years
from automation.insight.lint.lint import lint
from automation.rules.project import Project
from automation.settings import Settings
from tests.engine.world import World

RULES = """
rules:
  - id: greet
    name: 开工问候
    trigger: {type: schedule, with: {workdays: true, at: "09:00"}}
    steps: [{do: contact.tag, with: {add: [问候过]}}]
"""
NEXT = known_years()[-1] + 1


def write(w: World, text: str) -> None:
    (w.folder / "holidays.yaml").write_text(text, encoding="utf-8")


def fired(w: World) -> list[str]:
    return [row.key for row in w.table("occurrence")]


def test_a_year_that_nobody_knows_stands_still_until_it_is_written_down(world: Callable[..., World]) -> None:
    # given a rule on workdays at the end of what the package knows
    w = world(RULES, now=f"{NEXT - 1}-12-30 12:00")
    w.person("M1")
    w.run()
    for day in (4, 5, 6):
        w.to(f"{NEXT}-01-{day:02} 12:00")
    assert [key for key in fired(w) if key.startswith(str(NEXT))] == []
    # when the year is written down, with a mistake at first
    write(w, f"years: [{NEXT}]\nholidays: [{NEXT}-01-01, {NEXT}-13-01]\n")
    w.reload()
    w.run()
    assert [key for key in fired(w) if key.startswith(str(NEXT))] == []
    write(w, f"years: [{NEXT}]\nholidays: [{NEXT}-01-01, {{from: {NEXT}-01-04, to: {NEXT}-01-05}}]\n")
    w.reload()
    w.run()
    # then the last workday that passed is caught up with, and no holiday
    assert [key for key in fired(w) if key.startswith(f"{NEXT}-01-06")] == [f"{NEXT}-01-06T09:00"]
    assert not any(key.startswith((f"{NEXT}-01-01", f"{NEXT}-01-04", f"{NEXT}-01-05")) for key in fired(w))


def test_lint_compares_with_the_package_and_tells_when_the_calendar_ends(world: Callable[..., World]) -> None:
    w = world(RULES, now=f"{NEXT - 1}-11-30 12:00")
    write(w, f"years: [{NEXT - 1}]\nholidays: []\n")
    now: datetime = w.clock.now()

    def codes() -> set[str]:
        report = lint(Project.load(Settings.load(w.folder)), None, now)
        return {finding.code for finding in report.findings if finding.code.startswith("L8")}

    assert codes() == {"L801", "L802"}
    write(w, f"years: [{NEXT}]\nholidays: [{NEXT}-01-01]\n")
    assert codes() == set()
    (w.folder / "holidays.yaml").unlink()
    assert codes() == {"L802"}


def test_send_windows_on_workdays_go_by_the_same_calendar(world: Callable[..., World]) -> None:
    quiet = """
rules:
  - id: greet
    name: 工作日问候
    trigger: {type: event, with: {name: order.paid}}
    guards: {quiet_hours: {days: days_off, then: delay}}
    steps: [{do: message.send, with: {channels: [sms], template: hello}}]
"""
    w = world(quiet, now="2026-08-03 12:00")  # a Monday
    write(w, "years: [2026]\nholidays: [2026-08-03]\n")
    w.reload()
    w.person("M1", phone="13800138001", name="安娜")
    w.event("order.paid", "M1", amount=1)
    w.run()
    assert w.outbox("sms") == []
    w.to("2026-08-04 00:01")
    assert len(w.outbox("sms")) == 1
