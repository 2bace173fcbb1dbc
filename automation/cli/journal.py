"""`automation log`: the execution log, filtered, once or as it grows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from automation.cli.context import open_catalogue, open_database, open_settings
from automation.cli.details import summary
from automation.cli.masking import RevealOption, shown
from automation.cli.naming import CONTACT_HELP, SINCE_HELP, check_reason, check_rule, contact_ids_of, moment_before
from automation.cli.output import BomOption, Format, FormatOption, csv_line, emit_table, iso_time, local_time, to_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from automation.catalogue.model import Catalogue
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
    reveal: RevealOption = False,
) -> None:
    """Oldest first. With --follow, JSON is one object a line."""
    settings = open_settings()
    catalogue = open_catalogue(settings)
    database = open_database(settings)
    with database.read() as conn:
        filters: dict[str, Any] = {
            "rule_key": check_rule(conn, rule) if rule else None,
            "contact_ids": contact_ids_of(conn, catalogue, contact) if contact else None,
            "since": moment_before(since) if since else None,
            "code": check_reason(reason) if reason else None,
        }
    try:
        _print_log(_Source(database, catalogue, filters, format_, reveal), limit, bom=bom, follow=follow)
    finally:
        database.close()


class _Source(NamedTuple):
    database: Database
    catalogue: Catalogue
    filters: dict[str, Any]
    format: Format
    reveal: bool

    def read(self, **how: Any) -> list[AnyRow]:
        from automation.store.log import read_log

        with self.database.read() as conn:
            return read_log(conn, **self.filters, **how)

    def shaped(self, rows: list[AnyRow]) -> Iterator[dict[str, Any]]:
        """As they are printed, portion by portion, each masked by what is known of its people."""
        for start in range(0, len(rows), _BATCH):
            portion = rows[start : start + _BATCH]
            ids = {row.contact_id for row in portion if row.contact_id is not None}
            with shown(self.database, self.catalogue, "log", ids, reveal=self.reveal):
                yield from [_shaped(row, self.format) for row in portion]


def _print_log(source: _Source, limit: int, *, bom: bool, follow: bool) -> None:
    rows, format_ = source.read(limit=limit), source.format
    if not follow:
        columns = _IN_TABLE if format_ is Format.table else _IN_DATA
        emit_table(columns, source.shaped(rows), format_, bom=bom)
        return
    if format_ is Format.csv:
        typer.echo(csv_line(_IN_DATA))
    try:
        for row in _followed(source, rows):
            typer.echo(_line(row, format_))
    except KeyboardInterrupt:
        return


def _followed(source: _Source, rows: list[AnyRow]) -> Iterator[dict[str, Any]]:
    """These rows, then each that comes."""
    last = 0
    while True:
        if rows:
            yield from source.shaped(rows)
            last = rows[-1].id
        if len(rows) < _BATCH:
            time.sleep(POLL_SECONDS)
        rows = source.read(after_id=last, limit=_BATCH, newest=False)


def _shaped(row: AnyRow, format_: Format) -> dict[str, Any]:
    from automation.contacts.masking import masker

    if format_ is Format.table:
        return {
            "at": row.at, "rule": row.rule or "", "contact": f"#{row.contact_id}" if row.contact_id else "",
            "reason": _sentence(row.code), "step": _short(row.step, row.rule), "detail": summary(row.detail),
        }  # fmt: skip
    told = {"reason": _sentence(row.code), "detail": masker().value(row.detail)}
    return {**{name: getattr(row, name, None) for name in _IN_DATA}, **told}


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
