"""`automation contacts import`: shows how each column was understood, asks on a terminal, imports, and tells."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from automation.cli.context import open_catalogue, open_database, open_settings, raw_csv
from automation.cli.output import NOT_ALL_TAKEN, visible
from automation.i18n import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automation.catalogue.model import Catalogue
    from automation.contacts.columns import Column
    from automation.contacts.importing import Choices, ImportReport, Layout
    from automation.contacts.rows import DateOrder
    from automation.store.database import Database


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    map_: Annotated[
        list[str] | None, typer.Option("--map", metavar="KEY=COLUMN", help="e.g. phone=手机 指定列")
    ] = None,
    skip: Annotated[list[str] | None, typer.Option(metavar="COLUMN", help="Leave a column out 不导入此列")] = None,
    unknown: Annotated[
        str | None, typer.Option(help="Columns nobody knows: attribute | ignore | stop 不认识的列如何处理")
    ] = None,
    date_order: Annotated[str | None, typer.Option(help="Of 5/6/1992: dmy | mdy 日月顺序")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count only, keep nothing 只检查不写入")] = False,
    rejects: Annotated[Path | None, typer.Option(help="Where wrong rows go 被拒行写入的文件")] = None,
    source: Annotated[
        str | None, typer.Option(help="Whose answers about consent these are; default: the file's name 同意答复的来源")
    ] = None,
) -> None:
    """Wrong rows go to a file of their own with line and reason; the good ones are imported; the totals add up.

    Exit code 3 when something was not taken; 1, with nothing kept, when a column is not known and nobody can be asked.
    """
    from automation.contacts.columns import UNKNOWN, Choices
    from automation.contacts.rows import DATE_ORDERS

    _check(unknown, UNKNOWN, "--unknown")
    _check(date_order, DATE_ORDERS, "--date-order")
    settings = open_settings()
    catalogue = open_catalogue(settings, strict=True)
    database = open_database(settings)
    choices = Choices(mapping_of(map_ or ()), tuple(skip or ()), cast("Any", unknown) or "stop")
    layout = _layout(database, catalogue, file, choices, ask=unknown is None and _terminal())
    order = cast("DateOrder | None", date_order) or (_asked_order(layout) if _terminal() else None)
    report = _imported(database, catalogue, layout, choices, order, dry_run, rejects, settings.timezone, source)
    database.close()
    _print_report(report, dry_run)
    if report.rejected or report.left_out:
        raise typer.Exit(NOT_ALL_TAKEN)


def _imported(
    database: Database, catalogue: Catalogue, layout: Layout, choices: Choices, order: DateOrder | None,
    dry_run: bool, rejects: Path | None, timezone: str, source: str | None,
) -> ImportReport:  # fmt: skip
    from zoneinfo import ZoneInfo

    from automation.cli.output import progress
    from automation.clock import SystemClock
    from automation.contacts.importing import import_contacts

    with progress(say("cli.importing")) as advance:
        done = 0

        def show(read: int) -> None:
            nonlocal done
            advance(read - done)
            done = read

        return import_contacts(
            database, catalogue, layout.survey.path, zone=ZoneInfo(timezone), clock=SystemClock(), dry_run=dry_run,
            progress=show, rejects=rejects, unknown=choices.unknown, date_order=order, layout=layout, source=source,
        )  # fmt: skip


# ---------------------------------------------------------------- what the columns are


def _layout(database: Database, catalogue: Catalogue, file: Path, choices: Choices, *, ask: bool) -> Layout:
    """Shown before anything is written; asked about what is unknown until nothing is."""
    from automation.contacts.columns import ImportProblem
    from automation.contacts.importing import look_at

    layout = look_at(database, catalogue, file, choices, raw=raw_csv())
    _print_columns(layout.columns, catalogue, choices.unknown)
    while ask and (strange := next((one for one in layout.columns if not one.known), None)):
        chosen = _asked_column(strange, choices)
        try:
            layout = look_at(database, catalogue, file, chosen, raw=raw_csv())
        except ImportProblem as problem:
            typer.echo(problem.text())
            continue
        choices = chosen
    return layout


def _asked_column(one: Column, choices: Choices) -> Choices:
    """A key, + for a new attribute, - for nothing."""
    from dataclasses import replace

    near = say("contacts.perhaps", nearest=one.nearest) if one.nearest else ""
    answer = str(typer.prompt(say("cli.ask_column", column=visible(one.name), near=near))).strip()
    if answer == "-":
        return replace(choices, skip=(*choices.skip, one.name))
    key = f"contact.{one.name}" if answer == "+" else answer
    others = {key: column for key, column in choices.mapping.items() if column != one.name}
    return replace(choices, mapping={**others, key: one.name})


def _print_columns(columns: Sequence[Column], catalogue: Catalogue, unknown: str) -> None:
    from automation.contacts.columns import CONTACT

    plain = [one.name for one in columns if one.target and one.known and not one.new and one.name == _key(one)]
    typer.echo(say("cli.columns", columns=visible(", ".join(plain)) or "–"))
    for one in columns:
        near = say("contacts.perhaps", nearest=one.nearest) if one.nearest else ""
        if not one.known:
            typer.echo(f"  {visible(one.name)} → {say(f'cli.column_unknown_{unknown}', near=near)}")
        elif one.target is None:
            typer.echo(f"  {visible(one.name)} → {say('cli.column_left_out')}")
        elif one.new:
            typer.echo(f"  {visible(one.name)} → {CONTACT}{one.target.key}{say('cli.column_free', near=near)}")
        elif one.name not in plain:
            typer.echo(f"  {visible(one.name)} → {_key(one)}{_label(one, catalogue)}")


def _key(one: Column) -> str:
    return one.target.key.removesuffix(".*") if one.target is not None else ""


def _label(one: Column, catalogue: Catalogue) -> str:
    key = _key(one)
    field = catalogue.fields.get(key)
    label = catalogue.identity_kinds.get(key) or (field.label if field is not None else None)
    return f" ({label.get()})" if label is not None else ""


# ---------------------------------------------------------------- 5/6/1992


def _asked_order(layout: Layout) -> DateOrder | None:
    """Which comes first, when the file begins with dates that don't say."""
    from itertools import islice

    from automation.catalogue.model import FieldType
    from automation.contacts.columns import bound
    from automation.contacts.names import ContactError
    from automation.contacts.reading import records
    from automation.contacts.rows import DATE_ORDERS, year_first

    dates = [column for column, target in bound(layout.columns)
             if target.field is not None and target.field.type in (FieldType.DATE, FieldType.DATETIME)]  # fmt: skip
    for record in islice(records(layout.survey), 1000 if dates else 0):
        for column in dates:
            try:
                year_first(str(record.values.get(column, "")), None)
            except ContactError:
                found = visible(str(record.values[column]))
                answer = ""
                while answer not in DATE_ORDERS:
                    answer = str(typer.prompt(say("cli.ask_date_order", found=found))).strip()
                return answer
    return None


def _terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _check(value: str | None, known: Sequence[str], option: str) -> None:
    if value is not None and value not in known:
        raise typer.BadParameter(" | ".join(known), param_hint=option)


def mapping_of(pairs: Any) -> dict[str, str]:
    mapping: dict[str, str] = {}
    for pair in pairs:
        key, equals, column = pair.partition("=")
        if not equals or not key.strip() or not column:
            raise typer.BadParameter(pair, param_hint="--map KEY=COLUMN")
        mapping[key.strip()] = column
    return mapping


def _print_report(report: ImportReport, dry_run: bool) -> None:
    counts = {name: getattr(report, name) for name in ("read", "created", "updated", "unchanged", "rejected", "merged")}
    typer.echo(say("cli.imported", **counts))
    if report.left_out:
        typer.echo(say("cli.left_out", fields=report.left_out, rows=report.partly))
    if report.rejects_file is not None:
        typer.echo(say("cli.see_rejects", file=str(report.rejects_file)))
    if report.overruled:
        typer.echo(say("cli.overruled", count=report.overruled))
    if dry_run:
        typer.echo(say("cli.dry_run"))
