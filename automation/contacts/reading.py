"""The records of a file of people, CSV or JSON Lines, with their lines. A wrong record harms no other."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from automation import csvfiles
from automation.contacts.columns import OWN_COLUMNS, RAW, ImportProblem
from automation.contacts.names import ContactError
from automation.csvfiles import CsvFile, CsvProblem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import TextIO

    from automation.errors import AutomationError

Format = Literal["csv", "jsonl"]


@dataclass(frozen=True)
class Survey:
    """What was found out about a file before anything is written. `csv` is None for JSON Lines."""

    path: Path
    fmt: Format
    encoding: str
    columns: tuple[str, ...]
    csv: CsvFile | None = None

    @property
    def raw(self) -> bool:
        """Whether its cells are taken as they are."""
        return self.csv is not None and self.csv.raw


@dataclass
class Record:
    """One row. `line` is where it begins in the file; `cells` are its CSV cells as they were."""

    line: int
    values: dict[str, Any] = field(default_factory=dict)
    cells: list[str] = field(default_factory=list)
    problem: AutomationError | None = None


def survey(path: Path, *, raw: bool = False) -> Survey:
    """The encoding, the delimiter and the columns. ImportProblem when it can't be read or holds no rows."""
    try:
        if _format(path) == "csv":
            found = csvfiles.survey(path, raw=raw)
            return Survey(path, "csv", found.encoding, found.columns, found)
        encoding = csvfiles.text_encoding(path)
    except CsvProblem as problem:
        raise ImportProblem(problem.key, **problem.params) from None
    with csvfiles.open_text(path, encoding) as file:
        return _survey_jsonl(path, encoding, file)


def records(found: Survey) -> Iterator[Record]:
    """Every record, one after the other; blank lines are none."""
    if found.csv is not None:
        for row in csvfiles.read_rows(found.csv):
            yield Record(row.line, dict(zip(found.columns, row.cells, strict=False)), row.cells, row.problem)
        return
    with csvfiles.open_text(found.path, found.encoding) as file:
        yield from _jsonl_records(file)


def _format(path: Path) -> Format:
    suffix = path.suffix.lower()
    if suffix in (".csv", ".tsv", ".txt"):
        return "csv"
    if suffix in (".jsonl", ".ndjson", ".json"):
        return "jsonl"
    raise ImportProblem("contacts.bad_format", file=path.name)


def _survey_jsonl(path: Path, encoding: str, file: TextIO) -> Survey:
    columns: dict[str, None] = {}
    rows = 0
    for record in _jsonl_records(file):
        rows += 1
        if record.problem is None:
            columns.update(dict.fromkeys(record.values))
    if not rows:
        raise ImportProblem("csvfiles.empty_file", file=path.name)
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
