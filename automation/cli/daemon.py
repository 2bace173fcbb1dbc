"""`automation run` and `automation status`."""

from __future__ import annotations

import logging
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
    """Everything due now with --once (exit code 1 when a channel can't be used); else the daemon, until Ctrl-C."""
    from automation.daemon.logs import set_up_logging
    from automation.daemon.reloading import tell_problems

    settings = open_settings()
    if log_format not in (None, "console", "json"):
        raise typer.BadParameter("console | json", param_hint="--log-format")
    set_up_logging(log_format or settings.daemon.log_format)
    if once:
        with open_engine() as engine:
            tell_problems(engine.project)
            unusable = engine.providers.problems()
            typer.echo(say("daemon.once_done", count=engine.run_due()))
        for error in unusable:
            typer.echo(say("daemon.channel_unusable", reason=error.text()), err=True)
        raise typer.Exit(1 if unusable else 0)
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
        for error in engine.providers.problems():
            logging.getLogger(__name__).error(say("daemon.channel_unusable", reason=error.text()))
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
    from automation.providers.loader import provider_problems
    from automation.rules.published import running_project

    settings = open_settings()
    database = open_database(settings)
    project = running_project(settings, database)
    wrong = provider_problems(project.settings, project.registry, database)
    unusable = [say("daemon.channel_unusable", reason=error.text()) for error in wrong]
    found = read_status(database, project, SystemClock().now(), unusable)
    database.close()
    if format_ is Tables.json:
        emit_value(found.as_dict())
        return
    for title, columns, rows in found.tables():
        typer.echo(f"\n{title}")
        emit_table(columns, rows)
