"""The switches: `automation pause`, `resume`, `pauses`; what waits for approval; what was missed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from automation.cli.context import open_database, open_settings
from automation.cli.naming import SINCE_HELP, check_rule, moment_before
from automation.cli.output import BomOption, Format, FormatOption, emit_table
from automation.i18n import say

if TYPE_CHECKING:
    from sqlalchemy import Connection

ACTOR = "cli"
_Name = Annotated[str, typer.Argument(metavar="all|RULE|CHANNEL", help="all, a rule or a channel 全部、规则或渠道")]
Reason = Annotated[str | None, typer.Option(help="For the log and the audit 原因，记入日志与审计")]
Actor = Annotated[str, typer.Option("--by", help="Who asks for it, for the audit 操作人，记入审计")]


def register(app: typer.Typer) -> None:
    app.command("pause", help="Stop everything, a rule or a channel at once 立即暂停")(pause)
    app.command("resume", help="Let it go on 恢复")(resume)
    app.command("pauses", help="What is paused, by whom and why 查看暂停")(pauses)
    app.command("approve", help="Let run what would reach too many, or see what waits 批准或查看待批准")(approve)
    app.command("missed", help="Schedules not run in time, and what became of them 错过的触发")(missed)


def pause(name: _Name, reason: Reason = None, by: Actor = ACTOR) -> None:
    """Counts within a second for all daemons and workers; what is paused is kept, nothing is lost."""
    from automation.engine.switches import pause, target_of

    def act(conn: Connection, now: int) -> str:
        target = target_of(conn, name)
        done = pause(conn, target, reason or "", by, now)
        return say("control.paused" if done else "control.paused_already", what=target.shown)

    typer.echo(changing(act))


def resume(name: _Name, reason: Reason = None, by: Actor = ACTOR) -> None:
    """What came due meanwhile is due at once; missed schedules follow the rule's `catch_up`."""
    from automation.engine.switches import resume, target_of

    def act(conn: Connection, now: int) -> str:
        target = target_of(conn, name)
        done = resume(conn, target, reason or "", by, now)
        return say("control.resumed" if done else "control.not_paused", what=target.shown)

    typer.echo(changing(act))


def pauses(format_: FormatOption = Format.table, bom: BomOption = False) -> None:
    """The oldest first."""
    from automation.engine.switches import paused_now

    database = open_database(open_settings())
    with database.read() as conn:
        rows = paused_now(conn)
    database.close()
    if format_ is Format.table:
        rows = [row | {"reason": row["reason"] or say("control.no_reason")} for row in rows]
    emit_table(("what", "at", "actor", "reason"), rows, format_, bom=bom)


def approve(
    id_: Annotated[str | None, typer.Argument(metavar="[ID]", help="As the list shows it 列表中的编号")] = None,
    reject: Annotated[bool, typer.Option("--reject", help="It must not run 否决")] = False,
    rule: Annotated[str | None, typer.Option("--rule", help="Only what is this rule's 只看一条规则")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Everything of --rule 该规则的全部")] = False,
    reason: Reason = None,
    by: Actor = ACTOR,
    format_: FormatOption = Format.table,
    bom: BomOption = False,
) -> None:
    """Without an ID: what waits, how many it would reach, and which bound that exceeds."""
    from automation.engine.clocks.approvals import WEIGHED, decide, decide_all, list_held
    from automation.errors import AutomationError
    from automation.insight.halts import why_held

    said = say("control.rejected" if reject else "control.approved")
    if all_:
        if rule is None or id_ is not None:
            raise AutomationError("control.approve_all_of")
        wanted, why = rule, reason or ""
        for row in changing(lambda conn, now: decide_all(conn, check_rule(conn, wanted), not reject, why, by, now)):
            typer.echo(said.format(**row))
        return
    if id_ is not None:
        chosen = id_
        row = changing(lambda conn, now: decide(conn, chosen, not reject, reason or "", by, now))
        typer.echo(said.format(**row))
        return
    database = open_database(open_settings())
    with database.read() as conn:
        wanted_rule = check_rule(conn, rule) if rule else None
        rows = [row for row in list_held(conn) if wanted_rule in (None, row["rule"])]
    database.close()
    if format_ is Format.table:
        rows = [row | {"why": why_held(row)} for row in rows]
        emit_table(("id", "rule", "key", "due_at", "why"), rows)
    else:
        emit_table(("id", "rule", "key", "due_at", "bound", *WEIGHED), rows, format_, bom=bom)


def missed(
    since: Annotated[str, typer.Option(help=SINCE_HELP)] = "7d",
    rule: Annotated[str | None, typer.Option(help="Rule id 规则")] = None,
    format_: FormatOption = Format.table,
    bom: BomOption = False,
) -> None:
    """The newest first."""
    from automation.insight.missed import read_missed

    database = open_database(open_settings())
    with database.read() as conn:
        rows = read_missed(conn, moment_before(since), check_rule(conn, rule) if rule else None)
    database.close()
    if format_ is Format.table:
        rows = [row | {"what_became": say(f"control.fate_{row['fate']}")} for row in rows]
        emit_table(("rule", "key", "due_at", "what_became", "entered", "decided_by"), rows)
    else:
        columns = ("id", "rule", "key", "due_at", "fate", "entered", "finished_at", "decided_by")
        emit_table(columns, rows, format_, bom=bom)


def changing(act: Callable[[Connection, int], Any]) -> Any:
    """What `act` makes of one transaction on the project's database, at this moment."""
    from automation.clock import SystemClock, to_ms
    from automation.store.retry import retried

    database = open_database(open_settings())

    def change() -> Any:
        with database.write() as conn:
            return act(conn, to_ms(SystemClock().now()))

    done = retried(change)
    database.close()
    return done
