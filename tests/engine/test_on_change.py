"""Edits while people are inside: they finish, come to the new version, or leave, as the new version says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from automation.clock import to_ms
from automation.engine.journey.moving import Moving
from tests.engine.world import World

HEAD = """
rules:
  - id: nurture
    name: 培育
    on_change: {how}
    trigger: {{type: event, with: {{name: whitepaper.downloaded}}}}
    guards: {{consent: transactional}}
    steps:
{steps}
"""
PAUSED = """
      - do: sms.send
        id: hello
        with: {template: hello}
      - wait: 3d
        id: calm
      - do: contact.tag
        with: {add: [旧]}
"""


def rule(steps: str, how: str = "move") -> str:
    return HEAD.format(how=how, steps=steps.strip("\n"))


def inside(w: World, *numbers: str) -> list[int]:
    people = [w.person(no, phone=f"1380013800{no[1:]}", name=no) for no in numbers]
    for no in numbers:
        w.event("whitepaper.downloaded", no)
    w.run()
    return people


def tags(w: World) -> list[str]:
    return sorted(row.tag for row in w.table("contact_tag"))


def details(w: World, code: str) -> list[tuple[int | None, Any]]:
    return [(row.contact_id, row.detail) for row in w.log(code)]


def test_move_takes_those_who_wait_along_and_keeps_their_time(world: Callable[..., World]) -> None:
    # given somebody who waits behind the second step
    w = world(rule(PAUSED))
    (anna,) = inside(w, "M1")
    (before,) = w.runs()
    # when a step is put before that wait, and another behind it, and the wait is shorter
    edited = PAUSED.replace("      - wait: 3d", "      - do: contact.tag\n        with: {add: [无]}\n      - wait: 1d")
    w.reload(rule(edited.replace("[旧]", "[新]")))
    w.run()
    # then
    (run,) = w.runs()
    assert run.rule_version_id != before.rule_version_id
    assert (run.position, run.due_at, run.status) == (before.position + 1, before.due_at, "active")
    assert details(w, "moved") == [(anna, {"from": 2, "to": 3}), (None, {"moved": 1, "not_moved": 0})]
    assert w.table("rule_change") == []
    w.go(days=3)
    assert tags(w) == ["新"]
    assert len(w.messages()) == 1


def test_a_step_whose_path_another_had_before_is_not_taken_for_that(world: Callable[..., World]) -> None:
    send = "      - do: sms.send\n        with: {template: hello}\n"
    calm = "      - wait: 3d\n        id: calm\n"
    w = world(rule(calm.replace("calm", "first") + send + calm + send))
    inside(w, "M1")
    w.go(days=3)
    assert [m.step for m in w.messages()] == ["rules/nurture/steps/1"]
    w.reload(rule(calm + send))
    w.go(days=3)
    assert [(m.step, m.visit, m.status) for m in w.messages()] == [
        ("rules/nurture/steps/1", 0, "accepted"), ("rules/nurture/steps/1", 1, "accepted"),
    ]  # fmt: skip


def test_who_can_not_be_moved_finishes_on_the_old_version(world: Callable[..., World]) -> None:
    w = world(rule(PAUSED))
    anna, bob = inside(w, "M1", "M2")
    # when the step that they wait behind is gone
    w.reload(rule(PAUSED.replace("id: calm", "id: other").replace("[旧]", "[新]")))
    w.run()
    assert details(w, "not_moved") == [(anna, {"reason": "step_without_id"}), (bob, {"reason": "step_without_id"})]
    assert details(w, "moved") == [(None, {"moved": 0, "not_moved": 2})]
    w.go(days=3)
    assert tags(w) == ["旧", "旧"]


def test_an_id_that_is_gone_and_one_that_is_another_kind_of_step(world: Callable[..., World]) -> None:
    steps = "      - wait_for: {event: order.paid, within: 3d}\n        id: paid\n"
    w = world(rule(steps))
    inside(w, "M1")
    w.reload(rule(steps.replace("order.paid", "store.stock_out")))
    w.run()
    assert [detail["reason"] for _, detail in details(w, "not_moved")] == ["other_event"]
    w.reload(rule(steps.replace("id: paid", "id: bought")))
    w.run()
    assert [detail["reason"] for _, detail in details(w, "not_moved")] == ["other_event", "step_gone"]
    # and the old version still hears its event
    w.event("order.paid", "M1", amount=1)
    w.run()
    assert [run.status for run in w.runs()] == ["done"]


def test_who_waits_for_an_event_hears_it_in_the_new_version(world: Callable[..., World]) -> None:
    steps = """
      - wait_for: {event: order.paid, within: 3d, where: [{event.amount: {gt: 10}}]}
        id: paid
        then: [{do: contact.tag, with: {add: [买]}}]
        else: [{do: contact.tag, with: {add: [没买]}}]
