"""`automation rules`: rules that the files don't have any more, and what becomes of the people inside."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from automation.cli.context import open_database, open_engine, open_settings
from automation.cli.control import ACTOR, Actor, Reason, changing
from automation.cli.output import BomOption, Format, FormatOption, emit_table, local_time
from automation.i18n import say

app = typer.Typer(help="Rules that the files do not have 文件中已没有的规则", no_args_is_help=True)


class People(StrEnum):
    """What becomes of those inside."""

    exit = "exit"
    finish = "finish"


@app.command("missing", help="Which they are, why, who is inside 列出")
def missing(format_: FormatOption = Format.table, bom: BomOption = False) -> None:
    """Absent ones wait until the files have them or somebody decides; removed ones can be restored for a time."""
    from automation.insight.missing_rules import COLUMNS, read_missing_rules

    database = open_database(open_settings())
    with database.read() as conn:
        rows = read_missing_rules(conn)
    database.close()
    emit_table(COLUMNS, rows, format_, bom=bom)


@app.command("remove", help="Let those inside a rule leave or finish 让规则里的人退出或走完")
def remove(
    rule: Annotated[str, typer.Argument(help="Rule id 规则")],
    people: Annotated[People, typer.Option("--people", help="exit | finish 退出或走完")],
    now: Annotated[bool, typer.Option("--now", help="At once; it can't be undone 立即，不可撤销")] = False,
    reason: Reason = None,
    by: Actor = ACTOR,
) -> None:
    """The files must not have the rule any more. With exit, it can be undone within `publishing.removal_undo`."""
    from automation.clock import to_ms
    from automation.engine.removal import remove_rule, undone_until

    with open_engine() as engine:
        moment = to_ms(engine.clock.now())
        until = moment if now else undone_until(engine.project.settings, moment)
        with engine.database.write() as conn:
            why = reason or ""
            done = remove_rule(conn, rule, people.value, why, by, moment, until)
    form = "removed_finish" if people is People.finish else "removed_now" if now else "removed_exit"
    typer.echo(say(f"removal.{form}", **(done | {"leaves_at": local_time(until)})))


@app.command("restore", help="Undo a removal while people are inside 撤销删除")
def restore(
    rule: Annotated[str, typer.Argument(help="Rule id 规则")], reason: Reason = None, by: Actor = ACTOR
) -> None:
    """Those who have not left yet wait until the rule is in the files again."""
    from automation.engine.removal import restore_rule

    why = reason or ""
    done = changing(lambda conn, now: restore_rule(conn, rule, why, by, now))
    typer.echo(say("removal.restored", **done))
