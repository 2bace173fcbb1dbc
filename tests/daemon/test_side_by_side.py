"""Several engines on one database at the same moment: every fact once, every person once."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from automation.engine.engine import Engine
from automation.engine.entry.ingest import Incoming, IngestResult
from automation.errors import AutomationError
from automation.store.database import Database
from tests.engine.world import World, at

RULES = """
rules:
  - id: each
    name: 每单
    trigger: {type: event, with: {name: order.paid}}
    mode: {on_again: parallel, per: contact}
    steps: [{do: contact.tag, with: {add: [买过]}}]
  - id: cooling
    name: 冷却
    trigger: {type: event, with: {name: order.paid}}
    mode: {on_again: parallel, per: contact}
    guards: {cooldown: 30d}
    steps: [{do: sms.send, with: {template: hello}}]
  - id: inside
    name: 在内
    trigger: {type: event, with: {name: order.paid}}
    mode: {on_again: skip, per: contact}
    steps: [{wait: 5d}]
"""
PEOPLE, ORDERS, WORKERS = 40, 5, 4


@pytest.fixture
def world(db: Database, tmp_path: Path) -> Iterator[Callable[..., World]]:
    made: list[World] = []

    def make(rules: str, **options: Any) -> World:
        made.append(World(tmp_path / "project", db, rules, **options))
        return made[-1]

    yield make
    for one in made:
        one.engine.close()


def engines(w: World, count: int = WORKERS) -> list[Engine]:
    """As several processes have them: a pool of connections, a rule book and providers each."""
    url = w.database.url.render_as_string(hide_password=False)
    return [Engine(w.project(), Database(url), w.clock) for _ in range(count)]


def at_once(tasks: list[Callable[[], Any]]) -> list[Any]:
    """All of `tasks` begun at the same moment; whatever one of them raises is raised here."""
    barrier = Barrier(len(tasks))

    def begin(task: Callable[[], Any]) -> Any:
        barrier.wait()
        return task()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(begin, tasks))


def close(made: list[Engine]) -> None:
    for engine in made:
        engine.close()
        engine.database.close()


def orders(w: World) -> list[str]:
    """Orders of people whom nobody has seen before."""
    return [
        json.dumps(
            {"name": "order.paid", "contact": {"member_no": f"M{person}", "phone": f"+86138001{person:05}"},
             "occurred_at": (w.clock.now() - timedelta(minutes=order)).isoformat(),
             "message_id": f"{person}-{order}", "properties": {"amount": 1, "sku": str(order)}}
        )
        for person in range(PEOPLE)
        for order in range(ORDERS)
    ]  # fmt: skip


def test_overlapping_files_store_each_event_once_and_guards_hold(world: Callable[..., World]) -> None:
    # given four engines and the same events for each, in another order
    w = world(RULES)
    lines = orders(w)
    made = engines(w)

    def take(engine: Engine, seed: int) -> IngestResult:
        mine, total = random.Random(seed).sample(lines, len(lines)), IngestResult()
        for start in range(0, len(mine), 20):
            total.add(engine.ingest([Incoming(line, f"f{seed}") for line in mine[start : start + 20]]))
        return total

    # when they take them at once
    totals = at_once([lambda e=e, i=i: take(e, i) for i, e in enumerate(made)])  # type: ignore[misc]
    close(made)
    # then each event is there once, whoever took it
    assert sum(total.stored for total in totals) == len(lines) == len(w.table("event"))
    assert sum(total.duplicates for total in totals) == len(lines) * (WORKERS - 1)
    assert sum(total.quarantined for total in totals) == 0
    assert len([row for row in w.table("contact") if row.merged_into is None]) == PEOPLE
    # and each occurrence is one run; who is cooling down or inside enters once
    entered = Counter((row.rule_id, row.contact_id) for row in w.runs())
    by_rule = {rule.spec.id: rule.rule_id for rule in w.engine.book.rules.values()}
    assert Counter(rule for rule, _ in entered.elements()) == {
        by_rule["each"]: PEOPLE * ORDERS, by_rule["cooling"]: PEOPLE, by_rule["inside"]: PEOPLE,
    }  # fmt: skip
    assert {entered[by_rule["cooling"], contact] for _, contact in entered} == {1}
    assert {entered[by_rule["inside"], contact] for _, contact in entered} == {1}
    # and every decision is in the log
    at_the_door = [row for row in w.table("execution_log") if row.step is None]
    decided = [row for row in at_the_door if row.code == "entered" or row.code.startswith("skipped.")]
    assert len(decided) == len(lines) * 3
    assert len(w.log("entered")) == len(w.runs()) == sum(total.entered for total in totals)


def test_work_in_common_moves_each_run_and_sends_each_message_once(world: Callable[..., World]) -> None:
    # given people who are due, and a cap of one message a day for two rules that want to send
    w = world(
        """
        defaults:
          frequency_cap: [{max: 1, per: 1d}]
        rules:
          - id: first
            name: 一
            trigger: {type: event, with: {name: order.paid}}
            steps: [{do: sms.send, with: {template: hello}}]
          - id: second
            name: 二
            trigger: {type: event, with: {name: whitepaper.downloaded}}
            steps: [{do: sms.send, with: {template: hello}}]
        """,
        settings='[providers.sms]\ntype = "outbox"\nformat = "jsonl"\n[delivery]\nbatch_size = 7\n',
    )
    for person in range(PEOPLE):
        w.person(f"M{person}", phone=f"1380013{person:04}", name="安")
    w.events([w.line("order.paid", f"M{i}", amount=1) for i in range(PEOPLE)])
    w.events([w.line("whitepaper.downloaded", f"M{i}") for i in range(PEOPLE)])
    made = engines(w)

    def work(engine: Engine) -> None:
        for _ in range(30):
            engine.advance(9)
            engine.deliver()

    # when four engines work
    at_once([lambda e=e: work(e) for e in made])  # type: ignore[misc]
    close(made)
    # then one message per person was sent, once, and the other one was capped
    assert [m.status for m in w.messages()] == ["accepted"] * PEOPLE
    assert len({m.contact_id for m in w.messages()}) == PEOPLE
    (book,) = (w.folder / "outbox" / "sms").glob("*.jsonl")
    sent = [json.loads(line)["reference"] for line in book.read_text(encoding="utf-8").splitlines()]
    assert sorted(sent) == sorted(f"m{m.id}" for m in w.messages())
    assert len(w.log("skipped.frequency_cap")) == PEOPLE
    assert {run.status for run in w.runs()} == {"done"}


@pytest.mark.parametrize("cooldown", ["", "guards: {cooldown: 2d}"])
def test_occurrences_are_entered_once_by_all_together(world: Callable[..., World], cooldown: str) -> None:
    # given firings of two days that nobody has worked off, for a trigger that takes up both
    w = world(
        f"""
        rules:
          - id: daily
            name: 每日
            trigger: {{type: schedule, with: {{cron: "0 9 * * *"}}}}
            mode: {{on_again: parallel, per: contact}}
            {cooldown}
            steps: [{{do: contact.tag, with: {{add: [日]}}}}]
        """
    )
    people = [w.person(f"M{i}") for i in range(PEOPLE)]
    w.run()
    made = engines(w)
    for engine in made:
        engine._schedule._pages._page_size = 7
    w.clock.set(at("2026-08-02 09:00"))
    made[0]._schedule.fire()
    w.clock.set(at("2026-08-03 09:00"))

    def work(engine: Engine) -> None:
        for _ in range(25):
            engine.fire()

    # when four engines fire and work
    at_once([lambda e=e: work(e) for e in made])  # type: ignore[misc]
    close(made)
    # then each person entered each occurrence once, or, cooling down, the first of them
    occurrences = {row.key: row for row in w.table("occurrence")}
    assert {key: row.status for key, row in occurrences.items()} == {
        "2026-08-02T09:00": "done", "2026-08-03T09:00": "done",
    }  # fmt: skip
    expected = {("2026-08-02T09:00", person) for person in people}
    if not cooldown:
        expected |= {("2026-08-03T09:00", person) for person in people}
    assert Counter((run.key, run.contact_id) for run in w.runs()) == Counter(expected)
    for row in occurrences.values():
        assert row.looked_at == PEOPLE == row.entered + sum(row.skipped.values())
    assert len(w.log("entered")) == len(expected)


def test_engines_that_start_at_once_publish_the_rules_once(world: Callable[..., World]) -> None:
    w = world(RULES)
    changed = RULES.replace("每单", "每一单").replace("id: inside", "id: indoors")
    w.write_rules(changed)
    close(at_once([lambda: engines(w, 1)[0]] * WORKERS))
    rules = {row.key: (row.name, row.status) for row in w.table("rule")}
    assert rules == {
        "each": ("每一单", "active"), "cooling": ("冷却", "active"),
        "inside": ("在内", "removed"), "indoors": ("在内", "active"),
    }  # fmt: skip
    assert len(w.table("rule_version")) == 5


def test_who_enters_a_rule_that_another_process_has_removed_is_let_out(world: Callable[..., World]) -> None:
    # given an engine that has not yet seen that the rule is gone
    w = world(RULES)
    anna = w.person("M1", phone="13800138001", name="安娜")
    (late,) = engines(w, 1)
    w.reload(RULES[: RULES.index("  - id: inside")])
    late.ingest([w.line("order.paid", "M1", amount=1)])
    # when the newer one finds the run, it is held, and it lets the person out once that can't be undone any more
    w.run()
    (inside,) = [run for run in w.runs() if run.status == "held"]
    assert inside.contact_id == anna
    w.go(days=1)
    close([late, *engines(w, 1)])
    assert [run.reason for run in w.runs() if run.id == inside.id] == ["exited.removed"]
    assert w.codes(anna)[-1] == "exited.removed"


def test_a_project_that_can_not_be_read_ends_nobodys_run(world: Callable[..., World]) -> None:
    w = world(RULES)
    w.person("M1", phone="13800138001")
    w.event("order.paid", "M1", amount=1)
    with pytest.raises(AutomationError) as raised:
        w.reload("rules: [oops")
    assert raised.value.text("en") == (
        "the project's files can't be used; run automation validate to see every problem"
    )
    assert "automation validate" in raised.value.text("zh")
    assert {run.status for run in w.runs()} == {"active"}
    assert {row.status for row in w.table("rule")} == {"active"}