"""
    w = world(rule(steps))
    inside(w, "M1", "M2")
    (due,) = {run.due_at for run in w.runs()}
    w.reload(rule(steps.replace("gt: 10", "gt: 99").replace("[没买]", "[没买新]").replace("within: 3d", "within: 9d")))
    w.run()
    assert {run.due_at for run in w.runs()} == {due}
    w.event("order.paid", "M1", amount=50)  # enough for the old version only
    w.run()
    assert tags(w) == []
    w.event("order.paid", "M1", amount=100)
    w.go(days=3)
    assert tags(w) == ["买", "没买新"]


def test_who_waits_for_a_message_is_moved_with_it(world: Callable[..., World]) -> None:
    steps = "      - do: sms.send\n        id: hello\n        with: {template: hello}\n"
    w = world(rule(steps))
    w.person("M1", phone="13800138001", name="安娜")
    w.event("whitepaper.downloaded", "M1")
    w.engine.advance()
    assert [run.status for run in w.runs()] == ["sending"]
    # when the message's step moves down, and something comes behind it
    w.reload(rule("      - do: contact.tag\n        with: {add: [前]}\n" + steps
             + "      - do: contact.tag\n        with: {add: [后]}\n"))  # fmt: skip
    w.run()
    # then it is sent once, by the version it was written in, and the run goes on in the new one
    assert [(m.step, m.status) for m in w.messages()] == [("rules/nurture/steps/0", "accepted")]
    assert tags(w) == ["后"]
    assert [run.status for run in w.runs()] == ["done"]


def test_who_has_not_begun_begins_in_the_new_version(world: Callable[..., World]) -> None:
    w = world(rule(PAUSED.replace("id: hello", "id: x")))
    w.person("M1", phone="13800138001", name="安娜")
    w.event("whitepaper.downloaded", "M1")
    w.reload(rule("      - do: contact.tag\n        with: {add: [新]}\n"))
    w.engine.advance()  # before the portion with this run comes
    assert tags(w) == ["新"]
    w.run()
    assert details(w, "moved")[-1] == (None, {"moved": 1, "not_moved": 0})


def test_rounds_of_a_loop_are_counted_on(world: Callable[..., World]) -> None:
    steps = """
      - repeat:
          times: 3
          every: 1d
          steps: [{do: contact.update, with: {set: {points: 1}}}]
        id: loop
      - do: contact.tag
        with: {add: [完]}
