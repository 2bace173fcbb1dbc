"""What a database asks to be tried again: two transactions waited for each other, and it gave one of them up."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from sqlalchemy.exc import DBAPIError

from automation.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

_TRY_AGAIN = {"40P01", "40001"}  # deadlock_detected, serialization_failure

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


def failure(error: BaseException) -> StoreError | None:
    """The sentence for a database that is locked, full or gone; None for every other error."""
    original = _original(error)
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
