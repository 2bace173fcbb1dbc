"""`shop(templates, …)`: a project on SQLite with one marketing rule and one transactional rule, linted by `look`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from automation.insight.lint.finding import Finding
from automation.insight.lint.lint import Report, lint
from automation.rules.project import Project
from automation.settings import Settings
from automation.store.database import Database
from tests.engine.conftest import world as world
from tests.engine.world import World

RULES = """
rules:
  - id: promo
    trigger: {type: schedule, with: {cron: "0 10 * * tue"}}
    audience: [contact.level: [银卡, 金卡]]
    guards: {consent: marketing}
    steps: [{do: CHANNEL, with: {template: ad}}]
"""
SENDS = {"sms.j2": "sms.send", "email.html.j2": "email.send", "wechat.yaml": "wechat.template"}


@dataclass
class Shop:
    """A world, and what lint says about it."""

    world: World

    def look(self, *names: str, sample: int = 500, **options: Any) -> Report:
        project = Project.load(Settings.load(self.world.folder))
        return lint(project, self.world.database, self.world.clock.now(), names=names, sample=sample, **options)

    def found(self, *codes: str, **options: Any) -> list[Finding]:
        """The findings with one of these codes."""
        return [finding for finding in self.look(**options).findings if finding.code in codes]

    def write(self, name: str, text: str) -> None:
        (self.world.folder / name).write_text(text, encoding="utf-8")


Open = Callable[..., Shop]


@pytest.fixture
def shop(sqlite_db: Database, tmp_path: Path) -> Iterator[Open]:
    made: list[World] = []

    def make(ending: str, text: str, *, settings: str = "", rules: str = "", more: Mapping[str, str] = {}) -> Shop:
        rules = rules or RULES.replace("CHANNEL", SENDS[ending])
        templates = {f"ad.{ending}": text, **more}
        made.append(World(tmp_path / "project", sqlite_db, rules, templates=templates, settings=settings))
        return Shop(made[-1])

    yield make
    for one in made:
        one.engine.close()


def places(findings: list[Finding]) -> list[tuple[str, int, int]]:
    return [(finding.code, finding.line, finding.column) for finding in findings]
