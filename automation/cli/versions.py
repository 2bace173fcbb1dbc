"""`automation versions` and `diff`: what ran when, and what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from automation.cli.context import open_database, open_settings
from automation.cli.output import BomOption, Format, FormatOption, View, ViewOption, emit_table, emit_value, visible
from automation.i18n import say

if TYPE_CHECKING:
    from automation.insight.versions import Difference
    from automation.store.database import Database


def register(app: typer.Typer) -> None:
    app.command("versions", help="What ran when, by whom and why 查看版本")(versions)
    app.command("diff", help="What differs between two versions 比较版本")(diff)


def versions(
    rule: Annotated[str | None, typer.Argument(help="Only when this rule changed 只看一条规则")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many 最新若干条")] = 20,
    format_: FormatOption = Format.table,
    bom: BomOption = False,
) -> None:
    """Oldest first. With a rule: since when it ran on which version."""
    from automation.insight.versions import history, rule_versions

    database = open_database(open_settings())
    try:
        if rule is not None:
            turns = rule_versions(database, _known(database, rule), limit)
            emit_table(_OF_RULE, [_turn(turn) for turn in turns], format_, bom=bom)
            return
        rows, now = history(database, limit)
        emit_table(_HISTORY, [_shown(row, row.id in now, format_) for row in rows], format_, bom=bom)
    finally:
        database.close()


def diff(
    one: Annotated[str, typer.Argument(metavar="V1", help="A publication, a rule version, or files 旧")],
    other: Annotated[str, typer.Argument(metavar="V2", help="Likewise; files: the folder 新")],
    format_: ViewOption = View.text,
) -> None:
    """In words: which rule, which key, from what to what."""
    from automation.insight.versions import diff

    settings = open_settings()
    database = open_database(settings)
    try:
        found = diff(settings, database, one, other)
    finally:
        database.close()
    if format_ is View.json:
        emit_value(found.as_dict())
    else:
        _print_difference(found)


# ---------------------------------------------------------------- telling

_HISTORY = ("publication", "at", "kind", "author", "reason", "rules", "note")
_OF_RULE = ("publication", "at", "version", "author", "reason")


def _shown(row: Any, runs: bool, format_: Format) -> dict[str, Any]:
    from automation.contacts.share import shown_share

    restores = "canary.promotes" if row.kind == "promote" else "publishing.restores"
    notes = [say(restores, id=row.restores_id)] if row.restores_id else []
    if row.canary_share is not None:
        notes.append(say("canary.share_of", share=shown_share(row.canary_share), of=row.canary_of_id))
    notes += [say("publishing.runs_now")] if runs else []
    kind = say(f"publishing.kind_{row.kind}") if format_ is Format.table else row.kind
    return {
        "publication": row.id, "at": row.at, "kind": kind, "author": row.author, "reason": row.reason,
        "rules": len(row.rules), "note": ", ".join(notes),
    }  # fmt: skip


def _turn(turn: Any) -> dict[str, Any]:
    missing = say("publishing.rule_gone" if turn.gone else "publishing.rule_broken")
    return {
        "publication": turn.row.id, "at": turn.row.at, "version": turn.version or missing, "author": turn.row.author,
        "reason": turn.row.reason,
    }  # fmt: skip


def _known(database: Database, rule: str) -> str:
    from automation.cli.naming import check_rule

    with database.read() as conn:
        return check_rule(conn, rule)


def _print_difference(found: Difference) -> None:
    if not found:
        typer.echo(say("publishing.no_difference"))
    for change in found.rules:
        head, *keys = change.sentences()
        typer.echo(visible(head))
        for key in keys:
            typer.echo(f"  {visible(key)}")
    for file in found.files:
        typer.echo(visible(file.sentence()))
        for line in (*(key.sentence() for key in file.keys), *file.lines):
            typer.echo(f"  {visible(line)}")
