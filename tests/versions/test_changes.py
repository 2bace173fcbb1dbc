"""The difference of two states of the rules, in words."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from automation.insight.planning.changes import changes
from automation.rules.project import Project
from automation.settings import Settings
from tests.engine.world import CATALOG, TEMPLATES

RULES = """
rules:
  - id: thanks
    name: 谢谢
    trigger: {type: event, with: {name: order.paid}}
    audience:
      - contact.level: [银卡, 金卡]
      - contact.points: {gte: 10}
    guards: {cooldown: 3d}
    steps:
      - do: message.send
        with: {channels: [sms], template: hello}
      - wait: 3d
      - do: contact.tag
        with: {add: [谢过]}
"""


@pytest.fixture
def specs(tmp_path: Path) -> object:
    """The project with the rules of a text."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "catalog.yaml").write_text(CATALOG, encoding="utf-8")
    for name, text in TEMPLATES.items():
        (tmp_path / "templates" / name).write_text(text, encoding="utf-8")

    def read(text: str) -> Project:
        (tmp_path / "rules.yaml").write_text(dedent(text), encoding="utf-8")
        project = Project.load(Settings(folder=tmp_path))
        assert [p.shown("en") for p in project.problems if p.severity == "error"] == []
        return project

    return read


def told(specs: object, *edits: tuple[str, str], lang: str = "en") -> list[str]:
    text = RULES
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    found = changes(specs(RULES), specs(text))  # type: ignore[operator]
    return [sentence for change in found for sentence in change.sentences(lang)]


def test_the_same_rules_written_otherwise_have_no_difference(specs: object) -> None:
    assert told(specs, ("{cooldown: 3d}", "\n      cooldown: 3d # three days")) == []


def test_a_value_from_what_to_what(specs: object) -> None:
    edit = ("cooldown: 3d", "cooldown: 30d")
    assert told(specs, edit) == [
        "rule thanks (谢谢) changes",
        "guards (guards/cooldown): from 3d to 30d  (rules.yaml:9)",
    ]
    assert told(specs, edit, lang="zh")[1] == "守则 (guards/cooldown)：由 3d 改为 30d  (rules.yaml:9)"


def test_a_list_of_plain_values_is_told_as_a_whole(specs: object) -> None:
    assert told(specs, ("[银卡, 金卡]", "[金卡]"))[1:] == [
        "audience 1 (audience/0/contact.level): from 银卡, 金卡 to 金卡  (rules.yaml:7)"
    ]


def test_keys_that_come_and_go(specs: object) -> None:
    assert told(specs, ("    guards: {cooldown: 3d}\n", "    priority: 3\n"))[1:] == [
        "priority: added 3  (rules.yaml:9)",
        "guards (guards/cooldown): removed 3d",
    ]


def test_a_step_put_in_between_is_one_change(specs: object) -> None:
    put_in = ("  - wait: 3d\n", '  - wait: 3d\n      - wait: {until: "09:30"}\n')
    assert told(specs, put_in)[1:] == ['step 3 (steps/2): added {wait: {until: "09:30"}}  (rules.yaml:14)']


def test_a_step_taken_out_is_named_by_its_old_place(specs: object) -> None:
    assert told(specs, ("      - wait: 3d\n", ""))[1:] == ["step 2 (steps/1): removed {wait: 3d}"]


def test_a_step_that_changed_while_another_came_is_still_the_same_step(specs: object) -> None:
    edits = (
        ("template: hello", "template: order"),
        ("  - wait: 3d\n", "  - do: contact.tag\n        with: {add: [新]}\n"),
    )
    assert told(specs, *edits)[1:] == [
        "step 1 (steps/0/with/template): from hello to order  (rules.yaml:12)",
        "step 2 (steps/1): removed {wait: 3d}",
        "step 2 (steps/1): added {do: contact.tag, with: {add: [新]}}  (rules.yaml:13)",
    ]


def test_rules_that_come_and_go(specs: object) -> None:
    found = changes(specs(RULES), specs(RULES.replace("id: thanks", "id: other")))  # type: ignore[operator]
    assert [(c.id, c.kind, c.before is None, c.after is None) for c in found] == [
        ("other", "added", True, False), ("thanks", "removed", False, True),
    ]  # fmt: skip
    assert [c.headline("zh") for c in found] == ["新增规则 other（谢谢）", "删除规则 thanks（谢谢）"]
    assert [c.headline("en") for c in found] == ["rule other (谢谢) is new", "rule thanks (谢谢) goes"]
