"""`automation audit`: who changed what, and whether the record of it is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from automation.cli.context import open_catalogue, open_database, open_settings
from automation.cli.masking import RevealOption, shown
from automation.cli.naming import SINCE_HELP, moment_before
from automation.cli.output import BomOption, Format, FormatOption, View, ViewOption, emit_table, emit_value
from automation.i18n import say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automation.catalogue.model import Catalogue
    from automation.insight.auditing import Verdict
    from automation.store.types import AnyRow

app = typer.Typer(help="Who changed what, and whether the record is whole 审计记录", no_args_is_help=True)
_COLUMNS = ("id", "at", "actor", "action", "subject", "detail")


@app.command("list", help="Who changed what 查看审计记录")
def list_(
    action: Annotated[str | None, typer.Option(help="An action or its first part, e.g. publication 动作")] = None,
    subject: Annotated[str | None, typer.Option(help="e.g. contact:42, publication:3 对象")] = None,
    actor: Annotated[str | None, typer.Option(help="Who 操作人")] = None,
    since: Annotated[str | None, typer.Option(help=SINCE_HELP)] = None,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many 最新若干条")] = 100,
    format_: FormatOption = Format.table,
    bom: BomOption = False,
    reveal: RevealOption = False,
) -> None:
    """Oldest first."""
    from automation.store.audit import list_audit

    settings = open_settings()
    database, catalogue = open_database(settings), open_catalogue(settings)
    moment = moment_before(since) if since else None
    with database.read() as conn:
        rows = list_audit(conn, action=action, subject=subject, actor=actor, since=moment, limit=limit)
    with shown(database, catalogue, "audit list", _people(rows), reveal=reveal, others="audit"):
        emit_table(_COLUMNS, [_shown(row, catalogue, format_) for row in rows], format_, bom=bom)
    database.close()


@app.command("verify", help="Find what was changed, taken out or put in 校验审计记录")
def verify(
    head: Annotated[str | None, typer.Option("--head", help="A head noted earlier 以前记下的链头")] = None,
    format_: ViewOption = View.text,
) -> None:
    """Exit code 1 when anything is wrong."""
    from automation.insight.auditing import verify

    database = open_database(open_settings())
    verdict = verify(database, head)
    database.close()
    if format_ is View.json:
        emit_value(verdict.as_dict())
    else:
        _print(verdict)
    raise typer.Exit(0 if verdict.ok else 1)


def _print(verdict: Verdict) -> None:
    for finding in verdict.findings:
        typer.echo(finding.sentence())
    key = "whole" if verdict.ok else "not_whole"
    typer.echo(say(f"auditing.{key}", rows=verdict.rows, count=len(verdict.findings)))
    if verdict.erased:
        typer.echo(say("auditing.erased", count=verdict.erased))
    typer.echo(say("auditing.head", head=verdict.head))


def _people(rows: Iterable[AnyRow]) -> set[int]:
    """The contacts that the rows are about."""
    named = [row.subject.partition(":") for row in rows]
    return {int(id_) for kind, _, id_ in named if kind == "contact" and id_.isdecimal()}


def _shown(row: AnyRow, catalogue: Catalogue, format_: Format) -> dict[str, Any]:
    from automation.cli.details import summary
    from automation.contacts.masking import masker

    kind, _, named = row.subject.partition(":")
    detail = row.detail if masker().revealed else _masked(row.detail, _personal(catalogue))
    return {
        **{name: getattr(row, name) for name in _COLUMNS},
        "subject": f"{kind}:{masker().personal(named)}" if kind == "address" else row.subject,
        "detail": summary(detail) if format_ is Format.table else detail,
    }


def _personal(catalogue: Catalogue) -> set[str]:
    """Below these keys stands what is somebody's."""
    fields = {name for name, field in catalogue.fields.items() if field.personal}
    return fields | set(catalogue.identity_kinds) | {"identities", "address", "value", "to_address"}


def _masked(value: Any, personal: set[str]) -> Any:
    """What was before is known to no masker of today's people, so it goes by the keys."""
    from automation.contacts.masking import masker

    if isinstance(value, dict):
        return {k: _stars(v) if k in personal else _masked(v, personal) for k, v in value.items()}
    return [_masked(item, personal) for item in value] if isinstance(value, list) else masker().value(value)


def _stars(value: Any) -> Any:
    from automation.contacts.masking import masker

    if isinstance(value, dict):
        return {key: _stars(item) for key, item in value.items()}
    return [_stars(item) for item in value] if isinstance(value, list) else masker().personal(value)
