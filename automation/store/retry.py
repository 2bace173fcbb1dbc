"""What is done again: a transaction that was given up for a deadlock, or that could not be written for a while."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy.exc import DBAPIError

from automation.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

_TRY_AGAIN = {"40P01", "40001"}  # deadlock_detected, serialization_failure

_OUTAGES = ("08", "40", "53", "57", "58")  # connection, rollback, resources (disk full), shutdown, input and output
_SQLITE_OUTAGES = frozenset({5, 6, 7, 8, 9, 10, 11, 13, 14})  # BUSY … IOERR, CORRUPT, FULL, CANTOPEN: not ERROR (1)
_SQLITE_HELD = frozenset({5, 6})  # BUSY, LOCKED
PAUSES_S = (0.05, 0.2, 0.8, 2.0, 4.0)
"""How long an insistent transaction waits before each further attempt."""

T = TypeVar("T")


def deadlocked(error: BaseException) -> bool:
    """Whether the same transaction may well succeed when it is done again from its start."""
    return getattr(_original(error), "sqlstate", None) in _TRY_AGAIN


def fault_of_a_row(error: BaseException) -> bool:
    """Whether a value in the data did it, and not the database or the machine: the other rows can be taken."""
    original = _original(error)
    return bool(_kinds(original) & {"DataError", "IntegrityError"}) or isinstance(
        original, (ValueError, ArithmeticError, RecursionError)
    )


def outage(error: BaseException) -> bool:
    """Whether the database itself is locked, full, broken or gone: no fault of the statement or of who asked for it."""
    return _root(error) is not None


def held_by_others(error: BaseException) -> bool:
    """Whether SQLite's write lock was in other hands for longer than we wait."""
    return getattr(_original(error), "sqlite_errorcode", 0) & 0xFF in _SQLITE_HELD


def _root(error: BaseException) -> BaseException | None:
    """What the database said when it went away.

    It may have led to `error`: SQLite takes a whole transaction back when its disk is full, and the next thing that is
    said is that there is no savepoint to go back to.
    """
    seen: BaseException | None = error
    while seen is not None:
        if _away(_original(seen)):
            return _original(seen)
        seen = seen.__cause__ or seen.__context__
    return None


def _away(original: BaseException) -> bool:
    code = getattr(original, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in _SQLITE_OUTAGES
    state = getattr(original, "sqlstate", None)
    if state is not None:
        return str(state).startswith(_OUTAGES)
    return bool(_kinds(original) & {"OperationalError", "InterfaceError"})


def failure(error: BaseException) -> StoreError | None:
    """The sentence for a database that is locked, full or gone; None for every other error."""
    original = _root(error) or _original(error)
    if not _kinds(original) & {"OperationalError", "InterfaceError"}:
        return None
    return StoreError("store.failed", reason=" ".join(str(original).split()))


def _original(error: BaseException) -> BaseException:
    """The driver's own error, whether SQLAlchemy wrapped it or not."""
    return (error.orig or error) if isinstance(error, DBAPIError) else error


def _kinds(error: BaseException) -> set[str]:
    """DBAPI gives the names; each driver has its own classes."""
    return {kind.__name__ for kind in type(error).__mro__}


def retried(transaction: Callable[[], T], attempts: int = 5) -> T:
    """Do a whole transaction, again when it was given up for a deadlock."""
    for _ in range(attempts - 1):
        try:
            return transaction()
        except Exception as error:
            if not deadlocked(error):
                raise
    return transaction()


def insistent(transaction: Callable[[], T]) -> T:
    """Do a whole transaction, again after a pause while the database is away: for what only this process knows.

    The transaction must change nothing when it is done a second time: a commit's answer may have been lost.
    """
    for pause in PAUSES_S:
        try:
            return retried(transaction)
        except Exception as error:
            if not outage(error):
                raise
        time.sleep(pause)
    return retried(transaction)
