"""Segments: who comes and who goes is called once, by an event at once, by the sweep otherwise."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from itertools import permutations

import pytest

from automation.clock import to_ms
from automation.contacts.merging import merge_contacts
from automation.contacts.profile import add_tags, load_contacts
from automation.engine.clocks.segments import Segments
from automation.engine.engine import Engine
from automation.rules.project import Project
from automation.settings import Settings
from automation.store.database import Database
from tests.engine.world import World

CATALOG = """
contact:
  level: {type: text, choices: [普卡, 银卡, 金卡]}
events:
  order.paid: {label: 已付款, properties: {amount: {type: money}, sku: text}}
  member.joined: {label: 入会, properties: {level: text}}
"""
BIG = """
segments:
  big_spenders:
    - did: {event: order.paid, where: {amount: {gte: 100}}, within: 30d, at_least: 2}
    - contact.level: [银卡, 金卡]
rules:
  - id: came
    trigger: {type: segment, with: {name: big_spenders, on: entered, sweep: 1h}}
    steps: [{do: contact.tag, with: {add: [大客户]}}]
  - id: went
    trigger: {type: segment, with: {name: big_spenders, on: left, sweep: 1h}}
    steps: [{do: contact.tag, with: {remove: [大客户]}}]
"""
TAGGED = """
segments:
  gold: [{contact.tags: {has: 金}}]
rules:
  - id: came
    trigger: {type: segment, with: {name: gold}}
    steps: [{do: coupon.issue, with: {batch: BDAY, valid_for: 14d}}]
  - id: tag
    trigger: {type: event, with: {name: order.paid}}
    steps: [{do: contact.tag, with: {add: [金]}}]
