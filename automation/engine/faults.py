"""One row must not stop the others: a batch over which the program stumbles goes one by one, and the one waits.

Nothing of a batch that failed was kept. What the program stumbled over, a damaged row or a value that nobody thought
of, is tried again after a rest; meanwhile it, or the program, may be put right.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from automation.i18n import say
from automation.store.retry import deadlocked, outage

_log = logging.getLogger(__name__)

REST_MS = 3_600_000
"""How long a row waits over which the program stumbled."""


class BatchFault(Exception):
    """The program failed over these rows; `__cause__` is what it met."""

    def __init__(self, ids: Sequence[int]) -> None:
        super().__init__(ids)
        self.ids = ids


@contextmanager
def isolating(ids: Sequence[int]) -> Iterator[None]:
    """What goes wrong inside is a fault of these rows, unless it is the database's own."""
    try:
        yield
    except Exception as error:  # whatever it is: the caller puts the one row off and tells it
        if outage(error) or deadlocked(error):
            raise
        raise BatchFault(ids) from error


def one_by_one(work: Callable[[int], int], defer: Callable[[int, str], None], limit: int, what: str) -> int:
    """`work(limit)` does a batch of at most so many rows and returns how many; where it fails, each of them by itself.

    `defer` puts one row off, by its number and the name of the error; `what` is what the log calls such a row.
    """
    try:
        return work(limit)
    except BatchFault as fault:
        if len(fault.ids) > 1:
            return _each(work, defer, len(fault.ids), what)
        (id_,), cause = fault.ids, type(fault.__cause__).__name__
        defer(id_, cause)
        _log.error(say("daemon.row_deferred", what=f"{what}{id_}", reason=cause), exc_info=fault.__cause__)
        return 1


def _each(work: Callable[[int], int], defer: Callable[[int, str], None], count: int, what: str) -> int:
    done = 0
    for _ in range(count):
        one = one_by_one(work, defer, 1, what)
        if not one:
            break
        done += one
    return done
