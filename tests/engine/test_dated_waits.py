"""Waits until a date read it again; days from now, some days of the week, each person's own zone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automation.clock import to_ms
from automation.contacts.merging import merge_contacts
from automation.contacts.profile import update_attributes
from automation.store.in_memory import MemoryDatabase
from tests.engine.world import CATALOG, World, at

TRIP = CATALOG.replace("  points: {type: integer}", "  points: {type: integer}\n  trip: date\n  seen: datetime")
RULES = """
rules:
  - id: one
    name: 一
    trigger: {type: event, with: {name: order.paid}}
    guards: {consent: transactional}
    steps:
      STEPS
"""
REMIND = '{until: contact.trip, offset: -1d, at: "10:00"POLICY}'
TAG = "- {do: contact.tag, with: {add: [到了]}}"


def make(
    world: Callable[..., World], wait: str, *, then: str = TAG, now: str = "2026-08-01 12:00", **person: Any
) -> World:
    w = world(RULES.replace("STEPS", f"- wait: {wait}\n      {then}"), catalog=TRIP, now=now)
    w.person("M1", phone="13800138001", name="安", **person)
    w.event("order.paid", "M1", amount=1)
    w.run()
    return w


def change(w: World, **values: Any) -> None:
    with w.database.write() as conn:
        update_attributes(conn, {1: values}, to_ms(w.clock.now()), "test")
    w.run()


def done_at(w: World, *moments: str) -> str | None:
    """The first of these moments at which the step behind the wait was done."""
    for moment in moments:
        w.to(moment)
        if w.log("step.done"):
            return moment
    return None


def test_a_date_that_moves_on_is_not_reminded_of_at_the_old_one(world: Callable[..., World]) -> None:
    w = make(world, REMIND.replace("POLICY", ""), trip="2026-08-20")
    w.to("2026-08-15 09:00")
    change(w, trip="2026-08-25")
    days = ["2026-08-19 10:00", "2026-08-20 10:00", "2026-08-24 09:59", "2026-08-24 10:00"]
    assert done_at(w, *days) == "2026-08-24 10:00"
    assert len(w.log("waiting")) == 2


def test_a_date_that_comes_nearer_is_reminded_of_in_time(world: Callable[..., World]) -> None:
    w = make(world, REMIND.replace("POLICY", ""), trip="2026-08-20")
    change(w, trip="2026-08-10")
    assert done_at(w, "2026-08-09 09:59", "2026-08-09 10:00") == "2026-08-09 10:00"


def test_a_change_of_other_fields_waits_on(world: Callable[..., World]) -> None:
    w = make(world, REMIND.replace("POLICY", ""), trip="2026-08-20")
    change(w, level="金卡")
    change(w, level="银卡", trip="2026-08-20")
    assert done_at(w, "2026-08-19 09:59", "2026-08-19 10:00") == "2026-08-19 10:00"
    assert len(w.log("waiting")) == 1


def test_an_unchanged_date_is_not_past_because_nobody_was_at_work(world: Callable[..., World]) -> None:
    w = make(world, REMIND.replace("POLICY", ", if_past: stop"), trip="2026-08-20")
    assert done_at(w, "2026-08-23 10:00") == "2026-08-23 10:00"


@pytest.mark.parametrize(
    ("policy", "trip", "codes"),
    [
        ("", None, ["step.done", "step.done", "completed"]),
        (", if_missing: stop", None, ["stopped"]),
        (", if_missing: skip", None, ["step.skipped", "waiting", "step.done", "completed"]),
        (", if_past: stop", "2026-07-20", ["stopped"]),
        (", if_past: skip", "2026-07-20", ["step.skipped", "waiting", "step.done", "completed"]),
        (", if_past: skip", None, ["step.done", "waiting", "step.done", "completed"]),
        (", if_missing: now, if_past: stop", "2026-08-02", ["stopped"]),  # two hours late
    ],
)
def test_a_missing_or_past_date_has_its_policy(
    world: Callable[..., World], policy: str, trip: str | None, codes: list[str]
) -> None:
    then = f"{TAG}\n      - wait: 1h\n      - {{do: contact.tag, with: {{add: [后来]}}}}"
    w = make(world, REMIND.replace("POLICY", policy), then=then, **({"trip": trip} if trip else {}))
    w.go(hours=30)
    w.go(hours=2)
    found = [code for code in w.codes() if code != "entered"]
    if policy == "":
        found = [code for code in found if code != "waiting"]
    assert found == codes


ENDS = {"now": ["step.done", "completed"], "stop": ["stopped"], "skip": ["step.skipped", "completed"]}


@pytest.mark.parametrize("wanted", ENDS)
@pytest.mark.parametrize(("policy", "value"), [("if_missing", None), ("if_past", "2026-07-01")])
def test_a_date_that_is_taken_away_or_put_into_the_past_while_somebody_waits(
    world: Callable[..., World], wanted: str, policy: str, value: str | None
) -> None:
    w = make(world, REMIND.replace("POLICY", f", {policy}: {wanted}"), trip="2026-08-20")
    before = len(w.codes())
    change(w, trip=value)
    assert w.codes()[before:] == ENDS[wanted]


def test_whoever_is_merged_waits_for_the_survivors_date(world: Callable[..., World]) -> None:
    w = make(world, REMIND.replace("POLICY", ""), trip="2026-08-20")
    other = w.person("M2", trip="2026-08-12")
    with w.database.write() as conn:
        merge_contacts(conn, other, 1, to_ms(w.clock.now()), "test")
    w.run()
    assert done_at(w, "2026-08-11 09:59", "2026-08-11 10:00") == "2026-08-11 10:00"


def test_an_edit_moves_those_who_wait_for_a_date(world: Callable[..., World]) -> None:
    rules = RULES.replace("STEPS", f"- id: w\n        wait: {REMIND.replace('POLICY', '')}\n      {TAG}")
    rules = rules.replace("    guards:", "    on_change: move\n    guards:")
    w = world(rules, catalog=TRIP)
    w.person("M1", trip="2026-08-20")
    w.event("order.paid", "M1", amount=1)
    w.run()
    w.reload(rules.replace("-1d", "-3d"))
    w.run()
    assert done_at(w, "2026-08-17 09:59", "2026-08-17 10:00") == "2026-08-17 10:00"


def test_steps_that_may_be_left_out_save_nothing_for_what_comes_behind(world: Callable[..., World]) -> None:
    """`validate` knows the way around them."""
    steps = """- wait: {until: contact.trip, if_past: skip}
      - {do: coupon.issue, with: {batch: BDAY}, save_as: coupon}
      - {do: sms.send, with: {template: coupon}}
      - wait: 1d
      - {do: sms.send, with: {template: coupon}}"""
    w = world(RULES.replace("STEPS", TAG), catalog=TRIP)
    w.write_rules(RULES.replace("STEPS", steps))
    from automation.rules.project import Project
    from automation.settings import Settings

    problems = [p.shown("en") for p in Project.load(Settings.load(w.folder)).problems if p.severity == "error"]
    assert len(problems) == 1
    assert problems[0].startswith("rules.yaml:12:")
    assert "coupon" in problems[0]


# ---------------------------------------------------------------- days and zones


@pytest.mark.parametrize(
    ("wait", "now", "moment"),
    [
        ('{days: 1, at: "10:00"}', "2026-08-01 12:00", "2026-08-02 10:00"),
        ('{days: 1, at: "10:00"}', "2026-08-01 00:00", "2026-08-02 10:00"),
        ('{days: 3, at: "09:30"}', "2026-08-01 12:00", "2026-08-04 09:30"),
        ('{until: "10:00", days: [mon, wed]}', "2026-08-01 12:00", "2026-08-03 10:00"),  # a Saturday
        ('{until: "10:00", days: workdays}', "2026-08-07 10:01", "2026-08-10 10:00"),
        ('{until: "10:00", days: workdays}', "2026-02-13 10:01", "2026-02-14 10:00"),  # worked for the festival
        ('{until: "10:00", days: days_off}', "2026-08-03 12:00", "2026-08-08 10:00"),
        ('{until: "10:00", zone: contact}', "2026-08-01 12:00", "2026-08-01 22:00"),
        ('{days: 1, at: "10:00", zone: contact}', "2026-08-01 05:00", "2026-08-01 22:00"),  # there it is July still
        ("1mo", "2026-01-31 12:00", "2026-02-28 12:00"),
    ],
)
def test_days_and_zones(world: Callable[..., World], wait: str, now: str, moment: str) -> None:
    person = {"timezone": "America/New_York"} if "contact" in wait else {}
    w = make(world, wait, now=now, **person)
    w.clock.set(at(moment))
    w.go(seconds=-1)
    assert not w.log("step.done"), "too early"
    w.go(seconds=1)
    assert w.log("step.done"), "too late"


def test_a_year_whose_holidays_nobody_knows_is_asked_about_again_each_day(world: Callable[..., World]) -> None:
    from automation.calendars.workdays import known_years

    year = known_years()[-1] + 1
    w = make(world, '{until: "10:00", days: workdays}', now=f"{year}-03-01 12:00")
    for day in (2, 3, 4):
        w.to(f"{year}-03-{day:02} 10:00")
    assert [entry.detail["until"][:10] for entry in w.log("waiting")] == [f"{year}-03-{day:02}" for day in (2, 3, 4, 5)]
    assert not w.log("step.done")


# ---------------------------------------------------------------- the kind

DAYS = st.integers(2, 27)
CHANGES = st.lists(st.tuples(DAYS, st.one_of(st.none(), DAYS)), max_size=4)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    policies = ", if_missing: stop, if_past: stop"
    rules = RULES.replace("STEPS", f"- wait: {REMIND.replace('POLICY', policies)}\n      {TAG}")
    w = World(tmp_path_factory.mktemp("dated"), MemoryDatabase(), rules, catalog=TRIP)
    yield w
    w.engine.close()


@settings(max_examples=8, deadline=None)
@given(first=DAYS, changes=CHANGES)
def test_whatever_becomes_of_a_date_the_reminder_comes_by_the_last_one(
    town: World, first: int, changes: list[tuple[int, int | None]]
) -> None:
    """A model that goes day by day: a date that is taken away or put into the past ends it, else it comes when due."""
    w = town
    noon = w.clock.now().replace(hour=4, minute=0) + timedelta(days=1)  # 12:00 there
    w.clock.set(noon)

    def on(day: int) -> str:
        return (noon + timedelta(days=day)).date().isoformat()

    name = f"P{w.clock.now():%Y%m%d}"
    person = w.person(name, trip=on(first))
    w.event("order.paid", name, amount=1)
    w.run()
    date, expected, by_day = first, None, dict(changes)
    moments = {other - 1 for other in (first, *by_day.values()) if other is not None}
    for day in sorted({*by_day, *moments, 29}):
        if day in by_day and expected is None:
            w.clock.set(noon + timedelta(days=day, hours=-3))
            new = by_day[day]
            with w.database.write() as conn:
                values = {person: {"trip": None if new is None else on(new)}}
                update_attributes(conn, values, to_ms(w.clock.now()), "test")
            w.run()
            date = date if new is None else new
            expected = "stopped" if new is None or new - 1 < day else None
        w.clock.set(noon + timedelta(days=day, hours=-2))
        w.run()
        if expected is None and date - 1 == day:
            expected = "completed"
        codes = w.codes(person)
        assert codes[-1] == (expected or "waiting"), (day, codes)
    assert codes.count("step.done") == (expected == "completed")
