"""`automation coupons`: codes for pools, and how the batches stand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from automation.cli.context import open_catalogue, open_database, open_settings, raw_csv
from automation.cli.output import BomOption, Format, FormatOption, emit_table
from automation.i18n import say

if TYPE_CHECKING:
    from collections.abc import Iterator

app = typer.Typer(help="Coupon batches and codes 券批次与券码", no_args_is_help=True)


@app.command("import", help="Add codes to a pool 导入券码")
def import_(
    batch: Annotated[str, typer.Argument(help="The batch's key in the catalogue 券批次")],
    file: Annotated[Path, typer.Argument(help="One code per line, or CSV with a column `code` 券码文件")],
) -> None:
    """All or nothing; codes that are there already are counted, not doubled."""
    from automation.clock import SystemClock, to_ms
    from automation.store.coupons import import_codes, stock, sync_batches

    settings = open_settings()
    catalogue = open_catalogue(settings, strict=True)
    database = open_database(settings)
    with database.write() as conn:
        sync_batches(conn, catalogue, to_ms(SystemClock().now()))
        added, known = import_codes(conn, batch, _codes(file))
        left = next(row.left for row in stock(conn) if row.key == batch)
    database.close()
    typer.echo(say("cli.codes_imported", total=added + known, added=added, known=known, batch=batch, left=left))


@app.command("list", help="Stock and issued codes of each batch 库存与已发")
def list_batches(format_: FormatOption = Format.table, bom: BomOption = False) -> None:
    """Batches of the catalogue, and those that once were in it. `left` is empty where there is no limit."""
    from automation.clock import SystemClock, to_ms
    from automation.store.coupons import stock, sync_batches

    settings = open_settings()
    catalogue = open_catalogue(settings, strict=True)
    database = open_database(settings)
    with database.write() as conn:
        sync_batches(conn, catalogue, to_ms(SystemClock().now()))
        found = stock(conn)
    database.close()
    rows = [
        {"batch": row.key, "label": catalogue.coupons[row.key].label.get() if row.key in catalogue.coupons else "",
         "kind": row.kind, "issued": row.issued, "left": row.left}
        for row in found
    ]  # fmt: skip
    emit_table(("batch", "label", "kind", "issued", "left"), rows, format_, bom=bom)


def _codes(file: Path) -> Iterator[str]:
    """The codes of a file, without blank lines."""
    from automation import csvfiles
    from automation.errors import AutomationError

    found = csvfiles.survey(file, raw=raw_csv(), headless=True)
    names = [name.lower() for name in found.columns]
    if "code" not in names and len(names) > 1:
        raise AutomationError("cli.no_code_column", file=file.name, columns=", ".join(found.columns))
    if "code" not in names:
        yield found.columns[0]
    column = names.index("code") if "code" in names else 0
    for row in csvfiles.read_rows(found):
        if row.problem is not None:
            raise AutomationError("cli.bad_line", file=file.name, line=row.line, reason=row.problem.text())
        code = row.cells[column].strip() if found.raw else csvfiles.read_cell(row.cells[column])
        if code:
            yield code
