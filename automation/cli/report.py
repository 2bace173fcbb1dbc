"""`automation report`."""

from __future__ import annotations

import typer

from automation.cli.context import open_database, open_settings
from automation.cli.output import BomOption, Format, FormatOption, emit_table, emit_value

_COLUMNS = ("rule", "name", "part", "code", "channel", "count")


def register(app: typer.Typer) -> None:
    app.command("report", help="Who entered, who was skipped and why, what was sent 汇总报告")(report)


def report(
    format_: FormatOption = Format.table,
    bom: BomOption = False,
) -> None:
    """Every rule, since the beginning."""
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
