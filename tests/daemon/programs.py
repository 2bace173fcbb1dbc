"""`automation` in a process of its own, forked off one that has imported everything: it is there in milliseconds."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.daemon.victims import SPAWN


class Program:
    """The real command line. What it writes is in two files; `stderr` is all of it so far."""

    def __init__(self, folder: Path, logs: Path, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        """It runs in `folder`, and writes to `logs`.out and `logs`.err."""
        self._out, self._err = logs.with_suffix(".out"), logs.with_suffix(".err")
        given = (str(folder), list(arguments), dict(environment), str(self._out), str(self._err))
        self._process = SPAWN.Process(target=_run, args=given, daemon=True)
        self._process.start()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    @property
    def stdout(self) -> str:
        return _read(self._out)

    @property
    def stderr(self) -> str:
        return _read(self._err)

    def poll(self) -> int | None:
        """The exit code once it has ended; negative: the signal."""
        return self._process.exitcode

    def wait(self, within: float = 60.0) -> int:
        """Until it ends by itself; the exit code."""
        self._process.join(within)
        code = self._process.exitcode
        assert code is not None, f"process {self.pid} did not end"
        return code

    def terminate(self) -> None:
        os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        self._process.kill()
        self._process.join()


def _read(path: Path) -> str:
    return path.read_text("utf-8", "replace") if path.exists() else ""


def _run(folder: str, arguments: list[str], environment: dict[str, str], out: str, err: str) -> None:
    """What the program does, as if it had been started by a shell."""
    for number, name in ((1, out), (2, err)):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), number)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", encoding="utf-8", buffering=1) for number in (1, 2))
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    from automation.cli.main import main

    main(arguments)
