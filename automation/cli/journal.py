"""`automation log`: the execution log, filtered, once or as it grows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from automation.cli.context import open_catalogue, open_database, open_settings
from automation.cli.details import masked, summary
from automation.cli.naming import CONTACT_HELP, SINCE_HELP, check_reason, check_rule, contact_ids_of, moment_before
from automation.cli.output import BomOption, Format, FormatOption, csv_line, emit_table, iso_time, local_time, to_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from automation.store.database import Database
    from automation.store.types import AnyRow

POLL_SECONDS = 0.5
_BATCH = 1000
_IN_TABLE = ("at", "rule", "contact", "reason", "step", "detail")
_IN_DATA = (
    "id", "at", "code", "reason", "rule", "version", "contact_id", "run_id", "event_id", "message_id", "step", "detail",
)  # fmt: skip


def log(
    rule: Annotated[str | None, typer.Option(help="Rule id 规则")] = None,
    contact: Annotated[str | None, typer.Option(help=CONTACT_HELP)] = None,
    since: Annotated[str | None, typer.Option(help=SINCE_HELP)] = None,
    reason: Annotated[str | None, typer.Option(help="A code or its first part, e.g. skipped 原因代码")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many 最新若干条")] = 100,
    format_: FormatOption = Format.table,
    bom: BomOption = False,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Wait for more, until Ctrl-C 持续输出")] = False,
    reveal: Annotated[bool, typer.Option("--reveal", help="Show identities in full 显示完整身份")] = False,
) -> None:
    """Oldest first. With --follow, JSON is one object a line."""
    settings = open_settings()
    database = open_database(settings)
    with database.read() as conn:
        filters: dict[str, Any] = {
            "rule_key": check_rule(conn, rule) if rule else None,
            "contact_ids": contact_ids_of(conn, open_catalogue(settings), contact) if contact else None,
            "since": moment_before(since) if since else None,
            "code": check_reason(reason) if reason else None,
        }
    try:
        _print_log(database, filters, limit, format_, bom=bom, follow=follow, reveal=reveal)
    finally:
        database.close()


def _print_log(
    database: Database, filters: dict[str, Any], limit: int, format_: Format, *, bom: bool, follow: bool, reveal: bool
) -> None:
    from automation.store.log import read_log

    with database.read() as conn:
        rows = read_log(conn, **filters, limit=limit)
    if not follow:
        columns = _IN_TABLE if format_ is Format.table else _IN_DATA
        emit_table(columns, [_shaped(row, format_, reveal) for row in rows], format_, bom=bom)
        return
    if format_ is Format.csv:
        typer.echo(csv_line(_IN_DATA))
    try:
        for row in _followed(database, filters, rows):
            typer.echo(_line(_shaped(row, format_, reveal), format_))
    except KeyboardInterrupt:
        return


def _followed(database: Database, filters: dict[str, Any], rows: list[AnyRow]) -> Iterator[AnyRow]:
    """These rows, then each that comes."""
    from automation.store.log import read_log

    last = 0
    while True:
        for row in rows:
            yield row
            last = row.id
        if len(rows) < _BATCH:
            time.sleep(POLL_SECONDS)
        with database.read() as conn:
            rows = read_log(conn, **filters, after_id=last, limit=_BATCH, newest=False)


def _shaped(row: AnyRow, format_: Format, reveal: bool) -> dict[str, Any]:
    detail = row.detail if reveal else masked(row.detail)
    if format_ is Format.table:
        return {
            "at": row.at, "rule": row.rule or "", "contact": f"#{row.contact_id}" if row.contact_id else "",
            "reason": _sentence(row.code), "step": _short(row.step, row.rule), "detail": summary(detail),
        }  # fmt: skip
    return {**{name: getattr(row, name, None) for name in _IN_DATA}, "reason": _sentence(row.code), "detail": detail}


def _sentence(code: str) -> str:
    """A code that this version doesn't know is shown as it is."""
    from automation.reasons import Reason

    return Reason(code).sentence() if code in Reason.__members__.values() else code


def _short(step: str | None, rule: str | None) -> str:
    """The path without the rule, which stands beside it."""
    return (step or "").removeprefix(f"rules/{rule}/")


def _line(row: dict[str, Any], format_: Format) -> str:
    """One row by itself."""
    if format_ is Format.table:
        return "  ".join(part for part in (local_time(row["at"]), *list(row.values())[1:]) if part)
    row = {**row, "at": iso_time(row["at"])}
    return to_json(row) if format_ is Format.json else csv_line(row.values())
