"""Rules by the clock: birthdays, schedules, inactivity; every person looked at is counted."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from automation.engine.clocks.schedule import Schedule
from automation.engine.engine import Engine
from tests.engine.world import World, at

BIRTHDAY = """
rules:
  - id: birthday
    name: 生日前 3 天
    trigger: {type: anniversary, with: {field: contact.birthday, offset: -3d, at: "10:00"}}
    audience: [{contact.level: [银卡, 金卡]}]
    guards: {cooldown: 330d}
    steps:
      - do: coupon.issue
        with: {batch: BDAY, valid_for: 14d}
        save_as: coupon
      - do: sms.send
        with: {template: coupon}
"""


def test_a_birthday_is_met_three_days_before_at_the_local_time(world: Callable[..., World]) -> None:
    # given
    w = world(BIRTHDAY, now="2026-07-30 12:00")
    anna = w.person("M1", phone="13800138001", name="安娜", level="金卡", birthday="1990-08-04")
    w.person("M2", phone="13800138002", name="波", level="普卡", birthday="1985-08-04")
    w.person("M3", phone="13800138003", name="丙", level="金卡", birthday="1985-08-05")
    w.run()
    # when
    w.to("2026-08-01 09:59")
    assert w.codes(anna) == []
    w.to("2026-08-01 10:00")
    # then
    assert w.codes(anna) == ["entered", "step.done", "message.queued", "message.accepted", "completed"]
    done = next(row for row in w.table("occurrence") if row.key == "2026-08-04")
    assert (done.looked_at, done.entered, done.skipped) == (2, 1, {"skipped.audience": 1})
    # and nobody twice
    w.to("2026-08-01 23:00")
    assert w.codes(anna).count("entered") == 1


def test_counts_always_add_up_and_a_crash_between_pages_resumes(world: Callable[..., World]) -> None:
    w = world(BIRTHDAY, now="2026-07-31 12:00")
    w.run()
    levels = ["金卡", "普卡", None]
    for i in range(50):
        level = levels[i % 3]
        w.person(f"M{i}", birthday="1990-08-04", **({"level": level} if level else {}))
    w.clock.set(at("2026-08-01 10:00"))
    small = Schedule(w.database, w.clock, w.engine.book, w.engine._moving._versions, page_size=7)
    small.fire()
    for _ in range(3):
        assert small.work()
    # the process dies here; another one goes on
    w.engine = Engine(w.project(), w.database, w.clock)
    w.run()
    (row,) = [row for row in w.table("occurrence") if row.key == "2026-08-04"]
    assert row.status == "done"
    assert row.looked_at == 50
    assert row.entered + sum(row.skipped.values()) == 50
    assert row.entered == len(w.runs()) == 17


def test_cooldown_and_holdout_of_an_audience_have_rows_of_their_own(world: Callable[..., World]) -> None:
    w = world(
        """
        rules:
          - id: monday
            name: 每日
            trigger: {type: schedule, with: {cron: "0 9 * * *"}}
            guards: {cooldown: 3d, holdout: 50%}
            steps: [{do: contact.tag, with: {add: [周]}}]
        """,
        now="2026-08-01 12:00",
    )
    for i in range(40):
        w.person(f"M{i}")
    w.run()
    w.to("2026-08-02 09:00")
    w.to("2026-08-03 09:00")
    first, second = sorted(w.table("occurrence"), key=lambda row: row.key)
    assert first.entered + first.skipped["skipped.holdout"] == 40
    assert second.skipped == {"skipped.holdout": first.skipped["skipped.holdout"], "skipped.cooldown": first.entered}
    assert len(w.log("skipped.cooldown")) == first.entered
    # what SQL held out, Python holds out too
    (rule,) = w.engine.book.rules.values()
    out = {row.contact_id for row in w.log("skipped.holdout")}
    assert out == {row.id for row in w.table("contact") if rule.holdouts[0].holds(row.id)}


def test_a_person_inside_is_skipped_or_starts_over(world: Callable[..., World]) -> None:
    text = """
        rules:
          - id: daily
            name: 每日
            trigger: {{type: schedule, with: {{cron: "0 9 * * *"}}}}
            mode: {{on_again: {mode}, per: contact}}
            steps: [{{wait: 5d}}]
        """
    w = world(text.format(mode="skip"), now="2026-08-01 12:00")
    anna = w.person("M1")
    w.run()
    w.to("2026-08-02 09:00")
    w.to("2026-08-03 09:00")
    assert w.codes(anna) == ["entered", "waiting", "skipped.already_inside"]
    w.reload(text.format(mode="restart"))
    w.to("2026-08-04 09:00")
    w.to("2026-08-05 09:00")
    assert w.codes(anna)[-3:] == ["exited.restarted", "entered", "waiting"]
    assert len([run for run in w.runs() if run.ended_at is None]) == 1


def test_after_a_pause_birthdays_are_caught_up_and_schedules_run_once(world: Callable[..., World]) -> None:
    w = world(
        """
        rules:
          - id: birthday
            name: 生日
            trigger: {type: anniversary, with: {field: contact.birthday, at: "10:00"}}
            steps: [{do: contact.tag, with: {add: [生日]}}]
          - id: daily
            name: 每日
            trigger: {type: schedule, with: {cron: "0 9 * * *"}}
            steps: [{do: contact.tag, with: {add: [日]}}]
        """,
        now="2026-08-01 12:00",
    )
    w.person("M1", birthday="1990-08-02")
    w.person("M2", birthday="1990-08-04")
    w.person("M3", birthday="1990-08-09")
    w.run()
    w.to("2026-08-04 12:00")
    occurrences = {row.key: row.status for row in w.table("occurrence")}
    assert occurrences == {
        "2026-08-02": "done", "2026-08-03": "done", "2026-08-04": "done",
        "2026-08-02T09:00": "missed", "2026-08-03T09:00": "missed", "2026-08-04T09:00": "done",
    }  # fmt: skip
    assert len([row for row in w.table("contact_tag") if row.tag == "生日"]) == 2
    # a week later: what is older than three days is recorded as missed, not sent late
    w.to("2026-08-13 12:00")
    assert {row.key for row in w.table("occurrence") if row.status == "missed"} >= {"2026-08-09"}
    assert len(w.log("occurrence.missed")) == len([r for r in w.table("occurrence") if r.status == "missed"])


def test_inactivity_enters_once_per_lapse(world: Callable[..., World]) -> None:
    w = world(
        """
        rules:
          - id: win_back
            name: 唤回
            trigger: {type: inactivity, with: {event: order.paid, for: 90d, at: "10:00"}}
            audience: [{did: {event: order.paid, at_least: 2}}]
            steps: [{do: contact.tag, with: {add: [唤回]}}]
        """,
        now="2026-01-01 00:00",
    )
    anna, bob, carl = w.person("M1"), w.person("M2"), w.person("M3")
    w.run()
    for day, member in [("2026-01-02", "M1"), ("2026-01-02", "M1"), ("2026-01-02", "M2"), ("2026-01-02", "M3"),
                        ("2026-01-03", "M3")]:  # fmt: skip
        w.clock.set(at(day + " 00:00"))
        w.events([w.line("order.paid", member, when=day, amount=1, sku=str(len(w.table("event"))))])
    for day in range(1, 9):
        w.to(f"2026-04-0{day} 00:00")
        if day == 3:  # exactly 90 days after the last one: in time
            w.event("order.paid", "M3", amount=1)
        w.to(f"2026-04-0{day} 10:00")
    assert "entered" in w.codes(anna)
    assert w.codes(bob) == []
    assert w.codes(carl) == []
    entered = w.log("entered")
    assert len(entered) == 1
    assert entered[0].at == int(at("2026-04-02 10:00").timestamp() * 1000)


@pytest.mark.parametrize("enabled", ["true", "false"])
def test_a_disabled_rule_fires_nothing(world: Callable[..., World], enabled: str) -> None:
    w = world(
        f"""
        rules:
          - id: daily
            name: 每日
            enabled: {enabled}
            trigger: {{type: schedule, with: {{cron: "0 9 * * *"}}}}
            steps: [{{do: contact.tag, with: {{add: [日]}}}}]
        """
    )
    w.person("M1")
    w.run()
    w.to("2026-08-02 09:00")
    assert len(w.table("contact_tag")) == (1 if enabled == "true" else 0)


def test_what_was_due_while_a_rule_was_disabled_is_not_caught_up(world: Callable[..., World]) -> None:
    text = """
        rules:
          - id: birthday
            name: 生日
            enabled: {enabled}
            trigger: {{type: anniversary, with: {{field: contact.birthday, at: "10:00"}}}}
            steps: [{{do: contact.tag, with: {{add: [生日]}}}}]
        """
    w = world(text.format(enabled="true"))
    w.person("M1", birthday="1990-08-03")
    w.person("M2", birthday="1990-08-05")
    w.run()
    w.reload(text.format(enabled="false"))
    w.to("2026-08-04 12:00")
    w.reload(text.format(enabled="true"))
    w.to("2026-08-05 12:00")
    assert [row.key for row in w.table("occurrence")] == ["2026-08-05"]
    assert len(w.table("contact_tag")) == 1
