"""`automation log` and `automation why`: what was decided, and what would be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from automation.cli.context import load_project, open_database, refuse_fatal
from automation.cli.funnels import funnel
from automation.cli.journal import log
from automation.cli.naming import AT_HELP, CONTACT_HELP, contact_id_of, local_moment
from automation.cli.output import View, ViewOption, emit_value, visible
from automation.i18n import say

if TYPE_CHECKING:
    from automation.insight.account import Account, Line

_MARKS = {True: "✓", False: "✗", None: "·"}


def register(app: typer.Typer) -> None:
    app.command("log", help="Every decision and its reason 查看执行日志")(log)
    app.command("why", help="Why a person enters a rule or doesn't 为何进入或未进入")(why)
    app.command("funnel", help="How far a rule's people get, and why not further 漏斗")(funnel)


def why(
    rule: Annotated[str, typer.Argument(help="Rule id 规则")],
    contact: Annotated[str, typer.Argument(help=CONTACT_HELP)],
    at: Annotated[str | None, typer.Option("--at", help=AT_HELP)] = None,
    format_: ViewOption = View.text,
) -> None:
    """Asks the same decision functions as the engine, for anybody, and changes nothing."""
    from automation.clock import SystemClock
    from automation.insight.why import why as explain

    project = load_project()
    refuse_fatal(project)
    database = open_database(project.settings)
    with database.read() as conn:
        contact_id = contact_id_of(conn, project.catalogue, contact)
    account = explain(database, project, rule, contact_id, SystemClock().now(), local_moment(at) if at else None)
    database.close()
    if format_ is View.text:
        _print_account(account)
    else:
        emit_value(account.as_dict())


def _print_account(account: Account) -> None:
    typer.echo(f"{account.rule}  ×  #{account.contact}")
    kind = ""
    for line in account.lines:
        if line.kind != kind:
            kind = line.kind
            typer.echo(f"\n{say(f'insight.kind_{kind}')}")
        _print_account_line(line)
    typer.echo(f"\n{say('insight.conclusion')}{account.conclusion}")


def _print_account_line(line: Line) -> None:
    step = line.path.partition("/")[2].partition("/")[2] if line.kind == "history" else ""
    told = "  ".join(filter(None, [line.sentence, step, f"〔{line.seen}〕" if line.seen else "", line.place]))
    typer.echo(f"  {_MARKS[line.ok]} {'  ' * line.depth}{visible(told)}")
