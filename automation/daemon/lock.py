"""One daemon per SQLite file: a lock that the operating system lets go of when its holder dies, however it dies."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from automation.errors import AutomationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from automation.store.database import Database


class DaemonError(AutomationError):
    """The daemon can't start."""


@contextmanager
def only_daemon(database: Database) -> Iterator[None]:
    """Hold the database's daemon lock. DaemonError when another daemon has it. PostgreSQL needs none."""
    if database.file is None:
        yield
        return
    path = database.file.with_name(database.file.name + ".lock")
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise DaemonError("daemon.already_running", database=database.file.name) from None
    except OSError as error:
        raise DaemonError("daemon.no_lock", file=str(path), reason=error.strerror) from None
    try:
        yield
    finally:
        lock.release()
