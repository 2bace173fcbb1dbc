"""A person's rights: `automation contacts export-data` and `automation contacts erase`; and `automation prune`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from automation.cli.context import open_catalogue, open_database, open_running, open_settings
from automation.cli.masking import told_to_the_audit
from automation.cli.naming import CONTACT_HELP, contact_id_of
from automation.cli.output import BomOption, Format, FormatOption, emit_table, emit_value, local_time, progress
from automation.i18n import say

if TYPE_CHECKING:
    from collections.abc import Iterable

_PRUNED = ("what", "before", "rows")
_Contact = Annotated[str, typer.Argument(metavar="CONTACT", help=CONTACT_HELP)]


def register(app: typer.Typer, contacts: typer.Typer) -> None:
    contacts.command("export-data", help="Everything known of one person, as JSON; audited 导出一个人的全部数据")(
        export_data
    )
    contacts.command("erase", help="Erase a person's data for good; audited 删除一个人的个人信息")(erase)
    app.command("prune", help="Remove what is older than the settings keep 按保留期清理")(prune)


def export_data(
    contact: _Contact,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file; default: standard output 输出文件")
    ] = None,
) -> None:
    """In full: who got it is in the audit before the first byte is written."""
    from zoneinfo import ZoneInfo

    from automation.clock import SystemClock
    from automation.insight.dossier import dossier

    settings = open_settings()
    catalogue = open_catalogue(settings)
    database = open_database(settings)
    with database.read() as conn:
        contact_id = contact_id_of(conn, catalogue, contact)
    told_to_the_audit(database, "contacts export-data", [contact_id], action="contact.exported")
    pieces = dossier(database, catalogue, contact_id, SystemClock().now(), ZoneInfo(settings.timezone))
    if output is None:
        for piece in pieces:
            sys.stdout.write(piece)
    else:
        _write(output, pieces)
        typer.echo(say("privacy.exported", contact=contact_id, file=str(output)))
    database.close()


def erase(
    contact: _Contact,
    yes: Annotated[bool, typer.Option("--yes", help="Really 确认删除")] = False,
    reason: Annotated[str, typer.Option(help="For the audit; without personal data 原因，记入审计，勿含个人信息")] = "",
    by: Annotated[str | None, typer.Option("--by", help="Who asks for it, for the audit 操作人，记入审计")] = None,
) -> None:
    """One transaction: all of it, or nothing. The ledger stays with the contact's number, so every sum stays."""
    from automation.clock import SystemClock, to_ms
    from automation.contacts.erasing import erase as forget
    from automation.errors import AutomationError
    from automation.settings import author

    settings = open_settings()
    catalogue = open_catalogue(settings, strict=True)
    database = open_database(settings)
    with database.read() as conn:
        contact_id = contact_id_of(conn, catalogue, contact)
    if not yes:
        raise AutomationError("privacy.not_confirmed", contact=contact_id)
    now = to_ms(SystemClock().now())
    with progress(say("privacy.looking")) as advance:
        done = forget(database, catalogue, contact_id, now, actor=by or author(), reason=reason, tell=advance)
    database.close()
    counts = {name: done.counts[name] for name in ("runs", "events", "mentions")}
    typer.echo(say("privacy.erased", contact=done.contact_id, **counts))
    typer.echo(say("privacy.outside"))


def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count only 只统计不清理")] = False,
    format_: FormatOption = Format.table,
    bom: BomOption = False,
) -> None:
    """In short transactions over ranges of ids, so that nobody waits; what is still needed stays."""
    from automation.clock import SystemClock
    from automation.engine.retention import Pruning
    from automation.settings import author

    if not open_settings().retention.chosen:
        typer.echo(say("privacy.no_retention"), err=format_ is not Format.table)
        if format_ is not Format.table:
            emit_table(_PRUNED, [], format_, bom=bom)
        return
    project, database = open_running()
    with progress(say("privacy.pruning")) as advance:
        found = Pruning(database, project, SystemClock()).run(dry_run=dry_run, actor=author(), tell=advance)
    database.close()
    if format_ is Format.json:
        emit_value([_pruned(one.what, one.before, one.rows) for one in found])
        return
    if format_ is Format.csv:
        rows = [_pruned(one.what, one.before, one.rows) for one in found]
        emit_table(_PRUNED, rows, format_, bom=bom)
        return
    rows = [
        {"what": say(f"privacy.what_{one.what}"), "before": local_time(one.before), "count": one.rows} for one in found
    ]
    emit_table(("what", "before", "count"), rows)
    if dry_run:
        typer.echo(say("privacy.dry_run"))


def _pruned(what: str, before: int, rows: int) -> dict[str, Any]:
    from automation.cli.output import iso_time

    return {"what": what, "before": iso_time(before), "rows": rows}


def _write(path: Path, pieces: Iterable[str]) -> None:
    from automation.errors import AutomationError

    try:
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(pieces)
    except OSError as error:
        raise AutomationError("cli.cannot_write", file=str(path), reason=error.strerror) from None
