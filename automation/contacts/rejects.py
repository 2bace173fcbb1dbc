"""The rows that were not imported, or not whole, with line and reason: a file to be corrected and imported again."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, TextIO

from automation.contacts.columns import LINE, OWN_COLUMNS, REASON, ImportProblem
from automation.csvfiles import CsvWriter, harmless, kept_exact
from automation.store.bulk import to_json

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from automation.contacts.reading import Record, Survey


def rejects_path(found: Survey, wanted: Path | None) -> Path:
    """`people.rejects.csv` beside `people.csv`, or what was asked for."""
    path = wanted or found.path.with_name(f"{found.path.stem}.rejects.{found.fmt}")
    if path.resolve() == found.path.resolve():
        raise ImportProblem("contacts.same_file", file=path.name)
    return path


class Rejects:
    """A context that opens its file at the first rejected row. `file` is None while there is none."""

    def __init__(self, found: Survey, path: Path) -> None:
        self._survey = found
        self._path = path
        self._out: TextIO | None = None
        self._stack = ExitStack()
        self._kept = [place for place, name in enumerate(found.columns) if name not in OWN_COLUMNS]
        self.file: Path | None = None

    def __enter__(self) -> Rejects:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._stack.close()

    def add(self, record: Record, reason: str) -> None:
        out = self._out or self._begin()
        if self._survey.fmt == "csv":
            self._writer(out).write([record.line, reason, *self._cells(record.cells)])
        else:
            original = {key: value for key, value in record.values.items() if key not in (LINE, REASON)}
            out.write(to_json({LINE: record.line, REASON: reason, **original}) + "\n")

    def _begin(self) -> TextIO:
        encoding = "utf-8-sig" if self._survey.fmt == "csv" else "utf-8"  # spreadsheets want the mark
        self._out = self._stack.enter_context(
            self._path.open("w", encoding=encoding, errors="backslashreplace", newline="")
        )
        self.file = self._path
        if self._survey.fmt == "csv":
            names = [self._survey.columns[place] for place in self._kept]
            names = names if self._survey.raw else [kept_exact(name) for name in names]
            self._writer(self._out).write([LINE, REASON, *names])
        return self._out

    def _writer(self, out: TextIO) -> CsvWriter:
        """Cells stay as they stand in the file, so that they are read as they were: but none is a formula."""
        return CsvWriter(out, raw=self._survey.raw, mark=harmless)

    def _cells(self, cells: list[str]) -> list[str]:
        width = len(self._survey.columns)
        return [cells[place] for place in self._kept if place < len(cells)] + cells[width:]
