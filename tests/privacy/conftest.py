"""A project in which one person has left traces everywhere, on each kind of database, and the command line on it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import Cli, Said, run
from tests.engine.conftest import world
from tests.engine.world import World
from tests.privacy.town import build

__all__ = ["run", "shop", "world"]


@pytest.fixture
def shop(world: Any, run: Any, monkeypatch: pytest.MonkeyPatch) -> tuple[World, int, Cli]:
    town, person = build(world)
    monkeypatch.setenv("AUTOMATION_DATABASE_URL", town.database.url.render_as_string(hide_password=False))
    monkeypatch.delenv("AUTOMATION_LANG", raising=False)

    def call(*arguments: str, lang: str = "en") -> Said:
        said: Said = run("--project", str(town.folder), "--lang", lang, *arguments)
        return said

    return town, person, call
