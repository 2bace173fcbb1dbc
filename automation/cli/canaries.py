"""`automation canary` and `promote`: what a canary has come to, beside what the others run, and for everybody then."""

from __future__ import annotations

import typer

from automation.cli.context import open_database, open_settings
from automation.cli.output import View, ViewOption, emit_value
from automation.cli.publishing import Author, PlanHash, Reason, carry_out
from automation.cli.side_by_side import canary_report, print_canary


def register(app: typer.Typer) -> None:
    app.command("canary", help="How a canary does, beside the others 灰度对比")(canary)
    app.command("promote", help="Let a canary run for everybody 灰度转全量")(promote)


def canary(format_: ViewOption = View.text) -> None:
    """The canary that runs now, rule by rule. Exit code 1 when none runs."""
    settings = open_settings()
    database = open_database(settings)
    try:
        report = canary_report(settings, database)
    finally:
        database.close()
    if format_ is View.json:
        emit_value(report.as_dict())
    else:
        print_canary(report)


def promote(reason: Reason, plan: PlanHash = None, author: Author = None, format_: ViewOption = View.text) -> None:
    """A publication like any other: planned, approved if need be, and audited."""
    from automation.insight.publishing import Wish
    from automation.rules.published import canary_project
    from automation.settings import author as this_user

    settings = open_settings()
    database = open_database(settings)
    try:
        if format_ is View.text:
            print_canary(canary_report(settings, database))
        project = canary_project(settings, database)
        wish = Wish(project, author or this_user(), reason, plan, promotes=project.publication)
        carry_out(settings, database, wish, format_)
    finally:
        database.close()
