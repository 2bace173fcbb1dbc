"""`world(rules)` builds a project, a database of each kind and an engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from automation.store.database import Database
from tests.engine.world import World


@pytest.fixture
def world(db: Database, tmp_path: Path) -> Iterator[Callable[..., World]]:
    made: list[World] = []

    def make(rules: str, **options: Any) -> World:
        made.append(World(tmp_path / "project", db, rules, **options))
        return made[-1]

    yield make
    for one in made:
        one.engine.close()
