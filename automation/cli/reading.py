"""`automation log`, `automation why` and `automation funnel`: what was decided, what would be, and how it added up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from automation.cli.context import open_running
from automation.cli.funnels import funnel
from automation.cli.journal import log
from automation.cli.masking import RevealOption, shown
from automation.cli.naming import AT_HELP, CONTACT_HELP, contact_id_of, local_moment
from automation.cli.output import View, ViewOption, emit_value, visible
from automation.i18n import say

if TYPE_CHECKING:
    from automation.insight.account import Account, Line
    from automation.rules.project import Project
    from automation.store.database import Database

_MARKS = {True: "✓", False: "✗", None: "·"}


def register(app: typer.Typer) -> None:
    app.command("log", help="Every decision and its reason 查看执行日志")(log)
    app.command("why", help="Why a person enters a rule or doesn't 为何进入或未进入")(why)
    app.command("funnel", help="How far a rule's people get, and why not further 漏斗")(funnel)


def why(
    rule: Annotated[str | None, typer.Argument(help="Rule id 规则")] = None,
    contact: Annotated[str | None, typer.Argument(help=CONTACT_HELP)] = None,
    at: Annotated[str | None, typer.Option("--at", help=AT_HELP)] = None,
    message: Annotated[int | None, typer.Option("--message", help="The id of a message instead 某条消息")] = None,
    format_: ViewOption = View.text,
    reveal: RevealOption = False,
) -> None:
    """Asks the same decision functions as the engine, for anybody, and changes nothing."""
    from automation.errors import AutomationError

    by_person = rule is not None and contact is not None and message is None
    if not by_person and (message is None or rule is not None or at is not None):
        raise AutomationError("why.what")
    project, database = open_running()
    if message is not None:
        account = _of_message(database, project, message, reveal)
    else:
        account = _of_person(database, project, rule or "", contact or "", at, reveal)
    database.close()
    if format_ is View.text:
        _print_account(account)
    else:
        emit_value(account.as_dict())


def _of_person(database: Database, project: Project, rule: str, contact: str, at: str | None, reveal: bool) -> Account:
    from automation.clock import SystemClock
    from automation.insight.account import masked
    from automation.insight.why import why as explain

    with database.read() as conn:
        contact_id = contact_id_of(conn, project.catalogue, contact)
    moment = local_moment(at) if at else None
    with shown(database, project.catalogue, "why", [contact_id], reveal=reveal):
        return masked(explain(database, project, rule, contact_id, SystemClock().now(), moment))


def _of_message(database: Database, project: Project, id_: int, reveal: bool) -> Account:
    from automation.clock import SystemClock
    from automation.insight.account import masked
    from automation.insight.message_story import why_message
    from automation.store.messages import load_message

    with database.read() as conn:
        row = load_message(conn, id_)
    people = [row.contact_id] if row is not None else []
    with shown(database, project.catalogue, f"why --message {id_}", people, reveal=reveal and row is not None):
        return masked(why_message(database, project, id_, SystemClock().now()))


def _print_account(account: Account) -> None:
    about = f"  ·  message {account.message}" if account.message is not None else ""
    typer.echo(f"{account.rule}  ×  #{account.contact}{about}")
    kind = ""
    for line in account.lines:
        if line.kind != kind:
            kind = line.kind
            typer.echo(f"\n{say(f'insight.kind_{kind}')}")
        _print_account_line(line)
    typer.echo(f"\n{say('insight.conclusion')}{account.conclusion}")


def _print_account_line(line: Line) -> None:
    step = line.path.partition("/")[2].partition("/")[2] if line.kind in ("history", "next", "queued") else ""
    told = "  ".join(filter(None, [line.sentence, step, f"〔{line.seen}〕" if line.seen else "", line.place]))
    typer.echo(f"  {_MARKS[line.ok]} {'  ' * line.depth}{visible(told)}")
