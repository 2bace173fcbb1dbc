"""One database: how it is opened, read, written and migrated, on SQLite and on PostgreSQL."""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from automation.clock import monotonic
from automation.errors import StoreError
from automation.store import chain
from automation.store.dialects import open_engine
from automation.store.retry import failure, held_by_others

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL, Connection

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
BUSY_TIMEOUT_S = 30.0
WAL_PAUSE_S = 0.02


class Database:
    """A pool of connections to one database.

    SQLite runs in WAL with synchronous=FULL: what `write()` commits survives a power loss. `write()` takes SQLite's
    write lock at its start, so a transaction never fails half-way with "database is locked".
    """

    def __init__(self, url: str, *, durable: bool = True) -> None:
        """`url` is `sqlite:///file.db` or `postgresql+psycopg://…`. StoreError when it is neither.

        `durable=False` is for a SQLite file that is thrown away: no commit waits for the disk.
        """
        self.url = _parsed(url)
        self.dialect = self.url.get_backend_name()
        options = _options(self.url)
        self.engine = open_engine(self.url, hide_parameters=True, json_deserializer=msgspec.json.decode, **options)
        if self.dialect == "sqlite":
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
            if not durable:
                event.listen(self.engine, "connect", _hurry)

    @property
    def is_sqlite(self) -> bool:
        return self.dialect == "sqlite"

    @property
    def file(self) -> Path | None:
        """The SQLite file; None in memory and on PostgreSQL."""
        name = self.url.database
        return Path(name) if self.is_sqlite and name and name != ":memory:" else None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that commits at the end of the block and rolls back when the block raises."""
        with self.engine.connect().execution_options(sqlite_begin="BEGIN IMMEDIATE") as conn, conn.begin():
            chain.begin(conn)
            yield conn
            chain.seal(conn)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent snapshot; nothing written in it is kept."""
        with self.engine.connect() as conn, conn.begin() as transaction:
            yield conn
            transaction.rollback()

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Like `read`, and all statements see the same moment on PostgreSQL too."""
        level = "REPEATABLE READ" if not self.is_sqlite else "SERIALIZABLE"
        with self.engine.connect().execution_options(isolation_level=level) as conn, conn.begin() as transaction:
            yield conn
            transaction.rollback()

    def migrate(self) -> None:
        """Bring the tables to the newest revision. StoreError when they are newer than this program, or can't be."""
        from alembic import command
        from alembic.script import ScriptDirectory
        from alembic.util import CommandError

        config = self.alembic_config()
        try:
            # Asked first, because an upgrade wants the write lock even where it has nothing to do.
            if self.revision() != ScriptDirectory.from_config(config).get_current_head():
                command.upgrade(config, "head")
        except CommandError:  # it doesn't know the revision that the tables are at
            raise StoreError("store.newer", revision=self.revision(), url=self.shown) from None
        except DBAPIError as error:
            in_use = failure(error) if held_by_others(error) else None
            raise in_use or StoreError("store.not_migrated", url=self.shown, reason=_one_line(error)) from None

    def revision(self) -> str | None:
        """The revision that the tables are at; None in an empty database."""
        from alembic.migration import MigrationContext

        with self.engine.connect() as conn:
            return MigrationContext.configure(conn).get_current_revision()

    def alembic_config(self) -> Any:
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.attributes["engine"] = self.engine
        return config

    def check(self) -> None:
        """StoreError, with the remedy, when the database can't be reached."""
        try:
            with self.read() as conn:
                conn.exec_driver_sql("SELECT 1")
        except DBAPIError as error:
            key = "store.unreachable" if self.file is None else "store.no_file"
            raise StoreError(key, url=self.shown, reason=_one_line(error)) from None

    @property
    def shown(self) -> str:
        """The URL without its password."""
        return self.url.render_as_string(hide_password=True)

    def close(self) -> None:
        self.engine.dispose()


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise StoreError("store.bad_url", url=url.split("@")[-1]) from None
    if parsed.drivername.split("+")[0] in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if "@" in (parsed.host or ""):  # an @ in the password must be written %40, or a part of it is taken for the host
        raise StoreError("store.bad_url", url=url.split("@")[-1])
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise StoreError("store.bad_url", url=parsed.render_as_string(hide_password=True))
    return parsed


def _one_line(error: DBAPIError) -> str:
    """What the database said, without the statement and its values."""
    return " ".join(str(error.orig).split())


def _options(url: URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": BUSY_TIMEOUT_S, "check_same_thread": False}}
    return {"pool_pre_ping": True}


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not open transactions of its own; see _begin_sqlite
    cursor = connection.cursor()
    _journal_in_wal(cursor)
    for pragma in ("synchronous = FULL", "foreign_keys = ON", "temp_store = MEMORY", "cache_size = -49152",
                   "wal_autocheckpoint = 4000"):  # fmt: skip
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _journal_in_wal(cursor: Any) -> None:
    """SQLite doesn't wait for a lock when it turns a new file to WAL, so processes that open it at once wait here."""
    give_up = monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if not held_by_others(error) or monotonic() > give_up:
                raise
        time.sleep(WAL_PAUSE_S)


def _hurry(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -12288")  # two copies, with several connections each, live at a time


def _begin_sqlite(conn: Connection) -> None:
    conn.exec_driver_sql(conn.get_execution_options().get("sqlite_begin", "BEGIN"))
