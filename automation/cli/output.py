"""What commands print: tables for people, JSON and CSV for programs, and progress on a terminal.

A column named `at`, or ending in `_at`, holds milliseconds: local time in tables, ISO 8601 in JSON and CSV.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated, Any

import typer

from automation import csvfiles
from automation.cli.context import project_zone, raw_csv
from automation.i18n import say

Row = Mapping[str, Any]
NOT_ALL_TAKEN = 3
"""The exit code of a command that did its work, and could not take everything that came in."""


class Format(StrEnum):
    """How a list is printed."""

    table = "table"
    json = "json"
    csv = "csv"


class Tables(StrEnum):
    """How several lists of different columns are printed; they don't go into one CSV."""

    table = "table"
    json = "json"


class View(StrEnum):
    """How one thing is shown."""

    text = "text"
    json = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="table | json | csv (--raw-csv for machines) 输出格式")]
TablesOption = Annotated[Tables, typer.Option("--format", help="table | json 输出格式")]
ViewOption = Annotated[View, typer.Option("--format", help="text | json 输出格式")]
BomOption = Annotated[bool, typer.Option("--bom", help="Begin CSV with a mark for spreadsheets CSV 带 BOM")]


def emit_table(
    columns: Sequence[str], rows: Iterable[Row], format_: Format = Format.table, *, bom: bool = False
) -> None:
    """Print the `columns` of `rows`. JSON is one array of objects; with `bom`, CSV opens well in spreadsheets."""
    if format_ is Format.json:
        _emit_json(columns, rows)
    elif format_ is Format.csv:
        typer.echo(("\ufeff" if bom else "") + csv_line(columns))
        for row in rows:
            typer.echo(csv_line(_plain(column, row.get(column)) for column in columns))
    else:
        _emit_text(columns, list(rows))


def emit_value(value: Any) -> None:
    """Print one value as JSON."""
    typer.echo(to_json(value, indent=2))


def csv_line(values: Iterable[Any]) -> str:
    """One line of CSV, without its end. No spreadsheet runs what is in it, unless --raw-csv was given."""
    return csvfiles.csv_line([_cell(value) for value in values], raw=raw_csv())


def to_json(value: Any, *, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent, default=_jsonable)


def local_time(ms: int | None) -> str:
    """A stored moment in the project's zone, as people read it; "" for none."""
    from automation.clock import from_ms

    return "" if ms is None else f"{from_ms(ms).astimezone(project_zone()):%Y-%m-%d %H:%M:%S}"


def iso_time(ms: int | None) -> str | None:
    """A stored moment as ISO 8601 with the project's offset."""
    from automation.clock import from_ms

    return None if ms is None else from_ms(ms).astimezone(project_zone()).isoformat(timespec="milliseconds")


def visible(text: str) -> str:
    """`text` on one line, without characters that would move a terminal's cursor."""
    return "".join(char if char.isprintable() else " " if char.isspace() else "�" for char in text)


@contextmanager
def progress(title: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A bar on stderr while the block runs, on a terminal only; the block calls what it gets with each advance."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda count: bar.update(task, advance=count)


# ---------------------------------------------------------------- how


def _emit_json(columns: Sequence[str], rows: Iterable[Row]) -> None:
    lines = (to_json({column: _plain(column, row.get(column)) for column in columns}) for row in rows)
    typer.echo("[", nl=False)
    for number, line in enumerate(lines):
        typer.echo((",\n " if number else "\n ") + line, nl=False)
    typer.echo("\n]")


def _emit_text(columns: Sequence[str], rows: Sequence[Row]) -> None:
    if not rows:
        typer.echo(say("cli.nothing"))
        return
    cells = [[_shown(column, row.get(column)) for column in columns] for row in rows]
    numbers = {i for i, column in enumerate(columns) if all(type(row.get(column)) is int for row in rows)}
    numbers -= {i for i, column in enumerate(columns) if _is_time(column)}
    titles = [_title(column) for column in columns]
    if sys.stdout.isatty():
        _emit_rich(titles, cells, numbers)
    else:
        _emit_plain([titles, *cells], numbers)


def _emit_rich(titles: Sequence[str], cells: Iterable[Sequence[str]], numbers: set[int]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for i, title in enumerate(titles):
        table.add_column(title, justify="right" if i in numbers else "left", overflow="fold")
    for row in cells:
        table.add_row(*(Text(cell) for cell in row))  # Text, so that nothing in the data is taken for markup
    Console(highlight=False).print(table)


def _emit_plain(lines: Sequence[Sequence[str]], numbers: set[int]) -> None:
    """Columns as wide as they need to be: for pipes and files, nothing is wrapped or cut."""
    from rich.cells import cell_len

    widths = [max(cell_len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        gaps = [" " * (width - cell_len(cell)) for cell, width in zip(line, widths, strict=True)]
        pairs = enumerate(zip(line, gaps, strict=True))
        padded = [gap + cell if i in numbers else cell + gap for i, (cell, gap) in pairs]
        typer.echo("  ".join(padded).rstrip())


def _title(column: str) -> str:
    try:
        return say(f"cli.column_{column}")
    except LookupError:
        return column


def _is_time(column: str) -> bool:
    return column == "at" or column.endswith("_at")


def _plain(column: str, value: Any) -> Any:
    return iso_time(value) if _is_time(column) and isinstance(value, int) else value


def _shown(column: str, value: Any) -> str:
    if _is_time(column) and isinstance(value, int):
        return local_time(value)
    return visible(_cell(value))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else to_json(value) if isinstance(value, (dict, list, tuple)) else str(value)


def _jsonable(value: Any) -> Any:
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
