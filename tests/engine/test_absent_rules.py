"""Absent is not removed: files that can't be read, files that are not read, rules that are really taken out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from automation.clock import to_ms
from automation.daemon.reloading import Reloader
from automation.engine.engine import Engine
from automation.engine.removal import RemovalError, remove_rule, restore_rule, undone_until
from automation.errors import AutomationError
from automation.insight.missing_rules import read_missing_rules
from automation.rules.project import Project
from automation.settings import Settings
from tests.engine.world import World

RULE = """
  - id: {id}
    name: {id}
    trigger: {{type: event, with: {{name: order.paid}}}}
    mode: {{on_again: parallel, per: contact}}
    steps: [{{wait: 2d}}, {{do: contact.tag, with: {{add: [{id}]}}}}]
"""
DAILY = """
  - id: daily
    name: 每日
    trigger: {type: schedule, with: {cron: "0 9 * * *"}}
    steps: [{do: contact.tag, with: {add: [日]}}]
"""
TWO = 'rules = ["rules.yaml", "more.yaml"]\n'


def rules(*ids: str, more: str = "") -> str:
    return "rules:" + ("".join(RULE.format(id=id_) for id_ in ids) + more or " []\n")


def statuses(w: World) -> dict[str, str]:
    return {row.key: row.status for row in w.table("rule")}


def inside(w: World, count: int, event: str = "order.paid") -> None:
    """So many people are inside each rule on that event."""
    for i in range(count):
        w.person(f"M{i}")
    w.events([w.line(event, f"M{i}", amount=1) for i in range(count)])
    w.run()


def tags(w: World) -> int:
    return len(w.table("contact_tag"))


def why(w: World) -> dict[str, str]:
    with w.database.read() as conn:
        return {row["rule"]: row["why"] for row in read_missing_rules(conn)}


def remove(w: World, key: str, people: Any, *, now: bool = False) -> dict[str, Any]:
    moment = to_ms(w.clock.now())
    until = moment if now else undone_until(w.engine.project.settings, moment)
    with w.database.write() as conn:
        return remove_rule(conn, key, people, "没有用了", "王", moment, until)


def restore(w: World, key: str) -> None:
    with w.database.write() as conn:
        restore_rule(conn, key, "弄错了", "王", to_ms(w.clock.now()))


# ---------------------------------------------------------------- files that can't be read


def gbk(path: Path) -> None:
    path.write_bytes(path.read_text(encoding="utf-8").replace("name:", "name: 感谢").encode("gbk"))


def empty(path: Path) -> None:
    path.write_bytes(b"")


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def torn(path: Path) -> None:
    """An editor has written a part of the file so far."""
    text = path.read_bytes()
    path.write_bytes(text[: text.index(b"{") + 3])


UNUSABLE = [gbk, Path.unlink, empty, folder, torn]


@pytest.mark.parametrize("spoil", UNUSABLE, ids=lambda spoil: spoil.__name__)
@pytest.mark.parametrize("name", ["rules.yaml", "more.yaml"])
def test_a_file_that_can_not_be_used_leaves_what_ran(
    world: Callable[..., World], name: str, spoil: Callable[[Path], None]
) -> None:
    # given two people inside a rule of each file
    w = two_files(world)
    whole = (w.folder / name).read_bytes()
    # when a daemon, or a command that starts, looks at it
    spoil(w.folder / name)
    reload = Reloader(w.engine)
    assert not reload()
    with pytest.raises(AutomationError):
        Engine(Project.load(Settings.load(w.folder)), w.database, w.clock)
    # then the rules from before go on running
    assert statuses(w) == {"a": "active", "b": "active"}
    assert [run.status for run in w.runs()] == ["active"] * 4
    # and the whole file is taken over without anything to tell
    if (w.folder / name).is_dir():
        (w.folder / name).rmdir()
    (w.folder / name).write_bytes(whole)
    reload()
    w.go(days=2)
    assert tags(w) == 4
    assert "held.absent" not in w.codes()


def two_files(world: Callable[..., World]) -> World:
    w = world(rules("a"), settings="")
    (w.folder / "automation.toml").write_text(TWO, encoding="utf-8")
    (w.folder / "more.yaml").write_text(rules("b"), encoding="utf-8")
    w.engine = Engine(Project.load(Settings.load(w.folder)), w.database, w.clock)
    inside(w, 2)
    return w


@pytest.mark.parametrize("spoil", [gbk, empty, folder, torn, Path.unlink], ids=lambda spoil: spoil.__name__)
def test_a_catalogue_that_can_not_be_read_leaves_what_ran(
    world: Callable[..., World], spoil: Callable[[Path], None]
) -> None:
    w = world(rules("a"))
    inside(w, 1)
    spoil(w.folder / "catalog.yaml")
    with pytest.raises(AutomationError):
        w.reload()
    assert statuses(w) == {"a": "active"}
    assert w.event("order.paid", "M0", amount=2).entered == 1


# ---------------------------------------------------------------- files that are not read


def test_a_file_that_is_no_longer_listed_keeps_its_people(world: Callable[..., World]) -> None:
    """A typo in the list `rules`, or another project's settings: nobody has taken anything out."""
    w = two_files(world)
    # when the list names one file only, for longer than a removal can be undone
    (w.folder / "automation.toml").write_text("", encoding="utf-8")
    w.reload()
    assert statuses(w) == {"a": "active", "b": "absent"}
    assert why(w) == {"b": "its file more.yaml is not among those that are read"}
    w.go(days=3)
    assert sorted(run.status for run in w.runs()) == ["done", "done", "held", "held"]
    assert {row.detail["why"] for row in w.log("held.absent") if row.detail} == {"unread"}
    # then they go on when it is back
    (w.folder / "automation.toml").write_text(TWO, encoding="utf-8")
    w.reload()
    w.run()
    assert tags(w) == 4


