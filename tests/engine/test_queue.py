"""mode queue: whoever is inside finishes first; then it is the next one's turn, whatever ended the one before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update

from automation.store.schema import run as run_table
from tests.engine.world import World

RULES = """
rules:
  - id: line
    name: 排队
    trigger: {type: event, with: {name: whitepaper.downloaded}}
    mode: {on_again: queue, per: contact}
"""
STEPS = "    steps: [{wait: 1d}]\n"


def lined_up(world: Callable[..., World], rules: str = RULES + STEPS, count: int = 3) -> tuple[World, int]:
    w = world(rules)
    anna = w.person("M1", name="安娜", phone="13800138001")
    for n in range(count):
        w.event("whitepaper.downloaded", "M1", title=str(n))
        w.run()
    return w, anna


def statuses(w: World) -> list[str]:
    return [run.status for run in w.runs()]


def test_who_enters_again_waits_for_their_turn(world: Callable[..., World]) -> None:
    w, anna = lined_up(world)
    assert statuses(w) == ["active", "queued", "queued"]
    assert [(run.mode_key, run.queue_key, run.due_at is None) for run in w.runs()] == [
        ("", None, False), (None, "", True), (None, "", True),
    ]  # fmt: skip
    assert w.codes(anna) == ["entered", "waiting", "queued_behind", "queued_behind"]
    w.go(days=1)
    assert statuses(w) == ["done", "active", "queued"]
    w.go(days=1)
    assert statuses(w) == ["done", "done", "active"]
    w.go(days=1)
    assert statuses(w) == ["done", "done", "done"]
    second = w.runs()[1]
    assert [row.code for row in w.table("execution_log") if row.run_id == second.id] == [
        "queued_behind", "entered", "waiting", "completed",
    ]  # fmt: skip
    assert w.log("entered")[1].detail == {"queued_since": second.entered_at}


def test_one_batch_of_events_lines_up_in_its_order(world: Callable[..., World]) -> None:
    w = world(RULES + STEPS)
    w.person("M1")
    lines = [w.line("whitepaper.downloaded", "M1", title=str(i)) for i in range(3)]
    result = w.events(lines)
    assert (result.entered, result.skipped) == (3, 0)
    assert statuses(w) == ["active", "queued", "queued"]
    assert w.events(lines).duplicates == 3
    w.run()
    w.go(days=1)
    w.go(days=1)
    assert statuses(w) == ["done", "done", "active"]


def test_each_place_has_its_own_queue(world: Callable[..., World]) -> None:
    w = world("""
    rules:
      - id: line
        name: 排队
        trigger: {type: event, with: {name: order.paid}}
        mode: {on_again: queue, per: [contact, event.sku]}
        steps: [{wait: 1d}]
    """)
    w.person("M1")
    w.person("M2")
    for member, sku in (("M1", "A"), ("M1", "B"), ("M1", "A"), ("M2", "A")):
        w.event("order.paid", member, sku=sku, amount=len(w.runs()))
    w.run()
    assert statuses(w) == ["active", "active", "queued", "active"]


@pytest.mark.parametrize(
    ("steps", "more", "event"),
    [
        ("[{wait: 9d}]", "exit_when: [{did: {event: vip.welcome, since: entry}}]", "vip.welcome"),
        ("[{wait: 9d}]", "goal: {event: order.paid, within: 9d}", "order.paid"),
    ],
)
def test_an_exit_lets_the_next_one_in_at_once(world: Callable[..., World], steps: str, more: str, event: str) -> None:
    w, anna = lined_up(world, f"{RULES}    {more}\n    steps: {steps}\n", count=1)
    w.clock.advance(timedelta(hours=1))
    w.event("whitepaper.downloaded", "M1", title="again", when="2026-08-01 13:00")
    w.event(event, "M1", when="2026-08-01 12:30")  # since the first entry, and before the second
    assert statuses(w) == ["exited", "active"] if event == "vip.welcome" else True
    w.run()
    assert len([status for status in statuses(w) if status in ("active", "sending")]) == 1
    assert w.codes(anna).count("entered") == 2


def test_somebody_in_the_queue_can_leave_it(world: Callable[..., World]) -> None:
    more = "    exit_when: [{did: {event: vip.welcome, since: entry}}]\n"
    w, anna = lined_up(world, RULES + more + STEPS, count=2)
    w.clock.advance(timedelta(hours=1))
    w.event("vip.welcome", "M1", from_rule="x")
    assert statuses(w) == ["exited", "exited"]
    assert [run.queue_key for run in w.runs()] == [None, None]
    assert w.codes(anna).count("exited.condition") == 2


def test_a_failed_message_lets_the_next_one_in_when_it_is_settled(world: Callable[..., World]) -> None:
    w, _ = lined_up(world, RULES + "    steps: [{do: sms.send, with: {template: hello}}]\n", count=0)
    for n in range(2):
        w.event("whitepaper.downloaded", "M1", title=str(n))
    w.engine.advance()
    assert statuses(w) == ["sending", "queued"]
    w.engine.deliver("sms")
    assert statuses(w) == ["done", "active"]
    w.run()
    assert (statuses(w), len(w.outbox("sms"))) == (["done", "done"], 2)


def test_a_rule_that_is_removed_lets_the_whole_queue_out(world: Callable[..., World]) -> None:
    w, anna = lined_up(world)
    w.reload("""
    rules:
      - id: other
        name: 别的
        trigger: {type: event, with: {name: order.paid}}
        steps: [{wait: 1d}]
    """)
    w.go(days=1)
    assert statuses(w) == ["exited"] * 3
    assert w.codes(anna).count("exited.removed") == 3


def test_after_an_edit_to_restart_the_new_one_takes_the_place_and_the_queue_comes_after(
    world: Callable[..., World],
) -> None:
    w, _ = lined_up(world, count=2)
    w.reload(RULES.replace("queue", "restart") + STEPS)
    w.event("whitepaper.downloaded", "M1", title="new")
    assert statuses(w) == ["exited", "queued", "active"]
    w.run()
    w.go(days=1)
    assert statuses(w) == ["exited", "active", "done"]


def test_a_queue_that_nobody_moved_on_is_repaired(world: Callable[..., World]) -> None:
    w, _ = lined_up(world, count=2)
    with w.database.write() as conn:  # as if the first had ended without a word
        conn.execute(update(run_table).where(run_table.c.id == 1).values(status="done", mode_key=None, ended_at=1))
    w.go(seconds=30)
    assert statuses(w) == ["done", "queued"]  # not looked for all the time
    w.go(seconds=31)
    assert statuses(w) == ["done", "active"]


def test_clock_triggers_queue_whole_audiences(world: Callable[..., World]) -> None:
    w = world("""
    rules:
      - id: daily
        name: 每日
        trigger: {type: schedule, with: {every: 1d, at: "09:00"}}
        mode: {on_again: queue, per: contact}
        steps: [{wait: 36h}]
    """)
    people = [w.person(f"M{n}") for n in range(3)]
    w.to("2026-08-02 09:00")
    assert statuses(w) == ["active"] * 3
    late = w.person("M9")
    w.to("2026-08-03 09:00")
    assert statuses(w) == ["active"] * 3 + ["active"] + ["queued"] * 3
    assert [run.contact_id for run in w.runs()[3:]] == [late, *people]
    (_, second) = w.log("occurrence.done")
    assert (second.detail["looked_at"], second.detail["entered"], second.detail["skipped"]) == (4, 4, {})
    w.to("2026-08-03 21:00")
    assert statuses(w) == ["done"] * 3 + ["active"] * 4
    assert w.codes(people[0]) == ["entered", "waiting", "queued_behind", "completed", "entered", "waiting"]