"""
    w = world(rule(steps))
    inside(w, "M1")
    w.reload(rule("      - do: contact.tag\n        with: {add: [前]}\n" + steps.strip("\n")))
    w.go(days=1)
    w.go(days=1)
    w.go(days=1)
    assert tags(w) == ["完"]
    assert len(w.log("step.repeated")) == 3
    assert [run.status for run in w.runs()] == ["done"]


def test_a_step_that_was_put_into_a_loop_can_not_be_moved_to(world: Callable[..., World]) -> None:
    w = world(rule(PAUSED))
    inside(w, "M1")
    w.reload(
        rule("      - repeat:\n          times: 2\n          steps:\n            - wait: 3d\n              id: calm\n")
    )
    w.run()
    assert [detail["reason"] for _, detail in details(w, "not_moved")] == ["loop"]


def test_exit_lets_everybody_out_and_drops_what_is_queued(world: Callable[..., World]) -> None:
    w = world(rule(PAUSED))
    (anna,) = inside(w, "M1")
    bob = w.person("M2", phone="13800138002", name="波")
    w.event("whitepaper.downloaded", "M2")
    w.engine.advance()
    assert [m.status for m in w.messages()] == ["accepted", "queued"]
    w.reload(rule(PAUSED.replace("[旧]", "[新]"), how="exit"))
    w.run()
    assert [(run.status, run.reason) for run in w.runs()] == [("exited", "exited.changed")] * 2
    assert [m.status for m in w.messages()] == ["accepted", "dropped"]
    assert details(w, "exited.changed") == [(anna, None), (bob, None), (None, {"exited": 2})]
    # and who enters afterwards stays
    inside(w, "M3")
    w.go(days=3)
    assert tags(w) == ["新"]


def test_finish_is_what_the_new_version_says_not_the_old_one(world: Callable[..., World]) -> None:
    w = world(rule(PAUSED, how="exit"))
    inside(w, "M1")
    w.reload(rule(PAUSED.replace("[旧]", "[新]"), how="finish"))
    w.go(days=3)
    assert tags(w) == ["旧"]
    assert w.table("rule_change") == []


def test_nobody_takes_a_step_that_was_edited_away_while_the_portions_go_on(world: Callable[..., World]) -> None:
    w = world(rule(PAUSED))
    inside(w, "M1", "M2")
    w.reload(rule(PAUSED.replace("[旧]", "[新]")))
    w.clock.set(w.clock.now().replace(day=20))
    assert w.engine.advance() == 2  # both were due before anything else was done
    w.run()
    assert tags(w) == ["新", "新"]
    assert details(w, "moved")[-1] == (None, {"moved": 2, "not_moved": 0})


def test_portions_survive_a_crash_and_two_processes(world: Callable[..., World]) -> None:
    w = world(rule(PAUSED))
    people = inside(w, *(f"M{i}" for i in range(1, 8)))
    w.reload(rule(PAUSED.replace("[旧]", "[新]")))
    one = Moving(w.database, w.clock, w.engine.book, w.engine._moving._versions, portion=2)
    other = Moving(w.database, w.clock, w.engine.book, w.engine._moving._versions, portion=2)
    assert one() == 1
    (change,) = w.table("rule_change")
    assert (change.cursor, change.moved) == (2, 2)
    # the process dies; two others go on, once with the same portion in hand
    assert other._do(change) == 1
    assert one._do(change) == 0
    w.run()
    assert [run.rule_version_id for run in w.runs()] == [w.runs()[0].rule_version_id] * 7
    assert sorted(row.contact_id for row in w.log("moved") if row.contact_id) == people
    assert details(w, "moved")[-1] == (None, {"moved": 7, "not_moved": 0})


def test_held_and_disabled_people_are_moved_too(world: Callable[..., World]) -> None:
    w = world(rule(PAUSED))
    inside(w, "M1")
    w.reload(rule(PAUSED).replace("    name: 培育", "    name: 培育\n    enabled: false"))
    w.go(days=4)
    assert [run.status for run in w.runs()] == ["held"]
    (held,) = w.log("held.disabled")
    assert held.detail == {"runs": 1}
    w.reload(rule(PAUSED.replace("[旧]", "[新]")))
    w.run()
    assert tags(w) == ["新"]


def test_removing_tells_how_many_left(world: Callable[..., World]) -> None:
    w = world(rule(PAUSED))
    anna, bob = inside(w, "M1", "M2")
    w.reload("rules: []\n")
    assert [run.status for run in w.runs()] == ["held", "held"]
    w.go(days=1)
    assert details(w, "exited.removed") == [(anna, None), (bob, None), (None, {"runs": 2})]
    assert to_ms(w.clock.now()) == w.runs()[0].ended_at
