"""Processes that are killed in the middle of their work."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

# A process that starts from one which has imported everything is there in a few milliseconds.
SPAWN = multiprocessing.get_context("forkserver")
SPAWN.set_forkserver_preload(["tests.daemon.victims", "automation.engine.engine", "automation.rules.project",
                               "psycopg", "automation.providers.outbox", "apscheduler", "alembic.command",
                               "alembic.migration", "alembic.script", "automation.cli.main", "automation.cli.daemon",
                               "automation.daemon.daemon", "automation.daemon.logs", "automation.daemon.reloading",
                               "automation.providers.twilio", "twilio.rest", "automation.providers.pinned",
                               "apscheduler.schedulers.background", "sqlalchemy.dialects.sqlite",
                               "sqlalchemy.dialects.postgresql.psycopg"])  # fmt: skip


class Victim:
    """`work(folder, url, *rest, say)` in a process of its own; `heard` is what it has said, also after its death."""

    def __init__(self, work: Callable[..., None], *arguments: Any) -> None:
        self._ours, theirs = SPAWN.Pipe(duplex=False)
        self._process = SPAWN.Process(target=_begin, args=(work, arguments, theirs), daemon=True)
        self._process.start()
        theirs.close()
        self.heard: list[Any] = []

    def listen(self, count: int) -> None:
        """Wait until it has said `count` things."""
        while len(self.heard) < count:
            self.heard.append(self._ours.recv())

    def kill(self) -> None:
        """SIGKILL; then hear what it said before."""
        self._process.kill()
        self._process.join()
        try:
            while True:
                self.heard.append(self._ours.recv())
        except EOFError:
            self._ours.close()

    def wait(self) -> int | None:
        """Until it ends by itself; the exit code."""
        self._process.join(60)
        return self._process.exitcode


def _begin(work: Callable[..., None], arguments: tuple[Any, ...], pipe: Connection) -> None:
    work(*arguments, say=pipe.send)


def ingest_slowly(folder: Path, url: str, lines: list[str], size: int, *, say: Callable[[Any], None]) -> None:
    """Take `lines` in batches of `size`; say the number of each batch once it is acknowledged."""
    engine = _engine(folder, url)
    say("ready")
    for number, start in enumerate(range(0, len(lines), size)):
        engine.ingest(lines[start : start + size])
        say(number)


def work_for_ever(folder: Path, url: str, *, say: Callable[[Any], None]) -> None:
    """What a daemon's threads do, without its pauses."""
    engine = _engine(folder, url)
    say("ready")
    while True:
        if not engine.recover() + engine.fire() + engine.advance(40) + engine.deliver():
            time.sleep(0.01)


def migrate_at_once(folder: Path, url: str, *, say: Callable[[Any], None]) -> None:
    """Migrate as soon as the file `go` is in `folder`."""
    from automation.store.database import Database

    database = Database(url)
    say("ready")
    while not (folder / "go").exists():
        time.sleep(0.001)
    database.migrate()


def _engine(folder: Path, url: str) -> Any:
    from automation.engine.engine import Engine
    from automation.rules.project import Project
    from automation.settings import Settings
    from automation.store.database import Database

    return Engine(Project.load(Settings.load(folder)), Database(url))
