"""Schedules that no daemon saw in time, and clocks that jump: nothing is lost in silence, nothing fires twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from automation.clock import to_ms
from automation.engine.clocks import schedule
from automation.engine.switches import pause, target_of
from automation.insight.missed import read_missed
from automation.store.occurrences import claim_running, open_occurrence
from tests.engine.world import World, at

DAILY = """
timezone: {zone}
rules:
  - id: daily
    name: 每日
    {extra}
    trigger: {{type: schedule, with: {{cron: "{cron}"}}}}
    steps: [{{do: contact.tag, with: {{add: [日]}}}}]
"""
BIRTHDAY = """
timezone: {zone}
rules:
  - id: birthday
    name: 生日
    {extra}
    trigger: {{type: anniversary, with: {{field: contact.birthday, at: "{time}"}}}}
    steps: [{{do: contact.tag, with: {{add: [生日]}}}}]
"""


def daily(extra: str = "", cron: str = "0 9 * * *", zone: str = "Asia/Shanghai") -> str:
    return DAILY.format(extra=extra or "owner: 运营", cron=cron, zone=zone)


def birthday(extra: str = "", time: str = "10:00", zone: str = "Asia/Shanghai") -> str:
    return BIRTHDAY.format(extra=extra or "owner: 运营", time=time, zone=zone)


def fates(w: World) -> dict[str, tuple[str, str | None]]:
    """Each occurrence's status and reason, by its key."""
    return {row.key: (row.status, row.reason) for row in w.table("occurrence")}


def entries(w: World) -> list[str]:
    """The keys by which people entered, in the order of entering."""
    return [run.key for run in w.runs()]


# ---------------------------------------------------------------- the daemon was asleep


def test_latest_runs_the_last_one_and_tells_of_the_others(world: Callable[..., World]) -> None:
    w = world(daily())
    w.person("M1")
    w.run()
    w.to("2026-08-04 12:00")
    assert fates(w) == {
        "2026-08-02T09:00": ("missed", "not_latest"),
        "2026-08-03T09:00": ("missed", "not_latest"),
        "2026-08-04T09:00": ("done", None),
    }
    assert [row.detail["reason"] for row in w.log("occurrence.missed")] == ["not_latest", "not_latest"]


def test_all_runs_every_one_oldest_first_with_its_own_key(world: Callable[..., World]) -> None:
    w = world(daily("catch_up: all"))
    w.person("M1")
    w.run()
    w.to("2026-08-04 08:00")
    assert entries(w) == ["2026-08-02T09:00", "2026-08-03T09:00"]
    w.run()
    assert len(w.runs()) == 2


def test_skip_runs_none_of_them_and_goes_on_with_the_next_in_time(world: Callable[..., World]) -> None:
    w = world(daily("catch_up: skip"))
    w.person("M1")
    w.run()
    w.to("2026-08-03 12:00")
    assert fates(w) == {"2026-08-02T09:00": ("missed", "skipped"), "2026-08-03T09:00": ("missed", "skipped")}
    w.to("2026-08-04 09:02")  # a restart takes its time, and is not late
    assert entries(w) == ["2026-08-04T09:00"]


def test_a_trigger_whose_firings_name_other_people_can_be_told_to_catch_up_less(world: Callable[..., World]) -> None:
    w = world(birthday("catch_up: latest"))
    first, second = w.person("M1", birthday="1990-08-02"), w.person("M2", birthday="1990-08-03")
    w.run()
    w.to("2026-08-03 12:00")
    assert w.codes(first) == []
    assert w.codes(second)[0] == "entered"


def test_what_is_too_late_is_missed_after_three_days_or_when_the_rule_says(world: Callable[..., World]) -> None:
    w = world(daily("catch_up: all"))
    w.person("M1")
    w.run()
    w.to("2026-08-06 08:59")
    assert fates(w)["2026-08-02T09:00"] == ("missed", "expired")
    assert entries(w) == ["2026-08-03T09:00", "2026-08-04T09:00", "2026-08-05T09:00"]
    # and a rule that is in a hurry
    w.reload(daily("catch_up: all\n    expires_after: 2h"))
    w.to("2026-08-07 11:01")
    assert fates(w)["2026-08-06T09:00"] == fates(w)["2026-08-07T09:00"] == ("missed", "expired")
    w.to("2026-08-08 11:00")
    assert entries(w)[-1] == "2026-08-08T09:00"


def test_an_occurrence_that_nobody_began_in_time_expires(world: Callable[..., World]) -> None:
    w = world(daily("expires_after: 2h"))
    w.person("M1")
    w.run()
    w.clock.set(at("2026-08-02 09:00"))
    assert w.engine._schedule.fire() == 1
    w.to("2026-08-02 12:00")  # the process died in between
    assert fates(w) == {"2026-08-02T09:00": ("missed", "expired")}
    assert w.runs() == []


