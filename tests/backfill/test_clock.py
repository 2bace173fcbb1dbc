"""Past dates and schedules meet a rule that was not there when they were due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from automation.engine.backfill.backfill import BackfillError
from tests.backfill.conftest import Fill, everything
from tests.engine.world import World

Make = Callable[..., World]
NONE = """
rules:
  - id: other
    name: 别的
    trigger: {type: event, with: {name: whitepaper.downloaded}}
    steps: [{do: contact.tag, with: {add: [别的]}}]
"""
BIRTHDAY = """
rules:
  - id: birthday
    name: 生日
    %s
    trigger: {type: anniversary, with: {field: contact.birthday, at: "10:00"}}
    audience: [{contact.level: 金卡}]
    steps: [{do: contact.tag, with: {add: [生日]}}]
"""
WEEKLY = """
rules:
  - id: weekly
    name: 周刊
    catch_up: %s
    mode: {on_again: parallel}
    trigger: {type: schedule, with: {cron: "0 9 * * mon"}}
    steps: [{do: contact.tag, with: {add: [周刊]}}]
"""
SILENT = """
rules:
  - id: silent
    name: 沉默
    trigger: {type: inactivity, with: {event: order.paid, for: 10d, at: "10:00"}}
    steps: [{do: contact.tag, with: {add: [沉默]}}]
"""


def born(make: Make, *days: str) -> World:
    """Gold customers with these birthdays, and a plain one with the first; it is 1 August."""
    w = make(NONE)
    for number, day in enumerate(days, 1):
        w.person(f"M{number}", birthday=f"1990-{day}", level="金卡")
    w.person("P", birthday=f"1990-{days[0]}", level="普卡")
    w.run()
    return w


def keys(w: World) -> list[tuple[int, str]]:
    return [(run.contact_id, run.key) for run in w.runs()]


def test_missed_birthdays_enter_with_their_dates(world: Make, fill: Fill) -> None:
    w = born(world, "07-10", "07-20", "06-20", "08-01", "08-02")
    w.reload(BIRTHDAY % "owner: 运营")
    made = fill(w, "birthday", "2026-07-01 00:00")
    # then those since then, long ago as they are: somebody has asked for them
    assert keys(w) == [(1, "2026-07-10"), (2, "2026-07-20"), (4, "2026-08-01")]
    assert (made.looked_at, made.people, made.entered) == (32, 4, 3)
    assert made.skipped == Counter({"skipped.audience": 1})
    w.run()
    assert len(w.table("contact_tag")) == 3


def test_a_second_run_and_the_live_clock_change_nothing(world: Make, fill: Fill) -> None:
    w = born(world, "07-10", "07-31", "08-02")
    w.reload(BIRTHDAY % "owner: 运营")
    fill(w, "birthday", "2026-07-01 00:00")
    w.run()
    before = everything(w)
    again = fill(w, "birthday", "2026-07-01 00:00")
    assert (again.entered, again.unused) == (0, Counter({"known": 32}))
    assert {name for name, rows in everything(w).items() if rows != before[name]} == {"audit"}
    # and the next birthday is the live clock's
    w.to("2026-08-02 11:00")
    assert keys(w) == [(1, "2026-07-10"), (2, "2026-07-31"), (3, "2026-08-02")]


def test_what_fired_live_is_not_doubled(world: Make, fill: Fill) -> None:
    w = born(world, "07-31", "08-02", "08-04")
    w.reload(BIRTHDAY % "owner: 运营")
    w.run()
    w.to("2026-08-03 12:00")
    made = fill(w, "birthday", "2026-07-30 00:00")
    assert (made.entered, made.unused) == (1, Counter({"known": 2}))
    assert keys(w) == [(2, "2026-08-02"), (1, "2026-07-31")]


def test_what_is_too_old_for_the_rule_is_left_out(world: Make, fill: Fill) -> None:
    w = born(world, "07-10", "07-30")
    w.reload(BIRTHDAY % "expires_after: 7d")
    made = fill(w, "birthday", "2026-07-01 00:00")
    assert keys(w) == [(2, "2026-07-30")]
    assert made.unused == Counter({"expired": 25})


@pytest.mark.parametrize(
    ("catch_up", "entered"),
    [("latest", ["2026-07-27"]), ("skip", []), ("all", ["2026-07-13", "2026-07-20", "2026-07-27"])],
)
def test_a_schedule_is_caught_up_as_the_rule_says(world: Make, fill: Fill, catch_up: str, entered: list[str]) -> None:
    w = world(NONE)
    w.person("M1")
    w.reload(WEEKLY % catch_up)
    made = fill(w, "weekly", "2026-07-10 00:00")
    assert [run.key[:10] for run in w.runs()] == entered
    assert made.unused.total() == 3 - len(entered)


def test_who_has_gone_silent_since_then(world: Make, fill: Fill) -> None:
    w = world(NONE)
    for number, day in enumerate(("01", "05", "20", "30"), 1):
        w.person(f"M{number}")
        w.event("order.paid", f"M{number}", when=f"2026-07-{day} 12:00", amount=1)
    w.event("order.paid", "M2", when="2026-07-25 12:00", amount=1)
    w.reload(SILENT)
    fill(w, "silent", "2026-07-10 12:00")
    assert [run.contact_id for run in w.runs()] == [1, 3]


def test_more_than_the_rule_may_reach_waits_for_approval(world: Make, planned_fill: Fill) -> None:
    w = born(world, "07-10", "07-10", "07-10", "07-20")
    w.reload(BIRTHDAY % "max_audience: 2")
    made = planned_fill(w, "birthday", "2026-07-01 00:00")
    assert (made.entered, made.held) == (1, 3)
    assert [row.status for row in w.table("occurrence") if row.key == "2026-07-10"] == ["held"]


def test_a_segment_can_not_be_backfilled(world: Make, fill: Fill) -> None:
    w = world(NONE)
    w.reload("""
segments:
  gold: [{contact.level: 金卡}]
rules:
  - id: welcome
    name: 欢迎
    trigger: {type: segment, with: {name: gold, on: entered}}
    steps: [{do: contact.tag, with: {add: [金]}}]
""")
    with pytest.raises(BackfillError, match=r"who was in it in the past is not known|过去谁在其中没有记录"):
        fill(w, "welcome", "2026-07-01 00:00")
