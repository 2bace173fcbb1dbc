"""`shop(rules)`: a project folder on a database of each kind, where what runs is published explicitly or by files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from automation.calendars.duration import Duration
from automation.engine.engine import Engine
from automation.insight.planning.plan import Plan, plan
from automation.insight.publishing import Published, Wish, publish, publishable
from automation.rules.project import Project
from automation.rules.published import published_project, running_project
from automation.settings import Settings
from automation.store.database import Database
from tests.conftest import NOON
from tests.engine.conftest import world
from tests.engine.world import CATALOG, TEMPLATES

__all__ = ["world"]

EXPLICIT = '[publishing]\nmode = "explicit"\n'
APPROVED = EXPLICIT + "[publishing.approval]\nrequired = true\nover = 1\n"
RULES = """
rules:
  - id: thanks
    name: 谢谢
    trigger: {type: event, with: {name: order.paid}}
    steps:
      - do: contact.tag
        with: {add: [旧]}
  - id: all
    name: 所有人
    trigger: {type: schedule, with: {dates: ["2026-08-10"], at: "09:00"}}
    steps:
      - do: contact.tag
        with: {add: [旧]}
"""


class Shop:
    """Edits files, publishes them, and looks at what runs."""

    def __init__(self, folder: Path, database: Database, settings: str) -> None:
        self.folder, self.database = folder, database
        (folder / "templates").mkdir(parents=True)
        self.write("automation.toml", settings)
        self.write("catalog.yaml", CATALOG)
        self.write("rules.yaml", dedent(RULES))
        for name, text in TEMPLATES.items():
            self.write(f"templates/{name}", text)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(exist_ok=True)
        (self.folder / name).write_text(text, encoding="utf-8")

    def edit(self, old: str, new: str, name: str = "rules.yaml") -> None:
        text = (self.folder / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    @property
    def settings(self) -> Settings:
        return Settings.load(self.folder)

    def files(self) -> Project:
        return publishable(self.settings)

    def plan(self) -> Plan:
        return plan(self.database, self.files(), NOON, Duration(14, "d"))

    def publish(self, reason: str = "why", author: str = "wang", plan: str | None = None) -> Published:
        return publish(self.database, Wish(self.files(), author, reason, plan), NOON)

    def rollback(self, id_: int, author: str = "wang", plan: str | None = None) -> Published:
        project = published_project(self.settings, self.database, id_)
        return publish(self.database, Wish(project, author, "back", plan, restores=id_), NOON)

    def running(self) -> Project:
        return running_project(self.settings, self.database)

    def engine(self) -> Engine:
        return Engine(self.running(), self.database)


@pytest.fixture
def shop(db: Database, tmp_path: Path) -> Callable[..., Shop]:
    return lambda settings=EXPLICIT: Shop(tmp_path / "project", db, settings)


def tag_of(project: Project) -> str:
    """What the rule `thanks` does: the tag by which its versions are told apart."""
    (rule,) = (rule for rule in project.checked.rules if rule.id == "thanks")
    return str(rule.content["steps"][0]["with"]["add"][0])
