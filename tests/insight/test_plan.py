"""A plan says what publishing would change, by living through the time to come on copies; nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from automation.calendars.duration import Duration
from automation.insight.planning.hashing import what_moved
from automation.insight.planning.plan import Plan, PlanError, plan
from automation.insight.rehearsal.rehearsal import RehearsalError
from automation.rules.project import Project
from automation.settings import Settings
from automation.store import schema
from automation.store.database import Database
from tests.engine.world import World

CATALOG = """
contact: {name: text, level: text, birthday: date}
events:
  order.paid: {label: 已付款, properties: {sku: text}}
  order.thanked: {label: 已感谢}
"""
RULES = """
rules:
  - id: birthday
    name: 生日
    trigger: {type: anniversary, with: {field: contact.birthday, at: "10:00"}}
    audience: [contact.level: 金卡]
    steps: [{do: sms.send, with: {template: hello}}]
  - id: thanks
    name: 感谢
    trigger: {type: event, with: {name: order.paid}}
    guards: {frequency_cap: [{max: 1, per: 7d}]}
    steps: [{do: sms.send, with: {template: hello}}, {wait: 30d}]
"""
EDITED = """
rules:
  - id: birthday
    name: 生日
    trigger: {type: anniversary, with: {field: contact.birthday, at: "10:00"}}
    audience: [contact.level: [金卡, 银卡]]
    guards: {cooldown: 300d}
    steps: [{do: sms.send, with: {template: hello}}]
  - id: thanks
    name: 感谢
    on_change: exit
    trigger: {type: event, with: {name: order.paid}}
    guards: {cooldown: 1d}
    steps: [{do: event.emit, with: {name: order.thanked}}, {wait: 30d}]
  - id: again
    name: 再谢
    trigger: {type: event, with: {name: order.thanked}}
    audience: [contact.level: 银卡]
    steps: [{do: sms.send, with: {template: hello}}, {do: event.emit, with: {name: order.paid}}]
"""


@pytest.fixture
def w(db: Database, tmp_path: Path) -> Iterator[World]:
    """Gold 0 to 3 and silver 4 to 9 have their birthdays on August 3rd to 12th; 0, 4 and 5 bought two days ago."""
    settings = '[prices]\nsms = "0.1"\n'
    world = World(tmp_path / "project", db, RULES, now="2026-07-30 12:00", catalog=CATALOG, settings=settings)
    for i in range(10):
        level = "金卡" if i < 4 else "银卡"
        phone, day = f"1380013800{i}", f"1990-08-{3 + i:02}"
        world.person(f"M{i}", phone=phone, name=f"会员{i}", level=level, birthday=day)
    for i in (0, 4, 5):
        world.event("order.paid", f"M{i}", sku="S1")
    world.run()
    world.to("2026-08-01 12:00")
    yield world
    world.engine.close()


def planned(w: World) -> Plan:
    return plan(w.database, Project.load(Settings.load(w.folder)), w.clock.now(), Duration(14, "d"))


def test_what_runs_now_as_it_will_go_on(w: World) -> None:
    # given files that nobody has edited
    before = everything(w)
    # when
    found = planned(w)
    # then no rule changes; the four with gold come in on their days, and who bought lately would buy again
    assert found.changes == []
    birthday, thanks = found.rules["birthday"].now, found.rules["thanks"].now
    assert birthday is not None
    assert thanks is not None
    assert birthday.days == {f"2026-08-{day:02}": 1 for day in (3, 4, 5, 6)}
    assert birthday.skipped == {"skipped.audience": 6}
    assert birthday.messages == {"sms": birthday.days}
    assert birthday.cost == 4 * 1000
    assert thanks.days == {"2026-08-13": 3}
    assert found.rules["birthday"].before == birthday
    assert found.overlaps == [("birthday", "thanks", 1)]
    assert found.rules["thanks"].inside is not None
    assert found.rules["thanks"].inside.as_dict() == {"now": 3, "finish": 0, "move": 3, "exit": 0}
    assert found.reach == 0
    # and nothing was written
    assert everything(w) == before


def test_an_edit_as_a_difference_between_two_futures(w: World) -> None:
    # given an audience that grows, a rule whose people leave, and a new one that calls the other back
    w.write_rules(EDITED)
    before = everything(w)
    # when
    found = planned(w)
    # then each rule says what changes, and for whom
    kinds = {change.id: change.kind for change in found.changes}
    assert kinds == {"birthday": "changed", "thanks": "changed", "again": "added"}
    birthday = found.rules["birthday"]
    assert birthday.now is not None
    assert birthday.before is not None
    assert (birthday.now.entered, birthday.before.entered, birthday.newcomers, birthday.leavers) == (10, 4, 6, 0)
    assert birthday.some_newcomers == tuple(contact(w, i) for i in range(4, 9))
    assert found.rules["thanks"].inside is not None
    assert found.rules["thanks"].inside.sentence()
    assert found.rules["thanks"].inside.as_dict() == {"now": 3, "finish": 0, "move": 0, "exit": 3}
    assert found.rules["again"].before is None
    assert found.rules["again"].newcomers == 2
    assert found.circles == [["again", "thanks"]]
    assert found.reach == 10 + 3 + 2
    assert everything(w) == before


def test_a_rule_that_goes_is_told_with_those_who_no_longer_enter(w: World) -> None:
    w.write_rules("rules:" + RULES.partition("rules:")[2].partition("  - id: thanks")[0])
    found = planned(w)
    gone = found.rules["thanks"]
    assert gone.change is not None
    assert gone.change.kind == "removed"
    assert (gone.newcomers, gone.leavers) == (0, 3)
    assert gone.inside is not None
    assert gone.inside.exit == 3


def test_the_hash_names_files_state_and_reach(w: World) -> None:
    first = planned(w)
    assert planned(w).hash == first.hash
    w.write_rules(EDITED)
    second = planned(w)
    assert second.hash != first.hash
    assert what_moved(first.hash, second.hash) == ["files"]
    w.reload(EDITED)
    assert what_moved(second.hash, planned(w).hash) == ["running"]


def test_rules_that_call_each_other_without_end_are_named(w: World) -> None:
    w.write_rules(EDITED.replace("guards: {cooldown: 1d}", "guards: {}"))
    with pytest.raises(RehearsalError) as refused:
        planned(w)
    assert "thanks → again" in refused.value.text("en")
    assert "again → thanks" in refused.value.text("zh")
    assert "give one of them a cooldown" in refused.value.text("en")


def test_a_circle_that_runs_already_can_be_mended_with_a_plan(w: World) -> None:
    w.reload(EDITED.replace("guards: {cooldown: 1d}", "guards: {}"))
    w.write_rules(EDITED)
    found = planned(w)
    assert [change.id for change in found.changes] == ["thanks"]
    again = found.rules["again"]
    assert again.before is not None
    assert again.now is not None
    assert again.before.entered > again.now.entered > 0


def test_files_that_cannot_be_read_have_no_plan(w: World) -> None:
    w.write_rules("rules: [")
    with pytest.raises(PlanError) as refused:
        planned(w)
    assert "automation validate" in refused.value.text("en")
    assert "automation validate" in refused.value.text("zh")


def contact(w: World, number: int) -> int:
    (row,) = (row for row in w.table("identity") if row.value == f"M{number}")
    return int(row.contact_id)


def everything(w: World) -> dict[str, list[Any]]:
    return {table.name: sorted(map(repr, w.table(table.name))) for table in schema.metadata.sorted_tables}
