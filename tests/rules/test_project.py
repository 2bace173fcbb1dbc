"""A project folder: everything wrong in any of its files, and whether anything changed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from automation.rules.project import Project
from automation.settings import Settings
from tests.rules.conftest import SHOP, rule_with

ROOT = Path(__file__).parents[2]
RULE = rule_with("steps: [{do: sms.send, with: {template: hello}}]")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with one rule, in order."""
    shutil.copy(SHOP / "catalog.yaml", tmp_path / "catalog.yaml")
    (tmp_path / "templates").mkdir()
    shutil.copy(SHOP / "templates" / "hello.sms.j2", tmp_path / "templates")
    (tmp_path / "plugins").mkdir()
    (tmp_path / "rules.yaml").write_text(RULE, encoding="utf-8")
    return tmp_path


def load(folder: Path) -> Project:
    return Project.load(Settings(folder=folder))


def shown(folder: Path, lang: str = "en") -> list[str]:
    return [problem.shown(lang) for problem in load(folder).problems if not problem.file.startswith("automation.")]


def test_a_project_in_order(folder: Path) -> None:
    project = load(folder)

    assert shown(folder) == []
    assert [rule.id for rule in project.checked.rules] == ["one"]
    assert "order.paid" in project.catalogue.events
    assert project.templates.names() == {"hello"}


def test_the_seed_project_is_in_order() -> None:
    project = Project.load(Settings(folder=ROOT))

    assert [rule.id for rule in project.checked.rules] == [
        "birthday_coupon", "whitepaper_nurture", "stock_out_rescue", "win_back",
    ]  # fmt: skip
    found = [p for p in project.problems if not p.file.startswith("automation.")]
    assert {(p.severity, p.key) for p in found} == {("warning", "rules.counted_later")}


def test_a_missing_rules_file_is_a_problem(folder: Path) -> None:
    (folder / "rules.yaml").unlink()

    assert shown(folder, "zh") == ["rules.yaml:1:1: 错误： 找不到规则文件 rules.yaml"]
    assert shown(folder) == ["rules.yaml:1:1: error: the rule file rules.yaml does not exist"]


def test_a_folder_in_place_of_a_file_is_a_problem(folder: Path) -> None:
    (folder / "rules.yaml").unlink()
    (folder / "rules.yaml").mkdir()

    assert shown(folder) == ["rules.yaml:1:1: error: rules.yaml can't be read: Is a directory"]


def test_a_file_that_is_not_utf_8_is_a_problem_and_a_byte_order_mark_is_none(folder: Path) -> None:
    (folder / "rules.yaml").write_text(RULE, encoding="utf-8-sig")
    assert shown(folder) == []

    (folder / "rules.yaml").write_bytes((RULE + "    name: 规则\n").encode("gb18030"))
    assert shown(folder) == [
        "rules.yaml:5:1: error: the file is not UTF-8 (undecodable from line 5 on); save it as UTF-8"
    ]


def test_without_a_catalogue_the_built_in_names_are_known(folder: Path) -> None:
    (folder / "catalog.yaml").unlink()

    assert {p.key for p in load(folder).problems if p.file == "rules.yaml"} == {
        "rules.unknown_event",
        "rules.unknown_variable_in",
    }


def test_problems_of_every_kind_of_file_come_together(folder: Path) -> None:
    (folder / "catalog.yaml").open("a").write("colour: red\n")
    (folder / "plugins" / "broken.py").write_text("import nothing_of_this_name\n")
    (folder / "rules.yaml").write_text(RULE + "    nmae: x\n", encoding="utf-8")
    (folder / "templates" / "broken.sms.j2").write_text("{{ contact.name")

    files = [problem.file for problem in load(folder).problems if not problem.file.startswith("automation.")]

    assert files == ["catalog.yaml", "plugins/broken.py", "rules.yaml", "templates/broken.sms.j2"]


def test_a_plugin_in_the_folder_is_used_like_a_built_in(folder: Path) -> None:
    shutil.copy(SHOP / "plugins" / "loyalty.py", folder / "plugins")
    (folder / "rules.yaml").write_text(rule_with("steps: [{do: loyalty.grant, with: {points: 5}}]"), encoding="utf-8")

    assert shown(folder) == []
    (folder / "rules.yaml").write_text(rule_with("steps: [{do: loyalty.grant, with: {points: 0}}]"), encoding="utf-8")
    assert shown(folder) == ["rules.yaml:4:48: error: 0 must be more than 0"]


def test_several_rule_files(folder: Path) -> None:
    (folder / "more.yaml").write_text(RULE.replace("id: one", "id: two"), encoding="utf-8")

    project = Project.load(Settings(folder=folder, rules=("rules.yaml", "more.yaml")))

    assert [(rule.id, rule.file) for rule in project.checked.rules] == [("one", "rules.yaml"), ("two", "more.yaml")]


@pytest.mark.parametrize("name", ["rules.yaml", "catalog.yaml", "templates/hello.sms.j2", "plugins/new.py"])
def test_a_change_to_any_file_is_noticed(folder: Path, name: str) -> None:
    settings = Settings(folder=folder)
    before = Project.load(settings).fingerprint, Project.stamp(settings)
    assert before == (Project.load(settings).fingerprint, Project.stamp(settings))

    with (folder / name).open("a", encoding="utf-8") as file:
        file.write("\n# changed\n")

    assert Project.load(settings).fingerprint != before[0]
    assert Project.stamp(settings) != before[1]


def test_a_file_touched_but_not_changed_has_another_stamp_and_the_same_fingerprint(folder: Path) -> None:
    settings = Settings(folder=folder)
    before = Project.load(settings).fingerprint, Project.stamp(settings)

    os.utime(folder / "rules.yaml", (1, 1))

    assert Project.load(settings).fingerprint == before[0]
    assert Project.stamp(settings) != before[1]