def test_a_rule_that_may_be_the_broken_one_is_not_removed(world: Callable[..., World]) -> None:
    w = world(rules("a", "b"))
    inside(w, 1)
    w.reload(rules("a", "b").replace("id: b", "idd: b"))
    assert (statuses(w)["a"], statuses(w)["b"]) == ("active", "absent")
    w.reload()  # and again: the broken rule is known by now
    w.go(days=3)
    assert statuses(w)["b"] == "absent"
    w.reload(rules("a", "b"))
    w.run()
    assert tags(w) == 2


# ---------------------------------------------------------------- rules that are taken out


def test_a_few_people_leave_a_day_later_and_until_then_the_file_brings_them_back(world: Callable[..., World]) -> None:
    w = world(rules("a", "b"))
    inside(w, 3)
    w.reload(rules("a"))
    w.go(hours=23)
    assert statuses(w)["b"] == "removed"
    assert sorted(run.status for run in w.runs()) == ["active"] * 3 + ["held"] * 3
    w.reload(rules("a", "b"))
    w.go(days=2)
    assert tags(w) == 6
    # and when the day is over they leave
    inside(w, 3)
    w.reload(rules("a"))
    w.go(days=1)
    assert len(w.log("exited.removed")) == 4
    w.reload(rules("a", "b"))
    w.go(days=3)
    assert tags(w) == 6


def test_more_than_a_few_wait_for_a_word(world: Callable[..., World]) -> None:
    w = world(rules("a", "b", "c"))
    inside(w, 6)  # 12 in the two that go
    w.reload(rules("a"))
    w.go(days=5)
    assert statuses(w) == {"a": "active", "b": "absent", "c": "absent"}
    assert why(w)["b"] == "its file has it no more, and 6 people are inside"
    # one lets its people finish, and nobody enters; the other's leave a day later
    assert remove(w, "b", "finish")["inside"] == 6
    assert remove(w, "c", "exit")["inside"] == 6
    assert w.engine.overtaken()
    w.reload()
    assert w.event("order.paid", "M0", amount=1).entered == 1
    w.run()
    done = [run.status for run in w.runs() if run.rule_id == 2]
    assert done == ["done"] * 6
    w.go(days=1)
    assert [run.reason for run in w.runs() if run.rule_id == 3] == ["exited.removed"] * 6
    actions = [(row.action, row.subject) for row in w.table("audit") if row.subject.startswith("rule:")]
    assert actions == [("rule.removed", "rule:b"), ("rule.removed", "rule:c")]


def test_a_removal_can_be_taken_back_until_they_leave(world: Callable[..., World]) -> None:
    w = world(rules("a", "b"))
    inside(w, 2)
    w.reload(rules("a"))
    restore(w, "b")
    w.reload()
    w.go(days=3)  # nothing takes them out any more but a word
    assert [run.status for run in w.runs() if run.rule_id == 2] == ["held"] * 2
    remove(w, "b", "exit", now=True)
    with pytest.raises(RemovalError, match="can't be undone any more"):
        restore(w, "b")
    with pytest.raises(RemovalError, match=r"stands in rules\.yaml; take it out there first"):
        remove(w, "a", "exit")
    with pytest.raises(RemovalError, match="there is no rule bb"):
        remove(w, "bb", "exit")


def test_nobody_is_inside_and_the_clock_goes_on(world: Callable[..., World]) -> None:
    """Half a file for a minute over nine o'clock loses no firing."""
    w = world(rules("a", more=DAILY))
    w.person("M1")
    w.run()
    w.to("2026-08-02 08:59")
    w.reload(rules("a"))
    w.to("2026-08-02 09:01")
    w.reload(rules("a", more=DAILY))
    w.run()
    assert [(row.status, row.entered) for row in w.table("occurrence")] == [("done", 1)]


def test_a_firing_that_is_half_done_waits_for_its_rule(world: Callable[..., World]) -> None:
    w = world(rules("a", more=DAILY))
    for i in range(4):
        w.person(f"M{i}")
    w.run()
    w.engine._schedule._pages._page_size = 2
    w.to("2026-08-02 08:59")
    w.clock.advance(timedelta(minutes=2))
    w.engine.fire()
    w.reload(rules("a"))
    w.run()
    assert [row.status for row in w.table("occurrence")] == ["running"]
    w.reload(rules("a", more=DAILY))
    w.run()
    assert [(row.status, row.entered) for row in w.table("occurrence")] == [("done", 4)]


def test_a_process_with_older_files_takes_no_rule_from_a_daemon(world: Callable[..., World]) -> None:
    """`ingest` meets half a file; the daemon, whose file is whole again with the same time, takes the rule back."""
    w = world(rules("a", "b"))
    inside(w, 1)
    reload = Reloader(w.engine)
    reload()
    late = Project.load(Settings.load(w.folder))
    w.write_rules(rules("a"))
    other = Engine(Project.load(Settings.load(w.folder)), w.database, w.clock)
    w.write_rules(rules("a", "b"))
    assert statuses(w)["b"] == "removed"
    assert w.engine.overtaken()
    assert reload()
    assert statuses(w)["b"] == "active"
    assert late.fingerprint == w.engine.project.fingerprint
    assert not other.overtaken()
    w.go(days=2)
    assert tags(w) == 2
    other.close()
