"""`automation move`: everything the database holds, into another database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from automation.cli.context import open_database, open_settings
from automation.cli.output import BomOption, Format, FormatOption, emit_table, progress
from automation.i18n import say

if TYPE_CHECKING:
    from automation.store.database import Database


def register(app: typer.Typer) -> None:
    app.command("move", help="Copy the whole database into an empty one 整库迁移")(move)


def move(
    to: Annotated[
        str, typer.Argument(metavar="URL", help="The new, empty database, e.g. postgresql+psycopg://… 新数据库")
    ],
    format_: FormatOption = Format.table,
    bom: BomOption = False,
) -> None:
    """Every table, in one transaction there; nothing is deleted here. The daemon must not run meanwhile."""
    from automation.clock import SystemClock, to_ms
    from automation.daemon.lock import only_daemon
    from automation.settings import author
    from automation.store.database import Database
    from automation.store.relocation import relocate

    source, now = open_database(open_settings()), to_ms(SystemClock().now())
    target = Database(to)
    if target.url == source.url:
        raise typer.BadParameter(target.shown, param_hint="URL")
    target.check()
    target.migrate()
    with only_daemon(source), progress(say("cli.moving")) as advance:
        _refuse_running(source, now)
        copied = relocate(source, target, now, actor=author(), tell=advance)
    emit_table(("table", "rows"), [{"table": name, "rows": n} for name, n in copied.items() if n], format_, bom=bom)
    if format_ is Format.table:
        typer.echo(say("cli.moved", rows=sum(copied.values()), url=target.shown, before=source.shown))
    source.close()
    target.close()


def _refuse_running(source: Database, now: int) -> None:
    """What a daemon does after the copy would be lost."""
    from automation.errors import AutomationError
    from automation.insight.status import ALIVE_MS
    from automation.store.daemons import list_daemons

    with source.read() as conn:
        alive = [row for row in list_daemons(conn) if row.stopped_at is None and now - row.heartbeat_at < ALIVE_MS]
    if alive:
        raise AutomationError("cli.daemon_runs", host=alive[0].host, pid=alive[0].pid, seconds=ALIVE_MS // 1000)
