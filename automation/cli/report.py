"""`automation report`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from automation.cli.context import open_database, open_settings
from automation.cli.output import BomOption, Format, FormatOption, emit_table, emit_value

_COLUMNS = ("rule", "name", "part", "code", "channel", "count")


def register(app: typer.Typer) -> None:
    app.command("report", help="Who entered, who was skipped and why, what was sent 汇总报告")(report)


class By(StrEnum):
    """What entries are counted by."""

    channel = "channel"
    source = "source"


def report(
    format_: FormatOption = Format.table,
    bom: BomOption = False,
    by: Annotated[By | None, typer.Option(help="Entries by their event's channel or source 按渠道或来源")] = None,
) -> None:
    """Every rule, since the beginning."""
    if by is not None:
        _entries_by(by, format_, bom=bom)
        return
    from automation.insight.report import read_report

    database = open_database(open_settings())
    found = read_report(database)
    database.close()
    if format_ is Format.json:
        emit_value([one.as_dict() for one in found])
        return
    if format_ is Format.csv:
        emit_table(_COLUMNS, (row for one in found for row in one.rows()), format_, bom=bom)
        return
    for one in found:
        typer.echo("\n".join(one.lines()))


def _entries_by(by: By, format_: Format, *, bom: bool) -> None:
    """`–`: without an event, or by one that has none. Of an event that was pruned nobody knows any more."""
    from automation.i18n import say
    from automation.store.reporting import entries_by

    database = open_database(open_settings())
    with database.read() as conn:
        found = entries_by(conn, by.value)
    database.close()
    gone = say("cli.event_pruned")
    rows = [
        {"rule": r.key, "name": r.name, by.value: gone if r.pruned else r.value or "–", "entered": r.count}
        for r in found
    ]
    emit_table(("rule", "name", by.value, "entered"), rows, format_, bom=bom)
