"""The records of a file of people, CSV or JSON Lines, with their lines. A wrong record harms no other."""

from __future__ import annotations

import codecs
import csv
import json
from collections import deque
from dataclasses import dataclass, field
from io import StringIO
from typing import TYPE_CHECKING, Any, Literal, TextIO

from automation.contacts.columns import OWN_COLUMNS, RAW, ImportProblem
from automation.contacts.names import ContactError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from automation.errors import AutomationError

Format = Literal["csv", "jsonl"]
_DELIMITERS = (",", ";", "\t")
_LONGEST_HEADER = 65_536


@dataclass(frozen=True)
class Survey:
    """What was found out about a file before anything is written."""

    path: Path
    fmt: Format
    encoding: str
    columns: tuple[str, ...]
    delimiter: str = ","


@dataclass
class Record:
    """One row. `line` is where it begins in the file; `cells` are its CSV cells as they were."""

    line: int
    values: dict[str, Any] = field(default_factory=dict)
    cells: list[str] = field(default_factory=list)
    problem: AutomationError | None = None


def survey(path: Path) -> Survey:
    """The encoding, the delimiter and the columns. ImportProblem when it can't be read or holds no rows."""
    fmt = _format(path)
    encoding = _encoding(path)
    with _open(path, encoding) as file:
        found = _survey_csv(path, encoding, file) if fmt == "csv" else _survey_jsonl(path, encoding, file)
    return found


def records(found: Survey) -> Iterator[Record]:
    """Every record, one after the other; blank lines are none."""
    with _open(found.path, found.encoding) as file:
        yield from _csv_records(found, _Lines(file)) if found.fmt == "csv" else _jsonl_records(file)


def _format(path: Path) -> Format:
    suffix = path.suffix.lower()
    if suffix in (".csv", ".tsv", ".txt"):
        return "csv"
    if suffix in (".jsonl", ".ndjson", ".json"):
        return "jsonl"
    raise ImportProblem("contacts.bad_format", file=path.name)


def _encoding(path: Path) -> str:
    """UTF-8 when every byte of the file is; else GB18030 when every byte is."""
    for encoding in ("utf-8", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            with path.open("rb") as file:
                while chunk := file.read(1 << 20):
                    decoder.decode(chunk)
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        except OSError as error:
            raise ImportProblem("contacts.no_file", file=path.name, reason=error.strerror) from None
        return encoding
    raise ImportProblem("contacts.bad_encoding", file=path.name)


def _open(path: Path, encoding: str) -> TextIO:
    file = path.open(encoding=encoding, newline="")
    if file.read(1) != "\ufeff":  # the mark that spreadsheets put in front, in either encoding
        file.seek(0)
    return file


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


def _survey_csv(path: Path, encoding: str, file: TextIO) -> Survey:
    header = ""
    for line in file:
        header += line
        if header.strip() and (header.count('"') % 2 == 0 or len(header) > _LONGEST_HEADER):
            break
    rows = {mark: _header(path, header.strip("\r\n"), mark) for mark in _DELIMITERS}
    delimiter = max(_DELIMITERS, key=lambda mark: len(rows[mark]))
    columns = [name.strip() for name in rows[delimiter]]
    if not columns or not any(line.strip() for line in file):
        raise ImportProblem("contacts.empty_file", file=path.name)
    for number, name in enumerate(columns, 1):
        if not name:
            raise ImportProblem("contacts.column_unnamed", file=path.name, number=number)
        if name in columns[: number - 1]:
            raise ImportProblem("contacts.column_twice", file=path.name, column=name)
    return Survey(path, "csv", encoding, tuple(columns), delimiter)


def _header(path: Path, header: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(StringIO(header, newline=""), delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        raise ImportProblem("contacts.bad_header", file=path.name, reason=str(error)) from None


def _csv_records(found: Survey, lines: _Lines) -> Iterator[Record]:
    width = len(found.columns)
    for number, (line, cells, problem) in enumerate(_csv_rows(lines, found.delimiter)):
        if number == 0:  # the header
            continue
        if problem is None and len(cells) != width:
            problem = ContactError("contacts.wrong_columns", found=len(cells), expected=width)
        yield Record(line, dict(zip(found.columns, cells, strict=False)), cells, problem)


def _csv_rows(lines: _Lines, delimiter: str) -> Iterator[tuple[int, list[str], AutomationError | None]]:
    """(first line, cells, problem) of each row. An open quote swallows the lines below it: only its own is refused."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.taken.clear()
        line = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, _loose(lines.keep_first(), delimiter), ContactError("contacts.bad_csv", reason=str(error))
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            continue
        if cells:
            yield line, cells, None


def _loose(line: str, delimiter: str) -> list[str]:
    """The cells of a broken line, as well as they can be told apart."""
    line = line.rstrip("\r\n")
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:  # a cell beyond the csv module's limit
        return line.split(delimiter)


def _survey_jsonl(path: Path, encoding: str, file: TextIO) -> Survey:
    columns: dict[str, None] = {}
    rows = 0
    for record in _jsonl_records(file):
        rows += 1
        if record.problem is None:
            columns.update(dict.fromkeys(record.values))
    if not rows:
        raise ImportProblem("contacts.empty_file", file=path.name)
    return Survey(path, "jsonl", encoding, tuple(name for name in columns if name not in OWN_COLUMNS))


def _jsonl_records(file: TextIO) -> Iterator[Record]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except (ValueError, RecursionError) as error:
            problem = ContactError("contacts.bad_json", reason=str(error))
            yield Record(number, {RAW: line.rstrip("\r\n")}, problem=problem)
            continue
        if isinstance(values, dict):
            yield Record(number, values)
        else:
            problem = ContactError("contacts.not_an_object")
            yield Record(number, {RAW: line.rstrip("\r\n")}, problem=problem)
