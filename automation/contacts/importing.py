"""People from a file: good rows go in, wrong rows go to a file of their own, and the totals add up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from automation.clock import to_ms
from automation.contacts.absorbing import absorb
from automation.contacts.columns import ImportProblem, bind
from automation.contacts.reading import Record, records, survey
from automation.contacts.rejects import Rejects, rejects_path
from automation.contacts.rows import Row, RowReader
from automation.errors import AutomationError
from automation.store.retry import retried

if TYPE_CHECKING:
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from automation.catalogue.model import Catalogue
    from automation.clock import Clock
    from automation.store.database import Database

__all__ = ["ImportProblem", "ImportReport", "import_contacts"]

BATCH = 1000
Transaction = Callable[[], AbstractContextManager["Connection"]]
T = TypeVar("T")


@dataclass
class ImportReport:
    """read = created + updated + unchanged + rejected. `merged` counts contacts that merged into others.

    `overruled` counts the yeses that count for nothing, because an earlier no stands against them.
    """

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    merged: int = 0
    rejected: int = 0
    overruled: int = 0
    rejects_file: Path | None = None


def import_contacts(
    database: Database,
    catalogue: Catalogue,
    path: Path,
    *,
    mapping: Mapping[str, str],
    zone: ZoneInfo,
    clock: Clock,
    dry_run: bool = False,
    progress: Callable[[int], None] | None = None,
    rejects: Path | None = None,
    source: str | None = None,
) -> ImportReport:
    """Import `path` in transactions of 1,000 rows. `mapping` is {key: column}; `zone` is that of local times.

    `source` names where the answers about consent come from; without it the file's name does. `progress` is called
    after each transaction with the rows read so far. A dry run does the same in one transaction that is rolled back:
    exact totals and rejects, nothing kept; meanwhile nobody else writes to a SQLite file.
    ImportProblem, before anything is written, when the file as a whole can't be imported.
    """
    found = survey(path)
    reader = RowReader(catalogue, bind(catalogue, found.columns, mapping, path.name), zone, found.fmt)
    report = ImportReport()
    with Rejects(found, rejects_path(found, rejects)) as refused, _transactions(database, dry_run) as begin:
        for batch in _batches(records(found)):
            done = _import(begin, catalogue, reader, batch, clock, f"import:{source or path.name}", once=dry_run)
            _count(report, done, len(batch))
            for record, reason in sorted(done.refused, key=lambda pair: pair[0].line):
                refused.add(record, reason)
            if progress is not None:
                progress(report.read)
        report.rejects_file = refused.file
    return report


@dataclass
class _Done:
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    merged: int = 0
    overruled: int = 0
    refused: list[tuple[Record, str]] = field(default_factory=list)


def _import(
    begin: Transaction,
    catalogue: Catalogue,
    reader: RowReader,
    batch: Sequence[Record],
    clock: Clock,
    source: str,
    *,
    once: bool,
) -> _Done:
    rows: list[Row] = []
    unread: list[tuple[Record, str]] = []
    for record in batch:
        try:
            rows.append(reader.read(record))
        except AutomationError as error:
            unread.append((record, error.text()))

    def transaction() -> _Done:
        with begin() as conn:
            absorbed = absorb(conn, catalogue, rows, to_ms(clock.now()), source)
        done = _Done(merged=absorbed.merged, overruled=absorbed.overruled, refused=list(unread))
        for row, outcome in zip(rows, absorbed.outcomes, strict=True):
            if isinstance(outcome, str):
                setattr(done, outcome, getattr(done, outcome) + 1)
            else:
                done.refused.append((row.record, outcome.text()))
        return done

    return transaction() if once else retried(transaction)


def _count(report: ImportReport, done: _Done, read: int) -> None:
    report.read += read
    report.created += done.created
    report.updated += done.updated
    report.unchanged += done.unchanged
    report.merged += done.merged
    report.overruled += done.overruled
    report.rejected += len(done.refused)


def _batches(items: Iterator[T]) -> Iterator[list[T]]:
    while batch := list(islice(items, BATCH)):
        yield batch


@contextmanager
def _transactions(database: Database, dry_run: bool) -> Iterator[Transaction]:
    """How each batch gets its transaction: its own, or in a dry run the one that is rolled back at the end."""
    if not dry_run:
        yield database.write
        return
    try:
        with database.write() as conn:
            yield lambda: nullcontext(conn)
            raise _Undo
    except _Undo:
        pass


class _Undo(Exception):
    """Ends a dry run."""
