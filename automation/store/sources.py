"""Databases of the user's own: read, never written, with a connection for each question and a limit to its time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sqlalchemy import NullPool, create_engine, make_url, text

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

CONNECT_S = 10
_CONNECT: dict[str, dict[str, Any]] = {
    "postgresql": {"connect_timeout": CONNECT_S},
    "mysql": {"connect_timeout": CONNECT_S},
    "mariadb": {"connect_timeout": CONNECT_S},
    "sqlite": {"timeout": CONNECT_S, "check_same_thread": False},
}
"""How each driver is told to give up on a server that does not answer."""
_BEGIN: dict[str, tuple[str, ...]] = {
    "postgresql": ("SET LOCAL statement_timeout = {ms}",),
    "mysql": ("SET SESSION MAX_EXECUTION_TIME = {ms}", "SET TRANSACTION READ ONLY"),
    "mariadb": ("SET SESSION max_statement_time = {seconds}", "SET TRANSACTION READ ONLY"),
}
"""What keeps a question short and harmless, where a database has words for it. SQLite's are in the connection."""


class Source:
    """One database. Whatever its driver raises goes to the caller."""

    def __init__(self, url: str, timeout_s: float) -> None:
        self._url, self._timeout_s = _address(make_url(url)), timeout_s
        self._engine: Engine | None = None

    def read(self, query: str, watermark: Any, limit: int) -> list[dict[str, Any]]:
        """At most `limit` rows of `query`, whose `:watermark` is given."""
        with self._connection() as conn, self._no_longer(conn):
            result = conn.execution_options(stream_results=True).execute(text(query), {"watermark": watermark})
            rows = result.mappings().fetchmany(limit)
            result.close()
            return [dict(row) for row in rows]

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        name = self._url.get_backend_name()
        if self._engine is None:
            options = _CONNECT.get(name, {})
            self._engine = create_engine(self._url, poolclass=NullPool, hide_parameters=True, connect_args=options)
        options = {"postgresql_readonly": True} if name == "postgresql" else {}
        with self._engine.connect().execution_options(**options) as conn:
            for statement in _BEGIN.get(name, ()):
                conn.exec_driver_sql(statement.format(ms=round(self._timeout_s * 1000), seconds=self._timeout_s))
            yield conn
            conn.rollback()

    @contextmanager
    def _no_longer(self, conn: Connection) -> Iterator[None]:
        """SQLite has no time limit of its own: it is interrupted."""
        if conn.dialect.name != "sqlite":
            yield
            return
        timer = threading.Timer(self._timeout_s, conn.connection.driver_connection.interrupt)  # type: ignore[union-attr]
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


def _address(url: URL) -> URL:
    """PostgreSQL by the driver that we have; a SQLite file read-only, so that a missing one is not made."""
    if url.drivername in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        return url.set(database=f"file:{quote(url.database)}", query={"mode": "ro", "uri": "true"})
    return url
