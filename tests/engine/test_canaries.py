"""A canary: a share of the contacts meets the new rules, the others the old ones, and nobody both or neither."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest
from sqlalchemy import select

from automation.engine.backfill.backfill import BackfillError
from automation.errors import AutomationError
from automation.insight.backfilling import plan_backfill
from automation.rules.canary import Canary, Part, with_canary
from automation.rules.project import Project
from automation.settings import Settings
from automation.store import schema
from tests.engine.conftest import world
from tests.engine.world import World, at

__all__ = ["world"]

Worlds = Callable[..., World]

THANKS = """
rules:
  - id: thanks
    name: 谢谢
    trigger: {type: event, with: {name: order.paid}}
    steps:
      - do: contact.tag
        with: {add: [旧]}
"""
DAILY = """
rules:
  - id: daily
    name: 每天
    trigger: {type: schedule, with: {cron: "0 10 * * *"}}
    steps:
      - do: contact.tag
        with: {add: [旧]}
"""
HALF = Part(of=1, below=5000, canary=True)


def publish(w: World, rules: str, part: Part = HALF, edit: Callable[[Path], object] = lambda folder: None) -> None:
    """Run these rules as a canary beside what lies in the world's folder."""
    folder = w.folder.parent / "canary"
    for file in (file for file in w.folder.rglob("*") if file.is_file()):
        there = folder / file.relative_to(w.folder)
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_bytes(file.read_bytes())
    (folder / "rules.yaml").write_text(dedent(rules), encoding="utf-8")
    edit(folder)
    project = Project.load(Settings.load(folder))
    assert [p.shown("en") for p in project.problems if p.severity == "error"] == []
    w.engine.reload(with_canary(w.project(), Canary(part, project)))


def crowd(w: World, count: int = 60) -> dict[str, int]:
    return {f"M{i:03}": w.person(f"M{i:03}", phone=f"138001{i:05}", name=f"客{i}") for i in range(count)}


def all_pay(w: World, people: dict[str, int]) -> None:
    w.events([w.line("order.paid", member, sku="A") for member in people])
    w.engine.run_due()


def new(rules: str) -> str:
    return rules.replace("旧", "新")


def tags(w: World) -> dict[int, list[str]]:
    with w.database.read() as conn:
        found: dict[int, list[str]] = {}
        for row in conn.execute(select(schema.contact_tag).order_by(schema.contact_tag.c.tag)):
            found.setdefault(row.contact_id, []).append(row.tag)
    return found


def expected(people: dict[str, int], part: Part = HALF) -> dict[int, list[str]]:
    found = {contact: ["新" if part.holds(contact) else "旧"] for contact in people.values()}
    assert {tag for (tag,) in found.values()} == {"新", "旧"}  # the share has people on both sides
    return found


# ---------------------------------------------------------------- who meets what


def test_each_person_meets_one_version_by_event(world: Worlds) -> None:
    w = world(THANKS)
    people = crowd(w)
    publish(w, new(THANKS))
    all_pay(w, people)
    assert tags(w) == expected(people)


def test_each_person_meets_one_version_by_the_clock(world: Worlds) -> None:
    w = world(DAILY)
    people = crowd(w)
    w.engine.run_due()
    publish(w, new(DAILY))
    w.to("2026-08-02 10:00")
    assert tags(w) == expected(people)
    with w.database.read() as conn:
        rows = conn.execute(select(schema.occurrence).order_by(schema.occurrence.c.id)).all()
    held = sum(map(HALF.holds, people.values()))
    assert [(row.canary, row.entered, row.looked_at) for row in rows] == [(0, 60 - held, 60 - held), (1, held, held)]


def test_a_larger_share_keeps_whom_the_smaller_had() -> None:
    small = {contact for contact in range(1, 20_000) if Part(7, 500, canary=True).holds(contact)}
    large = {contact for contact in range(1, 20_000) if Part(7, 2_000, canary=True).holds(contact)}
    assert small < large
    assert 850 < len(small) < 1150
    assert 3_700 < len(large) < 4_300
    # another publication asks other people
    other = {contact for contact in range(1, 20_000) if Part(8, 500, canary=True).holds(contact)}
    assert len(small & other) < 100


def test_another_trigger_begins_when_the_canary_does(world: Worlds) -> None:
    w = world(DAILY)
    people = crowd(w)
    w.engine.run_due()
    publish(w, new(DAILY).replace("0 10", "0 15"))
    w.to("2026-08-02 14:59")
    assert Counter(tag for (tag,) in tags(w).values()) == {"旧": len(people) - sum(map(HALF.holds, people.values()))}
    w.to("2026-08-02 15:00")
    assert tags(w) == expected(people)


def test_a_firing_that_is_late_when_the_canary_begins_is_lost_to_nobody(world: Worlds) -> None:
    w = world(DAILY)
    people = crowd(w)
    w.engine.run_due()
    w.clock.set(at("2026-08-02 10:05"))
    publish(w, new(DAILY))
    w.engine.run_due()
    assert tags(w) == expected(people)


