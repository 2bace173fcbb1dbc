"""`zone: contact`: everybody is called at their own ten o'clock, once, wherever they have moved meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from automation.clock import to_ms
from automation.contacts.merging import merge_contacts
from automation.contacts.profile import update_attributes
from automation.contacts.splitting import undo_merge
from automation.store.in_memory import MemoryDatabase
from tests.engine.world import SHANGHAI, World, at

DAILY = '{type: schedule, with: {every: 1d, at: "10:00", zone: contact}}'
BIRTHDAY = '{type: anniversary, with: {field: contact.birthday, at: "10:00", zone: contact}}'
RULES = """
rules:
  - id: one
    name: 一
    trigger: TRIGGER
    steps: [{do: contact.tag, with: {add: [到了]}}]
"""
TOKYO, BERLIN, NEW_YORK = "Asia/Tokyo", "Europe/Berlin", "America/New_York"


def entries(w: World, person: int) -> list[str]:
    """When the person entered, by the clock in Shanghai."""
    rows = [row for row in w.table("run") if row.contact_id == person and row.key >= "2026-08-04"]
    return [f"{datetime.fromtimestamp(row.entered_at / 1000, SHANGHAI):%d %H:%M}" for row in rows]


TENS = (4, 6, 9, 10, 16, 22)
"""At which hours in Shanghai it is ten in one of the zones."""


def until(w: World, end: str) -> None:
    """A daemon at work, which wakes when it is ten anywhere."""
    last = at(end)
    while (now := w.clock.now().astimezone(SHANGHAI)) < last:
        today = now.replace(minute=0)
        coming = [today.replace(hour=hour) + timedelta(days=ahead) for ahead in (0, 1) for hour in TENS]
        w.clock.set(min(last, next(moment for moment in coming if moment > now)))
        w.run()


@pytest.mark.parametrize("trigger", [DAILY, BIRTHDAY])
def test_everybody_has_their_own_ten_o_clock(world: Callable[..., World], trigger: str) -> None:
    # given people in four zones, one of them unknown
    w = world(RULES.replace("TRIGGER", trigger), now="2026-08-03 20:00")
    zones = {"M0": None, "M1": TOKYO, "M2": BERLIN, "M3": NEW_YORK, "M4": "Mars/Phobos"}
    people = {
        name: w.person(name, birthday="1990-08-04", **({"timezone": zone} if zone else {}))
        for name, zone in zones.items()
    }
    w.run()
    # when a day and a half goes by
    until(w, "2026-08-05 04:00")
    # then each was called once, at ten where they live; the rule's zone is that of those without
    shown = {name: entries(w, person)[:1] for name, person in people.items()}
    assert shown == {"M0": ["04 10:00"], "M1": ["04 09:00"], "M2": ["04 16:00"], "M3": ["04 22:00"], "M4": ["04 10:00"]}
    done = [row for row in w.table("occurrence") if row.key[:10] == "2026-08-04"]
    assert {row.key.partition("@")[2]: row.looked_at for row in done} == {"": 2, TOKYO: 1, BERLIN: 1, NEW_YORK: 1}


def move(w: World, person: int, zone: str | None) -> None:
    with w.database.write() as conn:
        update_attributes(conn, {person: {"timezone": zone}}, to_ms(w.clock.now()), "test")


@pytest.mark.parametrize(
    ("first", "when", "then", "called"),
    [
        (TOKYO, "2026-08-04 08:00", BERLIN, ["04 16:00"]),  # before both: the new one
        (TOKYO, "2026-08-04 12:00", BERLIN, ["04 09:00"]),  # was called already, and isn't again
        (BERLIN, "2026-08-04 08:00", TOKYO, ["04 09:00"]),
        (BERLIN, "2026-08-04 12:00", TOKYO, ["04 16:00"]),  # there it is over: as if they had stayed
        (None, "2026-08-04 09:30", TOKYO, ["04 10:00"]),
        (TOKYO, "2026-08-04 08:00", None, ["04 10:00"]),
        (NEW_YORK, "2026-08-04 20:00", "Mars/Phobos", ["04 22:00"]),
    ],
)
def test_who_moves_is_called_once(
    world: Callable[..., World], first: str | None, when: str, then: str | None, called: list[str]
) -> None:
    w = world(RULES.replace("TRIGGER", BIRTHDAY), now="2026-08-03 20:00")
    values: dict[str, Any] = {"timezone": first} if first else {}
    person = w.person("M1", birthday="1990-08-04", **values)
    w.run()
    until(w, when)
    move(w, person, then)
    until(w, "2026-08-05 04:00")
    assert entries(w, person) == called


def test_after_a_night_without_a_daemon_each_zone_has_its_latest_firing(world: Callable[..., World]) -> None:
    w = world(RULES.replace("TRIGGER", DAILY), now="2026-08-03 20:00")
    people = [w.person("M1", timezone=TOKYO), w.person("M2", timezone=NEW_YORK), w.person("M3")]
    w.run()
    w.to("2026-08-05 12:00")
    w.run()
    keys = {row.key for row in w.table("run")}
    assert keys == {"2026-08-05T10:00", "2026-08-04T10:00"}  # in New York it is not ten yet
    assert sorted(len(entries(w, person)) for person in people) == [1, 1, 1]


def test_the_limit_of_an_audience_is_for_all_zones_together(world: Callable[..., World]) -> None:
    rules = RULES.replace("TRIGGER", DAILY).replace("    steps:", "    max_audience: 3\n    steps:")
    w = world(rules, now="2026-08-03 20:00")
    for number in range(4):
        w.person(f"M{number}", timezone=(TOKYO, BERLIN)[number % 2])
    w.run()
    w.to("2026-08-04 09:00")
    w.to("2026-08-04 16:00")
    found = {row.key.partition("@")[2]: (row.status, row.entered) for row in w.table("occurrence") if row.due_at}
    assert found[TOKYO] == ("done", 2)
    assert found[BERLIN] == ("held", 0)


def test_merged_people_live_where_the_survivor_does(world: Callable[..., World]) -> None:
    w = world(RULES.replace("TRIGGER", BIRTHDAY), now="2026-08-03 20:00")
    one = w.person("M1", birthday="1990-08-04", timezone=TOKYO)
    other = w.person("M2", timezone=BERLIN)
    w.run()
    with w.database.write() as conn:
        merge_contacts(conn, other, one, to_ms(w.clock.now()), "test")
    until(w, "2026-08-05 04:00")
    assert (entries(w, one), entries(w, other)) == ([], ["04 16:00"])


def test_people_who_are_split_live_again_where_each_did(world: Callable[..., World]) -> None:
    w = world(RULES.replace("TRIGGER", BIRTHDAY), now="2026-08-03 20:00")
    one = w.person("M1", birthday="1990-08-04", timezone=TOKYO)
    other = w.person("M2", birthday="1990-08-04", timezone=BERLIN)
    w.run()
    with w.database.write() as conn:
        merge_contacts(conn, other, one, to_ms(w.clock.now()), "test")
    w.go(minutes=1)
    with w.database.write() as conn:
        undo_merge(conn, w.engine.project.catalogue, one, to_ms(w.clock.now()), "test")
    until(w, "2026-08-05 04:00")
    assert (entries(w, one), entries(w, other)) == (["04 09:00"], ["04 16:00"])


def test_every_in_hours_has_no_local_time(world: Callable[..., World]) -> None:
    from automation.rules.project import Project
    from automation.settings import Settings

    w = world(RULES.replace("TRIGGER", DAILY))
    w.write_rules(RULES.replace("TRIGGER", "{type: schedule, with: {every: 2h, zone: contact}}"))
    (problem,) = [p for p in Project.load(Settings.load(w.folder)).problems if p.severity == "error"]
    assert "every: 2h has no local time of day" in problem.shown("en")
    assert "没有当地时刻" in problem.shown("zh")


# ---------------------------------------------------------------- the kind

ZONES = st.sampled_from([None, TOKYO, BERLIN, NEW_YORK, "Pacific/Auckland", "Pacific/Honolulu"])
MOVES = st.lists(st.tuples(st.integers(0, 47), ZONES), max_size=1)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    w = World(tmp_path_factory.mktemp("zones"), MemoryDatabase(), RULES.replace("TRIGGER", DAILY))
    yield w
    w.engine.close()


@settings(max_examples=6, deadline=None, phases=[Phase.generate])
@given(first=ZONES, moves=MOVES)
def test_everybody_is_called_once_a_day_by_a_clock_they_lived_by(
    town: World, first: str | None, moves: list[tuple[int, str | None]]
) -> None:
    """Hour by hour for three days: each local date once, at ten in the zone of before or after the move."""
    w = town
    values: dict[str, Any] = {"timezone": first} if first else {}
    w.go(days=3)  # what was missed meanwhile, before the person is there
    person = w.person(f"P{to_ms(w.clock.now())}", **values)
    lived = {first or "Asia/Shanghai"} | {zone or "Asia/Shanghai" for _, zone in moves}
    before = len(w.table("run"))
    for hour in range(72):
        w.clock.advance(timedelta(minutes=30))
        for at_hour, zone in moves:
            if at_hour == hour:
                move(w, person, zone)
        w.clock.advance(timedelta(minutes=30))
        if w.clock.now().astimezone(SHANGHAI).hour in TENS:
            w.run()
    runs = [row for row in w.table("run")[before:] if row.contact_id == person]
    keys = [row.key for row in runs]
    assert len(keys) == len(set(keys))
    assert all(keys[i] < keys[i + 1] for i in range(len(keys) - 1)) or len(moves) == 1
    for row in runs:
        moment = datetime.fromtimestamp(row.entered_at / 1000, SHANGHAI)
        assert any(f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}" == row.key for zone in lived)
    days = {key[:10] for key in keys}
    whole = (w.clock.now() - timedelta(hours=36)).astimezone(SHANGHAI).date().isoformat()
    assert whole in days, "a day in the middle is lost"
