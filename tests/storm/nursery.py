"""A process that has imported everything and forks: a child is at work in milliseconds, and dies as any process does.

`python -m tests.storm.nursery` reads one JSON list a line and answers each with one: ["start", work, arguments, log],
["kill", pid], ["gone", pid], ["signal", pid, number]. It ends, with its children, when nobody holds its input any more.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]
PRELOADED = (
    "automation.cli.main", "automation.cli.daemon", "automation.daemon.daemon", "automation.daemon.lock",
    "automation.daemon.logs", "automation.daemon.reloading", "automation.engine.engine", "automation.rules.project",
    "automation.providers.twilio", "automation.providers.sendgrid", "automation.providers.webhook",
    "automation.providers.pinned", "automation.providers.outbox", "twilio.rest", "sendgrid", "psycopg", "requests",
    "sqlalchemy.dialects.sqlite", "sqlalchemy.dialects.postgresql.psycopg", "apscheduler.schedulers.background",
    "alembic.command", "tests.storm.children",
)  # fmt: skip


class Nursery:
    """Starts, stops and kills children. Not for several threads at once."""

    def __init__(self) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AUTOMATION_")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.storm.nursery"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment,
        )  # fmt: skip
        self._ask("ready")

    def start(self, work: str, log: Path, **arguments: Any) -> int:
        """Fork a child that does `tests.storm.children.<work>(**arguments)`; its pid."""
        return int(self._ask("start", work, arguments, str(log)))

    def kill(self, pid: int) -> int | None:
        """SIGKILL, and wait; how the child had ended if it was dead already, else None."""
        status: int | None = self._ask("kill", pid)
        return status

    def gone(self, pid: int) -> int | None:
        """The exit code of a child that has ended (negative: the signal); None while it lives."""
        status: int | None = self._ask("gone", pid)
        return status

    def signal(self, pid: int, number: int) -> None:
        self._ask("signal", pid, number)

    def wait(self, pid: int, within: float = 30.0) -> int:
        """Until a child ends by itself; its exit code."""
        end = time.monotonic() + within
        while (status := self.gone(pid)) is None:
            assert time.monotonic() < end, f"process {pid} did not end"
            time.sleep(0.02)
        return status

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _ask(self, *words: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the nursery is dead"
        return json.loads(answer)


def main() -> None:
    """Serve until the input ends; then no child is left."""
    for name in PRELOADED:
        importlib.import_module(name)
    gc.freeze()  # what is shared stays shared: no child's collector touches it
    alive: set[int] = set()
    for line in sys.stdin:
        print(json.dumps(_answer(alive, *json.loads(line))), flush=True)
    for pid in alive:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _answer(alive: set[int], what: str, *rest: Any) -> int | None:
    if what == "start":
        pid = _fork(*rest)
        alive.add(pid)
        return pid
    if what == "signal":
        os.kill(*rest)
    elif what in ("kill", "gone"):
        return _ended(alive, rest[0], kill=what == "kill")
    return None


def _ended(alive: set[int], pid: int, *, kill: bool) -> int | None:
    """Until it is waited for, a dead child keeps its pid: no stranger can be hit."""
    found, status = os.waitpid(pid, os.WNOHANG)
    if not found:
        if kill:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            alive.discard(pid)
        return None
    alive.discard(pid)
    return os.waitstatus_to_exitcode(status)


def _fork(work: str, arguments: dict[str, Any], log: str) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(out, 1)
        os.dup2(out, 2)
        code = _done(work, arguments)
    finally:
        os._exit(code)


def _done(work: str, arguments: dict[str, Any]) -> int:
    from tests.storm import children

    try:
        getattr(children, work)(**arguments)
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:
        import traceback

        traceback.print_exc()
        return 70
    return 0


if __name__ == "__main__":
    main()