def test_a_firing_that_is_under_way_when_the_canary_begins_is_finished_for_everybody(world: Worlds) -> None:
    w = world(DAILY)
    people = crowd(w)
    w.engine.run_due()
    w.clock.set(at("2026-08-02 10:05"))
    w.engine._schedule.fire()  # opened, and nobody looked at yet
    publish(w, new(DAILY))
    w.engine.run_due()
    assert tags(w) == {contact: ["旧"] for contact in people.values()}


def test_a_firing_that_was_divided_stays_divided_when_the_canary_ends(world: Worlds) -> None:
    w = world(DAILY)
    people = crowd(w)
    w.engine.run_due()
    publish(w, new(DAILY))
    w.clock.set(at("2026-08-02 10:05"))
    w.engine._schedule.fire()
    w.reload()
    w.engine.run_due()
    assert tags(w) == expected(people)


def test_a_rule_that_only_the_canary_has(world: Worlds) -> None:
    w = world(THANKS)
    people = crowd(w)
    more = new(DAILY).replace("rules:\n", "").replace("daily", "extra")
    publish(w, THANKS + more)
    w.to("2026-08-02 10:00")
    assert set(tags(w)) == {contact for contact in people.values() if HALF.holds(contact)}
    # and it goes with the canary
    w.reload()
    w.to("2026-08-03 10:00")
    with w.database.read() as conn:
        status = conn.scalar(select(schema.rule.c.status).where(schema.rule.c.key == "extra"))
    assert status == "removed"


@pytest.mark.parametrize("gone", ["enabled: false", ""])
def test_a_rule_that_the_canary_does_not_have(world: Worlds, gone: str) -> None:
    other = new(THANKS).replace("thanks", "other")
    w = world(THANKS + DAILY.replace("rules:\n", ""))
    people = crowd(w)
    publish(w, other + (DAILY.replace("rules:\n", "").replace("name: 每天", f"name: 每天\n    {gone}") if gone else ""))
    w.to("2026-08-02 10:00")
    assert tags(w) == {contact: ["旧"] for contact in people.values() if not HALF.holds(contact)}


def test_other_templates_alone_make_a_canary(world: Worlds) -> None:
    rules = """
    rules:
      - id: greet
        name: 问候
        trigger: {type: event, with: {name: order.paid}}
        steps:
          - do: message.send
            with: {channels: [sms], template: hello}
    """
    w = world(rules)
    people = crowd(w, 30)

    def edit(folder: Path) -> None:
        file = folder / "templates/hello.sms.j2"
        file.write_text(file.read_text(encoding="utf-8").replace("您好", "新年好"), encoding="utf-8")

    publish(w, rules, edit=edit)
    all_pay(w, people)
    with w.database.read() as conn:
        rows = conn.execute(
            select(schema.message.c.contact_id, schema.template_version.c.content).join(
                schema.template_version, schema.template_version.c.hash == schema.message.c.template_version
            )
        ).all()
    assert {row.contact_id: "新年好" in row.content for row in rows} == {
        contact: HALF.holds(contact) for contact in people.values()
    }


def test_what_the_canary_adds_to_the_catalogue_is_known(world: Worlds) -> None:
    w = world(THANKS)
    people = crowd(w)

    def edit(folder: Path) -> None:
        file = folder / "catalog.yaml"
        text = file.read_text(encoding="utf-8").replace("events:\n", "events:\n  tea.drunk: {label: 喝茶}\n")
        file.write_text(text, encoding="utf-8")

    publish(w, new(THANKS).replace("order.paid", "tea.drunk"), edit=edit)
    w.events([w.line("tea.drunk", member) for member in people])
    w.engine.run_due()
    assert tags(w) == {contact: ["新"] for contact in people.values() if HALF.holds(contact)}


def test_entries_that_wait_are_decided_by_the_version_of_their_person(world: Worlds) -> None:
    waiting = THANKS.replace(
        "{name: order.paid}", "{name: order.paid, not_followed_by: {event: vip.welcome, within: 1h}}"
    )
    w = world(waiting)
    people = crowd(w)
    w.events([w.line("order.paid", member, sku="A") for member in people])
    publish(w, new(waiting))
    w.go(hours=2)
    assert tags(w) == expected(people)


def test_a_segment_is_followed_by_both_versions(world: Worlds) -> None:
    rules = """
    segments:
      rich: [{contact.points: {gte: 100}}]
    rules:
      - id: rich
        name: 富
        trigger: {type: segment, with: {name: rich}}
        steps:
          - do: contact.tag
            with: {add: [旧]}
      - id: give
        name: 给
        trigger: {type: event, with: {name: order.paid}}
        steps:
          - do: contact.update
            with: {set: {points: 200}}
    """
    w = world(rules)
    people = crowd(w)
    w.engine.run_due()
    publish(w, new(rules))
    w.engine.run_due()
    w.events([w.line("order.paid", member, sku="A") for member in list(people)[:30]])
    w.engine.run_due()
    w.go(hours=2)
    some = {member: people[member] for member in list(people)[:30]}
    assert tags(w) == expected(some)