"""
THROUGH = ["entered", "step.done", "completed"]


def pays(w: World, member: str, times: int = 1, **properties: object) -> None:
    for i in range(times):
        w.event("order.paid", {"member_no": member}, amount="200", sku=f"{w.clock.now()}{i}", **properties)


def test_who_is_in_at_the_start_is_noted_and_who_comes_by_an_event_enters_at_once(
    world: Callable[..., World],
) -> None:
    # given
    w = world(BIG, catalog=CATALOG)
    old, new = w.person("M1", level="金卡"), w.person("M2", level="银卡")
    pays(w, "M1", 2)
    w.run()
    assert w.codes(old) == []
    # when
    pays(w, "M2")
    assert w.codes(new) == []
    w.go(minutes=1)
    result = w.event("order.paid", {"member_no": "M2"}, amount="300")
    # then
    assert (result.entered, result.skipped) == (1, 0)
    assert [run.key for run in w.runs()] == ["e4"]
    w.run()
    w.go(hours=3)
    assert w.codes(new) == THROUGH
    # and when the time passes, the sweep sees who falls out of it
    w.to("2026-08-31 14:00")
    assert w.codes(new)[3:] == THROUGH
    assert w.codes(old) == THROUGH
    assert [row.key[:4] for row in w.runs()][1:] == ["out:", "out:"]  # the other rule's sweep saw it first
    # and who comes back is called again
    pays(w, "M2", 2)
    w.run()
    assert w.codes(new)[6:] == THROUGH


def test_what_an_action_changes_is_seen_in_the_same_transaction(world: Callable[..., World]) -> None:
    w = world(TAGGED)
    anna = w.person("M1")
    w.run()
    w.event("order.paid", {"member_no": "M1"}, amount="1")
    w.engine.advance(1)
    assert [run.key for run in w.runs()][1:] == [f"in:{to_ms(w.clock.now())}"]
    w.go(hours=5)
    assert w.codes(anna).count("entered") == 2
    # a tag that is there already changes nothing
    w.event("order.paid", {"member_no": "M1"}, amount="2")
    w.run()
    assert w.codes(anna).count("entered") == 3


def test_what_nobody_tells_is_seen_by_the_sweep_and_the_counts_add_up(world: Callable[..., World]) -> None:
    w = world(TAGGED.replace("    steps: [{do: coupon", "    guards: {cooldown: 10d}\n    steps: [{do: coupon"))
    people = [w.person(f"M{i}") for i in range(10)]
    w.run()
    with w.database.write() as conn:  # an import
        add_tags(conn, {person: ["金"] for person in people[:6]}, to_ms(w.clock.now()))
    w.run()
    assert "entered" not in w.codes()
    w.go(hours=1)
    assert sorted(row.contact_id for row in w.log("entered")) == people[:6]
    (done,) = [row for row in w.table("occurrence") if row.looked_at]
    assert (done.looked_at, done.entered, done.skipped) == (6, 6, {})
    # and each sees the other's members once, also who is held back
    with w.database.write() as conn:
        conn.exec_driver_sql("DELETE FROM contact_tag")
    w.go(hours=1)
    with w.database.write() as conn:
        add_tags(conn, {person: ["金"] for person in people[:6]}, to_ms(w.clock.now()))
    w.go(hours=3)
    last = [row for row in w.table("occurrence") if row.looked_at][-1]
    assert (last.looked_at, last.entered, last.skipped) == (6, 0, {"skipped.cooldown": 6})
    assert len(w.log("skipped.cooldown")) == 6


def test_two_rules_on_one_segment_see_each_change_once_each(world: Callable[..., World]) -> None:
    w = world(
        BIG + BIG[BIG.index("  - id: came") : BIG.index("  - id: went")].replace("came", "again"), catalog=CATALOG
    )
    anna = w.person("M1", level="金卡")
    w.run()
    pays(w, "M1", 3)
    w.go(hours=2)
    assert w.codes(anna).count("entered") == 2
    assert len({run.rule_id for run in w.runs()}) == 2


def test_new_conditions_and_a_pause_of_the_rule_are_noted_afresh(world: Callable[..., World]) -> None:
    w = world(BIG, catalog=CATALOG)
    anna, bo = w.person("M1", level="金卡"), w.person("M2", level="金卡")
    w.run()
    # when the segment is widened to people who were outside
    pays(w, "M1")
    w.reload(BIG.replace("at_least: 2", "at_least: 1"))
    w.go(hours=2)
    assert w.codes(anna) == []
    # and when somebody comes while the rules are disabled
    off = BIG.replace("at_least: 2", "at_least: 1").replace("    trigger", "    enabled: false\n    trigger")
    w.reload(off)
    pays(w, "M2")
    w.go(hours=2)
    w.reload(off.replace("enabled: false", "enabled: true"))
    w.go(hours=2)
    assert w.codes(bo) == []
    # then who goes from now on is called
    w.to("2026-08-31 20:00")
    assert [row.status for row in w.table("occurrence") if row.status == "missed"] == []
    assert w.codes(anna) == w.codes(bo) == THROUGH


def test_a_segment_is_filled_page_by_page_and_calls_nobody_before(world: Callable[..., World]) -> None:
    w = world(TAGGED)
    people = [w.person(f"M{i}", tags=["金"] if i % 2 else []) for i in range(20)]
    for _ in range(3):  # another process takes over after each page
        assert Segments(w.database, w.clock, w.engine.book, fill_size=7)() == 1
    assert w.table("segment")[0].filled_at is not None
    assert [row.contact_id for row in w.table("segment_member")] == people[1::2]
    w.go(hours=2)
    assert w.codes().count("entered") == 0


def test_a_merged_person_neither_comes_nor_goes(world: Callable[..., World]) -> None:
    w = world(BIG, catalog=CATALOG)
    stays, goes = w.person("M1", level="金卡"), w.person("M2", level="金卡")
    w.run()
    pays(w, "M2", 2)
    w.run()
    assert w.codes(goes) == THROUGH
    with w.database.write() as conn:
        merge_contacts(conn, stays, goes, to_ms(w.clock.now()), "test")
    w.go(hours=3)
    assert w.codes(stays) == []
    assert {row.contact_id for row in w.table("segment_member")} == {stays}
    w.to("2026-09-10 12:00")
    assert w.codes(stays) == THROUGH


def test_an_emitted_event_counts_as_every_other(world: Callable[..., World]) -> None:
    w = world(
        """
        segments:
          members: [{did: member.joined}]
        rules:
          - id: came
            trigger: {type: segment, with: {name: members}}
            steps: [{wait: 1d}]
          - id: emits
            trigger: {type: event, with: {name: order.paid}}
            steps: [{do: event.emit, with: {name: member.joined, properties: {level: a}}}]
        """,
        catalog=CATALOG,
    )
    w.person("M1")
    w.run()
    pays(w, "M1")
    w.run()
    assert [run.key for run in w.runs()] == ["e1", "e2"]


def test_sweeps_and_events_at_the_same_time_enter_each_person_once(world: Callable[..., World], db: Database) -> None:
    w = world(BIG.replace("within: 30d, at_least: 2", "at_least: 1"), catalog=CATALOG)
    count = 15
    for i in range(count):
        w.person(f"M{i}", level="金卡")
    w.run()
    engines = [Engine(Project.load(Settings.load(w.folder)), db, w.clock) for _ in range(3)]
    lines = [
        w.line("order.paid", {"member_no": f"M{i}"}, amount="200", sku=str(j)) for i in range(count) for j in (1, 2)
    ]
    w.clock.set(w.clock.now().replace(hour=5, minute=0))  # a sweep is due

    def feed(engine: Engine, mine: list[str]) -> None:
        for line in mine:
            engine.ingest([line])

    def sweep() -> None:
        for _ in range(15):
            engines[2].fire()

    threads = [
        threading.Thread(target=feed, args=(engines[0], lines[::2])),
        threading.Thread(target=feed, args=(engines[1], lines[1::2])),
        threading.Thread(target=sweep),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    w.go(hours=2)
    assert len(w.log("entered")) == count
    assert len({run.contact_id for run in w.runs()}) == count
    for engine in engines:
        engine.close()


@pytest.mark.parametrize("wrong", ["nobody", "[big_spenders]"])
def test_a_segment_that_is_not_there_is_an_error_in_the_rule(world: Callable[..., World], wrong: str) -> None:
    with pytest.raises(AssertionError, match="segment"):
        world(BIG.replace("name: big_spenders", f"name: {wrong}"), catalog=CATALOG)


SHARED = """
segments:
  gold: [{contact.tags: {has: 金}}]
