"""A database of its own for the tests of a plugin."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automation.store.database import Database


@contextmanager
def new_database(folder: Path, url: str | None = None) -> Iterator[Database]:
    """An empty database with all its tables: a SQLite file in `folder`, or the empty database at `url`."""
    from automation.store.database import Database

    database = Database(url or f"sqlite:///{folder / 'plugin-tests.db'}")
    database.migrate()
    try:
        yield database
    finally:
        database.close()