# ---------------------------------------------------------------- one life for both


def test_a_cooldown_lasts_through_promotion(world: Worlds) -> None:
    rules = THANKS.replace("    steps:", "    guards: {cooldown: 30d}\n    steps:")
    w = world(rules)
    people = crowd(w)
    publish(w, new(rules))
    all_pay(w, people)
    w.reload(new(rules))
    w.go(days=1)
    all_pay(w, people)
    assert tags(w) == expected(people)


@pytest.mark.parametrize(("on_change", "left"), [("finish", "新"), ("move", "旧"), ("exit", None)])
def test_people_inside_a_canary_that_is_rolled_back_follow_on_change(
    world: Worlds, on_change: str, left: str | None
) -> None:
    rules = THANKS.replace(
        "    steps:\n", f"    on_change: {on_change}\n    steps:\n      - wait: 1d\n        id: pause\n"
    )
    w = world(rules)
    people = crowd(w)
    publish(w, new(rules))
    all_pay(w, people)
    w.reload()
    w.go(days=2)
    mine = {contact for contact in people.values() if HALF.holds(contact)}
    found = tags(w)
    assert {contact: found.get(contact, [None]) for contact in mine} == {contact: [left] for contact in mine}
    assert all(found[contact] == ["旧"] for contact in set(people.values()) - mine)


def test_people_inside_when_a_canary_begins_are_left_in_peace(world: Worlds) -> None:
    rules = THANKS.replace("    steps:\n", "    on_change: move\n    steps:\n      - wait: 1d\n        id: pause\n")
    w = world(rules)
    people = crowd(w)
    all_pay(w, people)
    publish(w, new(rules))
    w.go(days=2)
    assert tags(w) == {contact: ["旧"] for contact in people.values()}


def test_promotion_moves_people_inside_to_the_new_version(world: Worlds) -> None:
    rules = THANKS.replace("    steps:\n", "    on_change: move\n    steps:\n      - wait: 1d\n        id: pause\n")
    w = world(rules)
    people = crowd(w)
    publish(w, new(rules))
    all_pay(w, people)
    w.reload(new(rules))
    w.go(days=2)
    assert tags(w) == {contact: ["新"] for contact in people.values()}


def test_a_canary_that_is_widened_leaves_nobody_out_and_takes_nobody_twice(world: Worlds) -> None:
    w = world(DAILY)
    people = crowd(w)
    w.engine.run_due()
    publish(w, new(DAILY), replace(HALF, below=2000))
    w.to("2026-08-02 10:00")
    publish(w, new(DAILY), replace(HALF, below=8000))
    w.to("2026-08-03 10:00")
    with w.database.read() as conn:
        runs = conn.execute(select(schema.run.c.contact_id, schema.run.c.key)).all()
    assert len(runs) == len(set(runs)) == 2 * len(people)


# ---------------------------------------------------------------- what can't be


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            THANKS.replace("name: 谢谢", "name: 谢谢\n    enabled: false"),
            THANKS,
            "rule thanks is disabled or broken, and people may wait inside",
        ),
        (THANKS, THANKS.replace("name: 谢谢", "name: 谢谢\n    priority: 7"), "can't change the priority of thanks"),
        (
            "segments:\n  a: [{contact.points: {gte: 1}}]\n"
            + THANKS.replace("{type: event, with: {name: order.paid}}", "{type: segment, with: {name: a}}"),
            "segments:\n  a: [{contact.points: {gte: 2}}]\n"
            + THANKS.replace("{type: event, with: {name: order.paid}}", "{type: segment, with: {name: a}}"),
            "can't change the segment or the query that thanks follows",
        ),
    ],
)
def test_what_two_versions_can_not_differ_in(world: Worlds, old: str, new: str, told: str) -> None:
    w = world(old)
    with pytest.raises(AutomationError) as raised:
        publish(w, new)
    assert told in raised.value.text("en")


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("points: {type: integer}", "points: {type: number}", "not change what the others use: fields points"),
        ("stock: 3", "stock: 4", "coupons BDAY"),
    ],
)
def test_a_catalogue_that_means_something_else(world: Worlds, before: str, after: str, told: str) -> None:
    w = world(THANKS)

    def edit(folder: Path) -> None:
        text = (folder / "catalog.yaml").read_text(encoding="utf-8")
        assert before in text
        (folder / "catalog.yaml").write_text(text.replace(before, after), encoding="utf-8")

    with pytest.raises(AutomationError) as raised:
        publish(w, new(THANKS), edit=edit)
    assert told in raised.value.text("en")


def test_a_rule_with_two_versions_is_not_backfilled(world: Worlds) -> None:
    w = world(THANKS)
    publish(w, new(THANKS))
    with pytest.raises(BackfillError) as raised:
        plan_backfill(w.database, w.engine.project, "thanks", at("2026-07-01 00:00"), w.clock.now())
    assert "rule thanks has two versions while a canary runs" in raised.value.text("en")
