"""People from a file: good rows go in, wrong rows go to a file of their own, and the totals add up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from automation.clock import to_ms
from automation.contacts.absorbing import Outcome, absorb
from automation.contacts.columns import Choices, Column, ImportProblem, Unknown, bound, decide, understand
from automation.contacts.reading import Record, Survey, records, survey
from automation.contacts.rejects import Rejects, rejects_path
from automation.contacts.rows import DateOrder, Row, RowReader, told_together
from automation.errors import AutomationError
from automation.i18n import say
from automation.store.contacts import attribute_keys
from automation.store.retry import retried

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from automation.catalogue.model import Catalogue
    from automation.clock import Clock
    from automation.store.database import Database

__all__ = ["Choices", "ImportProblem", "ImportReport", "Layout", "import_contacts", "look_at"]

BATCH = 1000
Transaction = Callable[[], AbstractContextManager["Connection"]]
T = TypeVar("T")


@dataclass
class ImportReport:
    """read = created + updated + unchanged + rejected. `merged` counts contacts that merged into others.

    `overruled` counts the yeses that count for nothing, because an earlier no stands against them.
    `left_out` counts the fields that were wrong and left out of `partly` rows, which were taken all the same.
    """

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    merged: int = 0
    rejected: int = 0
    overruled: int = 0
    left_out: int = 0
    partly: int = 0
    rejects_file: Path | None = None


@dataclass(frozen=True)
class Layout:
    """A file, and how each of its columns was understood. Nothing is written yet."""

    survey: Survey
    columns: Sequence[Column]


def look_at(database: Database, catalogue: Catalogue, path: Path, choices: Choices, *, raw: bool = False) -> Layout:
    """How the columns of `path` are understood. ImportProblem when the file can't be read, or a choice is wrong."""
    found = survey(path, raw=raw)
    columns = understand(catalogue, found.columns, choices, path.name)
    if not all(one.known for one in columns):  # perhaps an attribute that people have; it costs a look at everybody
        columns = understand(catalogue, found.columns, choices, path.name, _in_use(database))
    return Layout(found, columns)


def import_contacts(
    database: Database,
    catalogue: Catalogue,
    path: Path,
    *,
    mapping: Mapping[str, str] = MappingProxyType({}),
    zone: ZoneInfo,
    clock: Clock,
    dry_run: bool = False,
    progress: Callable[[int], None] | None = None,
    rejects: Path | None = None,
    unknown: Unknown = "stop",
    date_order: DateOrder | None = None,
    layout: Layout | None = None,
    source: str | None = None,
) -> ImportReport:
    """Import `path` in transactions of 1,000 rows. `mapping` is {key: column}; `zone` is that of local times.

    `layout` is what `look_at` said of the file, with the mapping in it already. `unknown` says what becomes of a
    column that nobody knows, `date_order` how 5/6/1992 is read, `source` whose answers about consent these are
    (default: the file's name).
    `progress` is called after each transaction with the rows read so far. A dry run does the same in one transaction
    that is rolled back: exact totals and rejects, nothing kept; meanwhile nobody else writes to a SQLite file.
    ImportProblem, before anything is written, when the file as a whole can't be imported.
    """
    layout = layout or look_at(database, catalogue, path, Choices(mapping))
    found = layout.survey
    columns = decide(layout.columns, unknown, catalogue, path.name)
    reader = RowReader(catalogue, bound(columns), zone, found, date_order)
    report = ImportReport()
    with Rejects(found, rejects_path(found, rejects)) as refused, _transactions(database, dry_run) as begin:
        for batch in _batches(records(found)):
            done = _import(begin, catalogue, reader, batch, clock, f"import:{source or path.name}", once=dry_run)
            _count(report, done, len(batch))
            for record, reason in sorted([*done.refused, *done.partly], key=lambda pair: pair[0].line):
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
    left_out: int = 0
    refused: list[tuple[Record, str]] = field(default_factory=list)
    partly: list[tuple[Record, str]] = field(default_factory=list)

    def take(self, row: Row, outcome: Outcome) -> None:
        if not isinstance(outcome, str):
            self.refused.append((row.record, told_together([*row.left_out, outcome.text()])))
            return
        setattr(self, outcome, getattr(self, outcome) + 1)
        if row.left_out:
            self.left_out += len(row.left_out)
            self.partly.append((row.record, say("contacts.taken_without", reasons=told_together(row.left_out))))


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
            done.take(row, outcome)
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
    report.left_out += done.left_out
    report.partly += len(done.partly)


def _in_use(database: Database) -> Collection[str]:
    with database.read() as conn:
        return set(attribute_keys(conn))


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
