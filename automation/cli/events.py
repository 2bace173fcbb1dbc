"""`automation ingest` and `automation quarantine`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from automation.cli.context import open_catalogue, open_database, open_engine, open_settings
from automation.cli.masking import RevealOption, shown
from automation.cli.output import NOT_ALL_TAKEN, BomOption, Format, FormatOption, emit_table, progress
from automation.i18n import say

if TYPE_CHECKING:
    from typing import BinaryIO

    from automation.engine.entry.ingest import Incoming

SHOWN = 300
"""How many characters of an item a table shows."""

quarantine = typer.Typer(help="Items that could not be taken 隔离区", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.command("ingest", help="Take events from a JSONL file, or - for standard input 导入事件")(ingest)
    app.add_typer(quarantine, name="quarantine")


def ingest(
    file: Annotated[str, typer.Argument(help="FILE.jsonl | -")],
    from_: Annotated[
        str, typer.Option("--source", help="The system they come from, where they don't say 事件来自哪个系统")
    ] = "",
) -> None:
    """Every batch is on disk before the next is read; a bad line is quarantined and stops nobody.

    Exit code 3 when something was quarantined.
    """
    from automation.engine.entry.ingest import IngestResult

    total = IngestResult()
    source = sys.stdin.buffer if file == "-" else _open(Path(file))
    with open_engine() as engine, progress(say("cli.ingesting")) as advance:
        for result in engine.ingest_all(read_lines(source, "-" if file == "-" else Path(file).name, from_)):
            total.add(result)
            advance(result.stored + result.duplicates + result.quarantined)
    source.close()
    typer.echo(
        say(
            "cli.ingested",
            total=total.stored + total.duplicates + total.quarantined,
            stored=total.stored,
            duplicates=total.duplicates,
            quarantined=total.quarantined,
            entered=total.entered,
            skipped=total.skipped,
        )
    )
    if total.quarantined:
        typer.echo(say("cli.see_quarantine"))
        raise typer.Exit(NOT_ALL_TAKEN)


def read_lines(source: BinaryIO, origin: str, system: str = "") -> Iterator[Incoming]:
    """One item per line that is not blank. Identical lines without a message_id are counted, so that all are kept."""
    from automation.engine.entry.ingest import Incoming

    seen: Counter[int] = Counter()
    for number, line in enumerate(source, start=1):
        payload = line.strip().removeprefix(b"\xef\xbb\xbf")
        if not payload:
            continue
        repeat = 0
        if b'"message_id"' not in payload:
            mark = hash(payload)
            repeat = seen[mark]
            seen[mark] += 1
        yield Incoming(payload, f"{origin}:{number}", repeat, system)


@quarantine.command("list", help="Show open items with their reasons 列出")
def list_items(
    limit: Annotated[int, typer.Option(help="At most 条数上限")] = 100,
    format_: FormatOption = Format.table,
    bom: BomOption = False,
    reveal: RevealOption = False,
) -> None:
    """The oldest first. Whose they are is not known, so everything in them that may be personal is masked."""
    from automation.cli.quarantined import as_row
    from automation.store.quarantine import list_rejected

    settings = open_settings()
    catalogue = open_catalogue(settings)
    database = open_database(settings)
    with database.read() as conn:
        found = list_rejected(conn, limit=limit)
    with shown(database, catalogue, "quarantine list", [], reveal=reveal, others="quarantine"):
        rows = [as_row(row, catalogue) for row in found]
    if format_ is Format.table:
        rows = [{**row, "item": shorten(row["item"])} for row in rows]
    emit_table(["id", "at", "origin", "reason", "item"], rows, format_, bom=bom)
    database.close()


@quarantine.command("retry", help="Take items again; what is still wrong comes back with a new id 重试")
def retry(
    ids: Annotated[list[int] | None, typer.Argument(help="ids; none: all 编号；不写则全部")] = None,
) -> None:
    """Each batch of items is taken and marked in turn; an item that was taken before is recognised.

    Exit code 3 when some are still wrong.
    """
    from automation.engine.entry.ingest import IngestResult
    from automation.store.quarantine import list_rejected, newest_rejected

    total, after = IngestResult(), 0
    with open_engine() as engine:
        with engine.database.read() as conn:
            newest = newest_rejected(conn)  # what comes back from a retry is not retried again
        while True:
            with engine.database.read() as conn:
                found = list_rejected(conn, limit=1000, after_id=after, ids=ids)
            batch = [row for row in found if row.id <= newest]
            if not batch:
                break
            total.add(engine.ingest([_again(row) for row in batch]))
            after = batch[-1].id
    taken = total.stored + total.duplicates
    typer.echo(say("cli.retried", total=taken + total.quarantined, stored=taken, still=total.quarantined))
    if total.quarantined:
        raise typer.Exit(NOT_ALL_TAKEN)


@quarantine.command("drop", help="Put items aside for good; they stay in the table 放弃")
def drop(ids: Annotated[list[int], typer.Argument(help="ids 编号")]) -> None:
    """Nothing is deleted: the items' status becomes `dropped`."""
    from automation.store.quarantine import set_rejected_status

    database = open_database(open_settings())
    with database.write() as conn:
        count = set_rejected_status(conn, ids, "dropped")
    database.close()
    typer.echo(say("cli.dropped", count=count))


def _again(row: Any) -> Incoming:
    from automation.engine.entry.ingest import Incoming

    return Incoming(row.payload, row.origin, row.repeat, row.source, row.id)


def shorten(text: str) -> str:
    """For a table: an item may be megabytes long."""
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def _open(path: Path) -> BinaryIO:
    from automation.errors import AutomationError

    try:
        return path.open("rb")
    except OSError as error:
        raise AutomationError("cli.cannot_read", file=str(path), reason=error.strerror) from None