rules:
"""
OUT = "{do: contact.tag, with: {remove: [金], add: [出]}}"
RULES = {
    "first": "{type: segment, with: {name: gold, sweep: 1h}}\n    steps: [" + OUT + "]",
    "second": "{type: segment, with: {name: gold, sweep: 1d}}\n    steps: [{do: contact.tag, with: {add: [二]}}]",
    "third": "{type: segment, with: {name: gold, on: left, sweep: 2h}}\n    steps: "
    "[{do: contact.tag, with: {add: [三]}}]",
}


@pytest.mark.parametrize("order", permutations(RULES))
@pytest.mark.parametrize("apart", [False, True], ids=["swept", "and each run moved at once"])
def test_all_rules_on_a_segment_see_the_same_changes(
    world: Callable[..., World], order: tuple[str, ...], apart: bool
) -> None:
    # given: the first rule takes newcomers out again
    w = world(SHARED + "".join(f"  - id: {name}\n    trigger: {RULES[name]}\n" for name in order), catalog=CATALOG)
    w.run()
    people = [w.person(f"M{i}", tags=["金"]) for i in range(3)]  # an import: only sweeps see it
    # when
    for _ in range(4):
        w.clock.advance(timedelta(hours=1))
        while apart and w.engine.fire():
            while w.engine.advance():
                pass
        w.run()
    # then
    w.go(days=2)
    for one in people:
        with w.database.read() as conn:
            assert load_contacts(conn, [one])[one]["tags"] == {"出", "二", "三"}
        assert w.codes(one).count("entered") == 3


def test_a_rule_that_may_not_take_so_many_at_once_asks_at_its_own_sweep(world: Callable[..., World]) -> None:
    few = RULES["second"].replace("1d", "3h").replace("二", "少")
    second = "  - id: second\n    trigger: {type: segment, with: {name: gold, sweep: 1d}}\n    steps: [{wait: 1m}]\n"
    w = world(SHARED + second + f"  - id: few\n    max_audience: 2\n    trigger: {few}\n", catalog=CATALOG)
    w.run()
    people = [w.person(f"M{i}", tags=["金"]) for i in range(3)]
    w.go(days=2)
    assert [w.codes(one) for one in people] == [["entered", "completed"]] * 3  # of the first rule alone
    assert len(w.log("held.approval")) == 1
