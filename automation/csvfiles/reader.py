"""CSV as it comes: the delimiter and the header are found out, and a broken row harms no other."""

from __future__ import annotations

import csv
import re
from collections import deque
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, TextIO

from automation.csvfiles.cells import read_cell
from automation.csvfiles.encodings import open_text, text_encoding
from automation.csvfiles.problems import CsvProblem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from automation.errors import AutomationError

_DELIMITERS = (",", ";", "\t")
_SEP = re.compile(r'"?sep=([^\r\n])"?[,;\t ]*\Z', re.IGNORECASE)
_LONGEST_HEADER = 65_536


@dataclass(frozen=True)
class CsvFile:
    """What was found out about a file: its columns without unnamed ones at the end."""

    path: Path
    encoding: str
    columns: tuple[str, ...]
    delimiter: str
    has_sep: bool = False  # the first line only names the delimiter
    raw: bool = False  # cells and names are taken as they are


@dataclass
class CsvRow:
    """`line` is where the row begins; `cells` are as they stand in the file, as many as there are columns or not."""

    line: int
    cells: list[str]
    problem: AutomationError | None = None


def survey(path: Path, *, raw: bool = False, headless: bool = False) -> CsvFile:
    """Encoding, delimiter, columns. CsvProblem when the file can't be read, or holds no rows.

    `headless`: the first line may be a row, so nothing need follow it.
    """
    encoding = text_encoding(path)
    with open_text(path, encoding) as file:
        header, named = _header_text(file)
        columns, delimiter = _header(path, header, (named,) if named else _DELIMITERS)
        names = [name.strip() if raw else read_cell(name) for name in columns]
        while names and not names[-1]:
            names.pop()
        if not names or not (headless or any(line.strip() for line in file)):
            raise CsvProblem("csvfiles.empty_file", file=path.name)
    for number, name in enumerate(names, 1):
        if not name:
            raise CsvProblem("csvfiles.column_unnamed", file=path.name, number=number)
        if name in names[: number - 1]:
            raise CsvProblem("csvfiles.column_twice", file=path.name, column=name)
    return CsvFile(path, encoding, tuple(names), delimiter, bool(named), raw)


def read_rows(found: CsvFile) -> Iterator[CsvRow]:
    """The rows below the header, one after the other; lines without anything in them are none."""
    width, header = len(found.columns), True
    with open_text(found.path, found.encoding) as file:
        lines = _Lines(file)
        while found.has_sep and not next(lines).strip():
            pass
        for row in _rows(lines, found.delimiter):
            if row.problem is None and not any(cell.strip() for cell in row.cells):
                continue
            if header:
                header = False
                continue
            if row.problem is None and len(row.cells) > width and not any(c.strip() for c in row.cells[width:]):
                del row.cells[width:]  # commas behind the last column
            if row.problem is None and len(row.cells) != width:
                row.problem = CsvProblem("csvfiles.wrong_columns", found=len(row.cells), expected=width)
            yield row


def _header_text(file: TextIO) -> tuple[str, str]:
    """The lines of the header, and the delimiter that a line `sep=;` before it names."""
    header, named = "", ""
    for line in file:
        if not (header + line).strip():
            continue
        header += line
        if not named and (match := _SEP.match(header.strip("\r\n "))):
            header, named = "", match[1]
        elif header.count('"') % 2 == 0 or len(header) > _LONGEST_HEADER:
            break
    return header.strip("\r\n"), named


def _header(path: Path, header: str, delimiters: tuple[str, ...]) -> tuple[list[str], str]:
    """The delimiter that makes most columns of it; one that makes a single one reads past what is wrong."""
    best: list[str] = []
    chosen, reason = "", ""
    for mark in delimiters:
        try:
            columns = next(csv.reader(StringIO(header, newline=""), delimiter=mark, strict=True), [])
        except csv.Error as error:
            reason = reason or str(error)
            continue
        if not chosen or len(columns) > len(best):
            best, chosen = columns, mark
    if reason and len(best) < 2:
        raise CsvProblem("csvfiles.bad_header", file=path.name, reason=reason)
    return best, chosen


class _Lines:
    """The lines of a file; those that a broken record swallowed can be given back."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._back: deque[str] = deque()
        self.number = 0
        self.taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else next(self._file)
        self.number += 1
        self.taken.append(line)
        return line

    def keep_first(self) -> str:
        """Give back all lines of the present record but its first."""
        first, *rest = self.taken
        self._back.extendleft(reversed(rest))
        self.number -= len(rest)
        return first


def _rows(lines: _Lines, delimiter: str) -> Iterator[CsvRow]:
    """An open quote swallows the lines below it: only its own is refused."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.taken.clear()
        line = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            several = len(lines.taken) > 1
            first = lines.keep_first()
            yield CsvRow(line, _loose(first, delimiter), _problem(first, delimiter, error, several))
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            continue
        yield CsvRow(line, cells)


def _problem(first: str, delimiter: str, error: csv.Error, several: bool) -> CsvProblem:
    """A cell beyond the csv module's limit is not blamed on quotes, unless a quote may have swallowed lines."""
    limit = csv.field_size_limit()
    if "limit" not in str(error):
        return CsvProblem("csvfiles.bad_quotes", reason=str(error))
    place = next((n for n, cell in enumerate(first.split(delimiter), 1) if len(cell) > limit), 0)
    if several and not place:
        return CsvProblem("csvfiles.open_quote", max=limit)
    return CsvProblem("csvfiles.huge_cell", number=place or "?", max=limit)


def _loose(line: str, delimiter: str) -> list[str]:
    """The cells of a broken line, as well as they can be told apart."""
    line = line.rstrip("\r\n")
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:  # a cell beyond the csv module's limit
        return line.split(delimiter)
