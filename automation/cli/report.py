"""`automation report`."""

from __future__ import annotations

from typing import Annotated

import typer

from automation.cli.context import open_database, open_settings
from automation.cli.output import Format, emit_value


def register(app: typer.Typer) -> None:
    app.command("report", help="Who entered, who was skipped and why, what was sent 汇总报告")(report)


def report(
    format_: Annotated[Format, typer.Option("--format", help="table | json")] = Format.table,
) -> None:
    """Every rule, since the beginning."""
    from automation.insight.report import read_report

    database = open_database(open_settings())
    found = read_report(database)
    database.close()
    if format_ is Format.json:
        emit_value([one.as_dict() for one in found])
        return
    for one in found:
        typer.echo("\n".join(one.lines()))
