"""What every benchmark shares."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from automation.clock import ManualClock
from automation.engine.engine import Engine
from automation.rules.project import Project
from automation.settings import Settings
from automation.store.database import Database

ROOT = Path(__file__).resolve().parents[1]
IDENTITY = "(kind, value, contact_id, created_at)"
CONSENT = "(contact_id, purpose, channel, state, source, changed_at, heard_at)"


@dataclass(frozen=True)
class Result:
    """One line of the table. `ours` and `floor` are shown as they are; without a promise it is for information."""

    name: str
    ours: str
    floor: str
    ratio: float
    promise: str = ""

    @property
    def kept(self) -> bool:
        """Whether `ratio` is what was promised: ">= 0.5", "<= 2"."""
        if not self.promise:
            return True
        sign, bound = self.promise.split()
        return self.ratio >= float(bound) if sign == ">=" else self.ratio <= float(bound)


def load_project(
    folder: Path, rules: str, catalog: str, templates: dict[str, str] | None = None, settings: str = ""
) -> Project:
    """A project folder with these files, checked; AssertionError when anything is wrong in it."""
    (folder / "templates").mkdir(exist_ok=True)
    unasked = "" if "[firings]" in settings else "\n[firings]\nask_from = 1000000000\n"  # nobody is there to approve
    (folder / "automation.toml").write_text(settings + unasked, encoding="utf-8")
    (folder / "rules.yaml").write_text(rules, encoding="utf-8")
    (folder / "catalog.yaml").write_text(catalog, encoding="utf-8")
    for name, text in (templates or {}).items():
        (folder / "templates" / name).write_text(text, encoding="utf-8")
    project = Project.load(Settings.load(folder))
    errors = [p.shown("en") for p in project.problems if p.severity == "error"]
    assert not errors, errors[:3]
    return project


def open_clock(moment: str) -> ManualClock:
    """A clock that stands at an ISO moment."""
    return ManualClock(datetime.fromisoformat(moment))


def open_engine(folder: Path, clock: ManualClock, url: str | None = None) -> Engine:
    """An engine on the project in `folder` and on a migrated database, `engine.db` there unless `url` names one."""
    database = Database(url or f"sqlite:///{folder / 'engine.db'}")
    database.migrate()
    return Engine(Project.load(Settings.load(folder)), database, clock)


def bare_sqlite(path: Path) -> sqlite3.Connection:
    """The driver alone, with the pragmas of `automation.store.database`, read from there."""
    database = Database(f"sqlite:///{path}")
    with database.engine.connect() as conn:
        driver: Any = conn.connection.driver_connection
        pragmas = {name: driver.execute(f"PRAGMA {name}").fetchone()[0] for name in _PRAGMAS}
    database.close()
    bare = sqlite3.connect(path, isolation_level=None)
    for name, value in pragmas.items():
        bare.execute(f"PRAGMA {name} = {value}")
    return bare


_PRAGMAS = ("journal_mode", "synchronous", "temp_store", "cache_size", "wal_autocheckpoint")


def copy_of(database: Database, path: Path) -> sqlite3.Connection:
    """A copy of a SQLite database as it stands, tables and indexes and all, opened by the bare driver."""
    with database.engine.connect() as conn:
        driver: Any = conn.connection.driver_connection
        driver.execute(f"VACUUM INTO '{path}'")
    return bare_sqlite(path)


@contextmanager
def transaction(conn: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    conn.execute("BEGIN IMMEDIATE")
    yield conn
    conn.execute("COMMIT")


def insert(conn: sqlite3.Connection, table: str, rows: Iterable[tuple[Any, ...]], columns: str = "") -> None:
    """Whole rows, or `columns` of them, by `executemany`."""
    rows = iter(rows)
    first = next(rows, None)
    if first is not None:
        sql = f"INSERT INTO {table}{columns} VALUES ({', '.join('?' * len(first))})"
        conn.executemany(sql, _chained(first, rows))


def _chained(first: tuple[Any, ...], rest: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    yield first
    yield from rest


def peak_mib() -> float:
    """The most memory this process has had, in MiB. Linux's own figure, which a parent's size does not spoil."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmHWM in /proc/self/status")


def in_process(module: str, *arguments: str) -> Any:
    """What a module prints as JSON when it runs in a process of its own."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    return json.loads(done.stdout.splitlines()[-1])


def shown(seconds: float) -> str:
    """A duration for the table."""
    if seconds < 1e-3:
        return f"{seconds * 1e6:,.1f} µs"
    return f"{seconds * 1e3:,.1f} ms" if seconds < 1 else f"{seconds:,.2f} s"