@pytest.mark.parametrize(("how", "ran"), [("latest", 1), ("all", 3 * 24 + 1), ("skip", 1)])
def test_a_week_asleep_is_caught_up_in_portions(
    world: Callable[..., World], monkeypatch: pytest.MonkeyPatch, how: str, ran: int
) -> None:
    monkeypatch.setattr(schedule, "MAX_FIRINGS", 10)
    w = world(daily(f"catch_up: {how}", cron="0 * * * *"))
    w.person("M1")
    w.run()
    w.to("2026-08-08 12:00")
    found = w.table("occurrence")
    assert len(found) == 7 * 24
    done = sorted(row.key for row in found if row.status == "done")
    assert (len(done), done[-1]) == (ran, "2026-08-08T12:00")
    assert entries(w) == done


def test_what_was_missed_and_what_became_of_it(world: Callable[..., World]) -> None:
    w = world(daily("catch_up: latest"))
    w.person("M1")
    w.run()
    w.to("2026-08-03 12:00")
    w.to("2026-08-04 09:00")  # in time, so it is not listed
    with w.database.read() as conn:
        rows = read_missed(conn, since=0)
    assert [(row["rule"], row["key"], row["fate"], row["entered"]) for row in rows] == [
        ("daily", "2026-08-03T09:00", "caught_up", 1),
        ("daily", "2026-08-02T09:00", "not_latest", 0),
    ]
    with w.database.read() as conn:
        assert read_missed(conn, since=0, rule_key="other") == []


# ---------------------------------------------------------------- clocks


@pytest.mark.parametrize("how", ["latest", "all", "skip"])
def test_a_clock_set_back_an_hour_fires_nothing_twice(world: Callable[..., World], how: str) -> None:
    w = world(daily(f"catch_up: {how}", cron="*/30 * * * *"))
    w.person("M1")
    w.run()
    w.to("2026-08-01 12:30")
    w.to("2026-08-01 13:00")
    before = entries(w)
    for moment in ("12:00", "12:30", "12:59", "13:00", "13:29"):
        w.to(f"2026-08-01 {moment}")
    assert entries(w) == before == ["2026-08-01T12:30", "2026-08-01T13:00"]
    w.to("2026-08-01 13:30")
    assert entries(w)[-1] == "2026-08-01T13:30"


@pytest.mark.parametrize(
    ("day", "fires"),
    [
        ("2026-03-29", "2026-03-29 09:00"),  # 02:30 does not exist: fires at 03:00 in Berlin
        ("2026-10-25", "2026-10-25 08:30"),  # 02:30 comes twice, at 08:30 and 09:30 in Shanghai: fires at the first
    ],
)
@pytest.mark.parametrize("kind", ["schedule", "anniversary"])
def test_the_night_in_which_the_clocks_change_fires_once(
    world: Callable[..., World], kind: str, day: str, fires: str
) -> None:
    by_clock = daily(cron="30 2 * * *", zone="Europe/Berlin")
    by_birthday = birthday(time="02:30", zone="Europe/Berlin")
    w = world(by_clock if kind == "schedule" else by_birthday, now=f"{day} 07:45")
    w.person("M1", birthday=f"1990-{day[5:]}")
    w.run()
    for _ in range(20):
        w.go(minutes=15)
    (row,) = w.table("occurrence")
    assert row.key == (f"{day}T02:30" if kind == "schedule" else day)
    assert row.due_at == to_ms(at(fires))
    assert row.entered == len(w.runs()) == 1


def test_leap_day_and_the_end_of_the_year(world: Callable[..., World]) -> None:
    w = world(birthday(), now="2027-12-30 12:00")
    leap, silvester = w.person("M1", birthday="2000-02-29"), w.person("M2", birthday="1990-12-31")
    newborn = w.person("M3", birthday="1990-01-01")
    w.run()
    for moment in ("2027-12-31 10:00", "2028-01-01 10:00", "2028-02-28 10:00", "2028-02-29 10:00", "2028-03-01 10:00"):
        w.to(moment)
    keys = {run.contact_id: run.key for run in w.runs()}
    assert keys == {silvester: "2027-12-31", newborn: "2028-01-01", leap: "2028-02-29"}
    assert len(w.runs()) == 3


def test_asleep_over_the_leap_day_and_the_year_end(world: Callable[..., World]) -> None:
    w = world(daily("catch_up: all", cron="0 9 * * *"), now="2028-02-28 12:00")
    w.person("M1")
    w.run()
    w.to("2028-03-01 12:00")
    w.to("2028-12-30 12:00")
    w.to("2029-01-01 12:00")
    assert entries(w)[:2] == ["2028-02-29T09:00", "2028-03-01T09:00"]
    assert entries(w)[-2:] == ["2028-12-31T09:00", "2029-01-01T09:00"]


