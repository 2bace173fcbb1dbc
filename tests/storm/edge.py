"""Faults at the driver's edge: the n-th statement of a `Database` meets a failing disk or a dead server.

On PostgreSQL the server really ends the session (`pg_terminate_backend`) before the statement is sent. On SQLite the
driver's connection and cursors are subclasses that raise what a failing disk makes SQLite raise.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from time import sleep
from typing import Any

import psycopg
from sqlalchemy import create_engine, event

from automation.store.database import Database

IOERR = 10
PING = ";"
"""What the pool asks an idle PostgreSQL connection; a dead one is replaced before anything begins."""


class Edge:
    """Counts statements and commits of one database from `breaking…()` on, and breaks one of them."""

    def __init__(self, database: Database) -> None:
        self.statements = self.commits = 0
        self.broken = False
        self._at: int | None = None
        self._lose: int | None = None
        self._database = database
        database.engine.dispose()
        event.listen(database.engine, "do_connect", self._connect)
        self._admin = None if database.is_sqlite else create_engine(database.url, isolation_level="AUTOCOMMIT")

    def close(self) -> None:
        event.remove(self._database.engine, "do_connect", self._connect)
        self._database.engine.dispose()
        if self._admin is not None:
            self._admin.dispose()

    @contextmanager
    def breaking(self, statement: int) -> Iterator[None]:
        """Inside, the statement of this number (from 1; a commit is one too) fails, and nothing after it."""
        with self._armed():
            self._at = statement
            yield

    @contextmanager
    def losing(self, commit: int) -> Iterator[None]:
        """Inside, the commit of this number (from 1) is done, but its answer never comes."""
        with self._armed():
            self._lose = commit
            yield

    @contextmanager
    def _armed(self) -> Iterator[None]:
        self.statements = self.commits = 0
        self.broken = False
        try:
            yield
        finally:
            self._at = self._lose = None

    # ------------------------------------------------------------ called by the driver

    def before(self, connection: Any) -> None:
        """Another statement or commit is about to leave."""
        self.statements += 1
        if self._at is not None and self.statements == self._at:
            self.broken, self._at = True, None
            self._break(connection)

    def after_commit(self, connection: Any) -> None:
        self.commits += 1
        if self._lose is not None and self.commits == self._lose:
            self.broken, self._lose = True, None
            if isinstance(connection, sqlite3.Connection):
                raise _io_error()
            self._terminate(connection)
            connection.close()
            raise psycopg.OperationalError("consuming input failed: server closed the connection unexpectedly")

    def _break(self, connection: Any) -> None:
        if isinstance(connection, sqlite3.Connection):
            raise _io_error()
        self._terminate(connection)

    def _terminate(self, connection: Any) -> None:
        assert self._admin is not None
        with self._admin.connect() as admin:
            pid = (connection.info.backend_pid,)
            admin.exec_driver_sql("SELECT pg_terminate_backend(%s)", pid)  # with a time-out it looks every 100 ms
            while admin.exec_driver_sql("SELECT 1 FROM pg_stat_activity WHERE pid = %s", pid).first() is not None:
                sleep(0.001)

    def _connect(self, dialect: Any, _record: Any, arguments: Any, options: Any) -> Any:
        if dialect.name == "sqlite":
            return sqlite3.connect(*arguments, **options, factory=_sqlite(self))
        return _postgres(self).connect(*arguments, **options)


def _io_error() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = IOERR
    return error


def _sqlite(edge: Edge) -> type[sqlite3.Connection]:
    class Cursor(sqlite3.Cursor):
        def execute(self, *arguments: Any) -> Any:
            edge.before(self.connection)
            return super().execute(*arguments)

        def executemany(self, *arguments: Any) -> Any:
            edge.before(self.connection)
            return super().executemany(*arguments)

    class Connection(sqlite3.Connection):
        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

        def commit(self) -> None:
            edge.before(self)
            super().commit()
            edge.after_commit(self)

    return Connection


def _postgres(edge: Edge) -> Any:
    class Cursor(psycopg.Cursor[Any]):
        def execute(self, query: Any, *arguments: Any, **options: Any) -> Any:
            if query != PING:
                edge.before(self.connection)
            return super().execute(query, *arguments, **options)

        def executemany(self, *arguments: Any, **options: Any) -> Any:
            edge.before(self.connection)
            return super().executemany(*arguments, **options)

    class Connection(psycopg.Connection[Any]):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.cursor_factory = Cursor

        def commit(self) -> None:
            edge.before(self)
            super().commit()
            edge.after_commit(self)

    return Connection
