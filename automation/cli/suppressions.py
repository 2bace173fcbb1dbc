"""`automation suppressions`: who is sent nothing, as a list: seen, taken out, brought in, and addresses let off it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer

from automation.cli.context import open_catalogue, open_database, open_settings, raw_csv
from automation.cli.masking import RevealOption, shown, told_to_the_audit
from automation.cli.naming import moment_after
from automation.cli.output import NOT_ALL_TAKEN, BomOption, Format, FormatOption, emit_table, visible
from automation.i18n import say

if TYPE_CHECKING:
    from automation.store.suppression import SuppressionRow

app = typer.Typer(help="The suppression list: who is sent nothing 禁发名单", no_args_is_help=True)

ACTOR = "cli"
_COLUMNS = ("contact_id", "address", "channel", "reason", "source", "since_at", "until_at")
_Channel = Annotated[str | None, typer.Option(help="A channel, or * for all 渠道")]


@app.command("list", help="Who is sent nothing, why, and since when 列出禁发名单")
def list_(
    channel: _Channel = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many 最多条数")] = 1000,
    format_: FormatOption = Format.table,
    bom: BomOption = False,
    reveal: RevealOption = False,
) -> None:
    """The oldest first; entries that have ended are not listed."""
    from itertools import product

    from automation.clock import SystemClock, to_ms
    from automation.store.identities import holders
    from automation.store.suppression import page_of_suppressions

    _check_channel(channel)
    settings = open_settings()
    catalogue, database = open_catalogue(settings), open_database(settings)
    with database.read() as conn:
        found = page_of_suppressions(conn, to_ms(SystemClock().now()), channel=channel, limit=limit)
        ids = {row.contact_id for row in found if row.contact_id is not None}
        pairs = product(catalogue.identity_kinds, {row.address for row in found if row.address})
        ids |= set(holders(conn, pairs).values())  # whose addresses they are: a reason may name them
    with shown(database, catalogue, "suppressions list", ids, reveal=reveal, others="suppressions"):
        rows = [_row(row) for row in found]
    database.close()
    emit_table(_COLUMNS, rows, format_, bom=bom)


@app.command("export", help="The list as the import reads it 导出禁发名单")
def export(
    format_: Annotated[str, typer.Option("--format", help="csv | jsonl 输出格式")] = "csv",
    out: Annotated[Path | None, typer.Option("--out", "-o", help="A file; default: standard output 输出文件")] = None,
) -> None:
    """In full, with reason and source; audited. What an erasure left stays: it is a hash."""
    from automation.clock import SystemClock, to_ms
    from automation.contacts.suppression_export import export_suppressions
    from automation.errors import AutomationError

    if format_ not in ("csv", "jsonl"):
        raise typer.BadParameter("csv | jsonl", param_hint="--format")
    fmt, now = cast('Literal["csv", "jsonl"]', format_), to_ms(SystemClock().now())
    database = open_database(open_settings())
    told_to_the_audit(database, f"suppressions export --format {fmt}", [], "suppressions", "suppressions.exported")
    if out is None:
        _, left = export_suppressions(database, sys.stdout, fmt, now, raw=raw_csv())
    else:
        try:
            with out.open("w", encoding="utf-8", newline="") as file:
                count, left = export_suppressions(database, file, fmt, now, raw=raw_csv())
        except OSError as error:
            raise AutomationError("cli.cannot_write", file=str(out), reason=error.strerror) from None
        typer.echo(say("cli.list_exported", count=count, file=str(out)))
    if left:
        typer.echo(say("cli.list_left_behind", count=left), err=True)
    database.close()


@app.command("import", help="Add a do-not-contact list, .csv or .jsonl 导入禁发名单")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    map_: Annotated[
        list[str] | None, typer.Option("--map", metavar="KEY=COLUMN", help="e.g. phone=号码 指定列")
    ] = None,
    skip: Annotated[list[str] | None, typer.Option(metavar="COLUMN", help="Leave a column out 不导入此列")] = None,
    unknown: Annotated[str, typer.Option(help="Columns nobody knows: stop | ignore 不认识的列如何处理")] = "stop",
    channel: _Channel = None,
    reason: Annotated[str, typer.Option(help="Where a row gives none 默认原因")] = "do-not-contact list",
    until: Annotated[str | None, typer.Option(help="Where a row gives none: a duration or a date 默认到何时")] = None,
    rejects: Annotated[Path | None, typer.Option(help="Where wrong rows go 被拒行写入的文件")] = None,
) -> None:
    """Nothing is taken off by it. People whom a list names and nobody knows are kept, so that they are sent nothing.

    Exit code 3 when something was not taken.
    """
    from zoneinfo import ZoneInfo

    from automation.cli.contact_import import mapping_of
    from automation.clock import SystemClock
    from automation.contacts.reading import survey
    from automation.contacts.suppression_import import Defaults, import_suppressions, understood

    _check_channel(channel)
    if unknown not in ("stop", "ignore"):
        raise typer.BadParameter("stop | ignore", param_hint="--unknown")
    settings = open_settings()
    catalogue = open_catalogue(settings, strict=True)
    defaults = Defaults(channel, reason, moment_after(until) if until else None)
    found = survey(file, raw=raw_csv())
    columns = understood(catalogue, found, mapping_of(map_ or ()), skip or (), cast("Any", unknown))
    for column, key in columns.items():
        typer.echo(f"  {visible(column)} → {key or say('cli.column_left_out')}")
    database = open_database(settings)
    report = import_suppressions(
        database, catalogue, found, columns, defaults, zone=ZoneInfo(settings.timezone), clock=SystemClock(),
        rejects=rejects,
    )  # fmt: skip
    database.close()
    counts = {name: getattr(report, name) for name in ("read", "listed", "ended", "rejected", "added", "created")}
    typer.echo(say("cli.list_imported", **counts))
    if report.left_out:
        typer.echo(say("cli.list_left_out", fields=report.left_out))
    if report.rejects_file is not None:
        typer.echo(say("cli.see_rejects", file=str(report.rejects_file)))
        raise typer.Exit(NOT_ALL_TAKEN)


@app.command("lift", help="Take an address off the list 将地址移出禁发名单")
def lift(
    address: Annotated[str, typer.Argument(help="kind:value, e.g. phone:13800138000 地址")],
    channel: Annotated[str | None, typer.Option(help="Only this channel's entry 仅此渠道")] = None,
    reason: Annotated[str, typer.Option(help="Why 原因")] = "manual",
) -> None:
    """For people as a whole there is `contacts lift`, also for what an erasure left (--erased). Audited."""
    from automation.clock import SystemClock, to_ms
    from automation.contacts.identity import normalise_identity
    from automation.contacts.suppression import lift as take

    _check_channel(channel)
    settings = open_settings()
    catalogue = open_catalogue(settings)
    kind, colon, value = address.partition(":")
    if not colon:
        kind, value = ("email" if "@" in address else "phone"), address
    normal = normalise_identity(kind, value, catalogue.country)
    database = open_database(settings)
    with database.write() as conn:
        now = to_ms(SystemClock().now())
        count = take(conn, now, actor=ACTOR, reason=reason, address=normal, channel=channel, keep_erased=True)
    database.close()
    typer.echo(say("cli.address_lifted", address=normal, count=count))


def _row(row: SuppressionRow) -> dict[str, Any]:
    from automation.contacts.masking import masker

    show = masker()
    return {
        "contact_id": row.contact_id, "address": show.personal(row.address), "channel": row.channel,
        "reason": show.text(row.reason), "source": show.text(row.source), "since_at": row.created_at,
        "until_at": row.until,
    }  # fmt: skip


def _check_channel(channel: str | None) -> None:
    from automation.channels import CHANNELS

    if channel is not None and channel not in ("*", *CHANNELS):
        raise typer.BadParameter(" | ".join(["*", *CHANNELS]), param_hint="--channel")
