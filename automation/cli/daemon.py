"""`automation run` and `automation status`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from automation.cli.context import open_database, open_engine, open_running, open_settings
from automation.cli.output import Tables, TablesOption, emit_table, emit_value
from automation.i18n import say

if TYPE_CHECKING:
    from automation.rules.project import Project
    from automation.store.database import Database


def register(app: typer.Typer) -> None:
    app.command("run", help="Run the daemon 运行守护进程")(run)
    app.command("status", help="Daemon, lag, backlog, rules, last errors 查看运行状态")(status)


def run(
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, then exit 只处理当前到期的工作")] = False,
    log_format: Annotated[str | None, typer.Option("--log-format", help="console | json 日志格式")] = None,
) -> None:
    """Everything due now with --once; else the daemon, until SIGTERM or Ctrl-C."""
    from automation.daemon.logs import set_up_logging
    from automation.daemon.reloading import tell_problems

    settings = open_settings()
    if log_format not in (None, "console", "json"):
        raise typer.BadParameter("console | json", param_hint="--log-format")
    set_up_logging(log_format or settings.daemon.log_format)
    if once:
        with open_engine() as engine:
            tell_problems(engine.project)
            typer.echo(say("daemon.once_done", count=engine.run_due()))
        return
    project, database = open_running()
    tell_problems(project)
    _serve(project, database)


def _serve(project: Project, database: Database) -> None:
    import signal

    from automation.daemon.daemon import Daemon
    from automation.daemon.lock import only_daemon
    from automation.engine.engine import Engine

    with only_daemon(database):
        engine = Engine(project, database)
        daemon = Daemon(engine)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: daemon.stop())
        daemon.run()
        engine.close()
    database.close()


def status(
    format_: TablesOption = Tables.table,
) -> None:
    """What runs, what waits, what is broken."""
    from automation.clock import SystemClock
    from automation.insight.status import read_status
    from automation.rules.published import running_project

    settings = open_settings()
    database = open_database(settings)
    project = running_project(settings, database)
    found = read_status(database, project, SystemClock().now())
    database.close()
    if format_ is Tables.json:
        emit_value(found.as_dict())
        return
    for title, columns, rows in found.tables():
        typer.echo(f"\n{title}")
        emit_table(columns, rows)