# ---------------------------------------------------------------- each firing sees what the one before has caused

COUPONS = """
coupons:
  A: {label: 券, kind: generated, per_contact: 100, valid_for: 30d, prefix: A}
"""
WEEKLY = """
rules:
  - id: nine
    catch_up: all
    expires_after: 30d
    trigger: {type: schedule, with: {cron: "0 9 * * *"}}
    audience: [{did_not: {event: coupon.issued, within: 30d, at_least: 2}}]
    steps: [{do: coupon.issue, with: {batch: A}}, {do: contact.tag, with: {add: [九点]}}]
  - id: ten
    catch_up: all
    expires_after: 30d
    trigger: {type: schedule, with: {cron: "0 10 * * *"}}
    audience: [{contact.tags: {has: 九点}}, {did_not: {event: coupon.issued, within: 30d, at_least: 3}}]
    steps: [{do: coupon.issue, with: {batch: A}}]
"""


@pytest.mark.parametrize("asleep", [False, True])
@pytest.mark.parametrize("small", [False, True])
def test_what_was_missed_comes_to_what_it_would_have_been_in_time(
    world: Callable[..., World], asleep: bool, small: bool
) -> None:
    w = world(WEEKLY, catalog=COUPONS, now="2026-08-01 08:00")
    if small:
        w.engine._schedule._pages._page_size = 2
    for i in range(5):
        w.person(f"M{i}")
    w.run()
    if not asleep:
        for day in range(1, 5):
            w.to(f"2026-08-0{day} 09:30")
            w.to(f"2026-08-0{day} 10:30")
    w.to("2026-08-05 08:00")
    taken = [(run.contact_id, run.key) for run in w.runs()]
    assert sorted(taken) == sorted(
        (person, key) for person in range(1, 6) for key in ("2026-08-01T09:00", "2026-08-01T10:00", "2026-08-02T10:00")
    )


def test_nobody_waits_for_a_backfill_that_was_left_half_done(world: Callable[..., World]) -> None:
    w = world(WEEKLY, catalog=COUPONS, now="2026-08-01 08:00")
    for i in range(5):
        w.person(f"M{i}")
    w.run()
    w.to("2026-08-03 09:30")
    row = next(row for row in w.table("occurrence") if row.rule_id == 1)
    with w.database.write() as conn:  # somebody else has it in hand
        for day in (20, 21):
            open_occurrence(
                conn, key=f"2026-07-{day}T09:00", rule_id=1, rule_version_id=row.rule_version_id,
                due_at=row.due_at - 86_400_000 * (32 - day), since=0, since_event_id=0, now=row.due_at, asked_by="ops",
            )  # fmt: skip
    with w.database.read() as conn:
        assert claim_running(conn, {1}) is None
    w.clock.set(at("2026-08-03 10:30"))
    w.engine._schedule.fire()
    with w.database.write() as conn:
        found = claim_running(conn)
        assert found is not None
        assert found.rule_id == 1  # by their numbers
        ten = claim_running(conn, {1})
        assert ten is not None
        assert ten.rule_id == 2
    w.run()
    assert {row.status for row in w.table("occurrence")} == {"done"}


@pytest.mark.parametrize("how", ["pause", "disable", "approval"])
def test_a_firing_that_stands_still_holds_up_no_other_rules_firing(world: Callable[..., World], how: str) -> None:
    first = (
        WEEKLY.replace(
            "    steps: [{do: coupon.issue, with: {batch: A}}, {do: contact.tag",
            "    max_audience: 2\n    steps: [{do: coupon.issue, with: {batch: A}}, {do: contact.tag",
        )
        if how == "approval"
        else WEEKLY
    )
    w = world(first.replace("[{contact.tags: {has: 九点}}, ", "["), catalog=COUPONS, now="2026-08-01 08:00")
    for i in range(5):
        w.person(f"M{i}")
    w.run()
    w.clock.set(at("2026-08-01 09:30"))
    w.engine._schedule.fire()
    w.engine._schedule.work()
    w.engine._schedule.work()
    if how == "pause":
        with w.database.write() as conn:
            pause(conn, target_of(conn, "rule:nine"), "x", "ops", to_ms(w.clock.now()))
    elif how == "disable":
        w.reload(
            (w.folder / "rules.yaml")
            .read_text(encoding="utf-8")
            .replace("- id: nine", "- id: nine\n    enabled: false")
        )
    w.to("2026-08-01 10:30")
    assert {run.rule_id for run in w.runs() if run.key.endswith("10:00")} == {2}
