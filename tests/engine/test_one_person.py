"""Several runs of one person in one batch: none overwrites what another wrote, in one process and in two."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from automation.contacts.profile import load_contacts
from automation.engine.engine import Engine
from automation.rules.project import Project
from automation.settings import Settings
from tests.engine.world import World

SKELETON = Path(__file__).parents[2] / "automation" / "cli" / "skeleton"
SCORE = """
rules:
  - id: score
    trigger: {type: event, with: {name: order.paid}}
    steps:
      - do: contact.update
        with: {set: {points: "{{ contact.points|default(0) + 10 }}"}}
"""
PLUGIN = """
rules:
  - id: gift
    trigger: {type: event, with: {name: order.paid}}
    steps:
      - do: points.add
        with: {points: 100}
"""


def pays(w: World, times: int, *members: str) -> list[str]:
    return [w.line("order.paid", {"member_no": m}, sku=f"{m}{i}") for i in range(times) for m in members]


def points(w: World, contact_id: int) -> int:
    with w.database.read() as conn:
        return int(load_contacts(conn, [contact_id])[contact_id].get("points", 0))


@pytest.mark.parametrize("apart", [1, 3])
def test_three_events_of_one_ingest_add_three_times(world: Callable[..., World], apart: int) -> None:
    # given
    w = world(SCORE)
    one, other = w.person("M1"), w.person("M2", points=5)
    lines = pays(w, 3, "M1", "M2")
    # when
    for i in range(0, 6, 6 // apart):
        w.events(lines[i : i + 6 // apart])
    w.run()
    # then
    assert (points(w, one), points(w, other)) == (30, 35)
    assert w.codes(one).count("completed") == 3


def test_the_plugin_that_init_ships_loses_no_points(world: Callable[..., World], tmp_path: Path) -> None:
    # given
    (tmp_path / "project" / "plugins").mkdir(parents=True)
    shutil.copy(SKELETON / "plugins" / "_example_action.py", tmp_path / "project" / "plugins" / "example_action.py")
    w = world(PLUGIN)
    one = w.person("M1")
    # when
    w.events(pays(w, 3, "M1"))
    w.run()
    # then
    assert points(w, one) == 300


def test_runs_that_came_due_together_go_one_after_the_other(world: Callable[..., World]) -> None:
    # given: two rules and a wait, so that no event lies between the runs
    w = world(SCORE.replace("steps:", "steps:\n      - wait: 1h") + SCORE.replace("rules:\n", "").replace("score", "b"))
    one = w.person("M1", points=1)
    # when
    w.events(pays(w, 2, "M1"))
    w.run()
    w.go(hours=1)
    # then
    assert points(w, one) == 41


def test_two_processes_add_up(world: Callable[..., World]) -> None:
    # given
    w = world(SCORE)
    people = [w.person(f"M{i}") for i in range(4)]
    w.events(pays(w, 6, "M0", "M1", "M2", "M3"))
    engines = [Engine(Project.load(Settings.load(w.folder)), w.database, w.clock) for _ in range(2)]
    # when: each takes few at a time, so that both have runs of everybody
    workers = [threading.Thread(target=lambda e=e: [e.advance(3) for _ in range(20)]) for e in engines]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    w.run()
    # then
    assert [points(w, one) for one in people] == [60] * 4
