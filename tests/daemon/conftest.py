"""`shop()` makes a project folder on a database of each kind, and ends whatever was started in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from automation.store.database import Database
from tests.daemon.shop import Shop


@pytest.fixture
def shop(db: Database, tmp_path: Path) -> Iterator[Callable[..., Shop]]:
    yield from _shops(db, tmp_path)


@pytest.fixture
def sqlite_shop(sqlite_db: Database, tmp_path: Path) -> Iterator[Callable[..., Shop]]:
    yield from _shops(sqlite_db, tmp_path)


@pytest.fixture
def postgres_shop(postgres_db: Database, tmp_path: Path) -> Iterator[Callable[..., Shop]]:
    yield from _shops(postgres_db, tmp_path)


def _shops(database: Database, tmp_path: Path) -> Iterator[Callable[..., Shop]]:
    made: list[Shop] = []

    def make(**options: Any) -> Shop:
        made.append(Shop(tmp_path / "shop", database, **options))
        return made[-1]

    yield make
    for one in made:
        one.end()
