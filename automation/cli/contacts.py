"""`automation contacts`: people in, people out, one person seen, and what they allow."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer

from automation.cli.contact_import import import_
from automation.cli.context import open_catalogue, open_database, open_settings, project_zone, raw_csv
from automation.cli.masking import RevealOption, shown, told_to_the_audit
from automation.cli.naming import CONTACT_HELP, contact_id_of, moment_after, moment_before
from automation.cli.output import (
    BomOption,
    Format,
    FormatOption,
    View,
    ViewOption,
    emit_table,
    emit_value,
    local_time,
)
from automation.i18n import say

if TYPE_CHECKING:
    from automation.contacts.recasting import Mistyped
    from automation.store.problems import Problem

app = typer.Typer(help="People: import, export, consent 联系人", no_args_is_help=True)
app.command("import", help="Import a .csv or .jsonl file 导入联系人")(import_)

ACTOR = "cli"
_Contact = Annotated[str, typer.Argument(metavar="CONTACT", help=CONTACT_HELP)]
_Channel = Annotated[str, typer.Option(help="A channel, or * for all 渠道")]


@app.command("show", help="Everything known of one person 查看一位联系人")
def show(
    contact: _Contact,
    format_: ViewOption = View.text,
    reveal: RevealOption = False,
) -> None:
    """Personal data are masked unless --reveal is given, which is audited."""
    from automation.cli.person import as_dict, print_person
    from automation.contacts.view import contact_view

    settings = open_settings()
    catalogue = open_catalogue(settings)
    database = open_database(settings)
    with database.read() as conn:
        view = contact_view(conn, catalogue, contact_id_of(conn, catalogue, contact))
    with shown(database, catalogue, "contacts show", [view.id], reveal=reveal):
        if format_ is View.text:
            print_person(view, catalogue)
        else:
            emit_value(as_dict(view, catalogue))
    database.close()


@app.command("export", help="All people, as the import reads them 导出联系人")
def export(
    format_: Annotated[str, typer.Option("--format", help="csv | jsonl 输出格式")] = "csv",
    out: Annotated[Path | None, typer.Option("--out", "-o", help="A file; default: standard output 输出文件")] = None,
) -> None:
    """Identities, attributes, tags and consents, in full; audited. With --raw-csv, cells as they are, for machines."""
    from automation.contacts.exporting import export_contacts
    from automation.errors import AutomationError

    if format_ not in ("csv", "jsonl"):
        raise typer.BadParameter("csv | jsonl", param_hint="--format")
    fmt = cast('Literal["csv", "jsonl"]', format_)
    settings = open_settings()
    catalogue = open_catalogue(settings)
    database = open_database(settings)
    told_to_the_audit(database, f"contacts export --format {fmt}", [], "contacts", "contacts.exported")
    if out is None:
        export_contacts(database, catalogue, sys.stdout, fmt, raw=raw_csv())
    else:
        try:
            with out.open("w", encoding="utf-8", newline="") as file:
                count = export_contacts(database, catalogue, file, fmt, raw=raw_csv())
        except OSError as error:
            raise AutomationError("cli.cannot_write", file=str(out), reason=error.strerror) from None
        typer.echo(say("cli.exported", count=count, file=str(out)))
    database.close()


@app.command("consent", help="Record a yes or a no 记录同意或拒绝")
def consent(
    contact: _Contact,
    purpose: Annotated[str, typer.Argument(help="e.g. marketing 用途")],
    channel: Annotated[str, typer.Argument(help="A channel, or * for all 渠道")],
    state: Annotated[str, typer.Argument(metavar="granted|denied")],
    given: Annotated[
        str | None, typer.Option("--at", help="When the person said so; without it, now 本人答复的时间，不写为现在")
    ] = None,
) -> None:
    """The newest answer counts; a yes that was given before a no is refused. The change leaves an audit row."""
    from automation.contacts.consent import ConsentChange, record_answers
    from automation.errors import AutomationError
    from automation.store.consent import read_consents

    open_settings()  # its zone says what a date means
    at = moment_before(given) if given else None

    def change(conn: Any, contact_id: int, now: int) -> int:
        row = ConsentChange(contact_id, purpose, channel, state, ACTOR, now if at is None else at, now)
        done = record_answers(conn, [row], actor=ACTOR)
        if done.overruled:
            rows = read_consents(conn, [contact_id])[contact_id]
            stands = max((one.changed_at for one in rows.values() if one.state == "denied"), default=now)
            raise AutomationError("cli.no_stands", contact=f"#{contact_id}", at=local_time(stands))
        return len(done.written)

    _change(contact, change, "cli.consent_set", purpose=purpose, channel=channel, state=state)


@app.command("suppress", help="Send this person nothing 加入禁发名单")
def suppress(
    contact: _Contact,
    channel: _Channel = "*",
    reason: Annotated[str, typer.Option(help="Why 原因")] = "manual",
    until: Annotated[str | None, typer.Option(help="A duration or a date; without it, for ever 到何时")] = None,
) -> None:
    """On one channel or on all, for a while or for ever."""
    from automation.contacts.suppression import Suppression
    from automation.contacts.suppression import suppress as put

    open_settings()  # its zone says what a date means
    end = moment_after(until) if until else None

    def change(conn: Any, contact_id: int, now: int) -> int:
        return put(conn, [Suppression(reason, contact_id, channel=channel, until_ms=end)], now, actor=ACTOR)

    _change(contact, change, "cli.suppressed", channel=channel, until=local_time(end) if end else say("cli.for_ever"))


@app.command("lift", help="Take this person off the list 移出禁发名单")
def lift(
    contact: _Contact,
    channel: Annotated[str | None, typer.Option(help="Only this channel's entry 仅此渠道")] = None,
    reason: Annotated[str, typer.Option(help="Why 原因")] = "manual",
    erased: Annotated[
        bool, typer.Option("--erased", help="Also what an erasure left on their addresses 连同删除个人信息时留下的禁发")
    ] = False,
) -> None:
    """Suppressions of the person; those of an address alone stay, but with --erased what an erasure left on theirs."""
    from automation.contacts.suppression import lift as take
    from automation.contacts.suppression import lift_erased

    def change(conn: Any, contact_id: int, now: int) -> int:
        lifted = take(conn, now, actor=ACTOR, reason=reason, contact_id=contact_id, channel=channel)
        return lifted + (lift_erased(conn, now, contact_id, actor=ACTOR, reason=reason) if erased else 0)

    _change(contact, change, "cli.lifted")


@app.command("problems", help="Whom wrong data hold back, and how to fix it 列出资料有误的联系人")
def problems(
    channel: Annotated[str | None, typer.Option(help="Only this channel 仅此渠道")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many 最多条数")] = 100,
    format_: FormatOption = Format.table,
    bom: BomOption = False,
    reveal: RevealOption = False,
) -> None:
    """What holds people back, the newest first; then identities that are nobody's, doubled or of several people; then
    values of another type than the catalogue says."""
    from automation.cli.contact_merges import suspect_row
    from automation.contacts.recasting import mistyped
    from automation.contacts.suspects import suspects
    from automation.store.problems import list_problems

    _check_channel(channel)
    settings = open_settings()
    database = open_database(settings)
    catalogue = open_catalogue(settings)
    with database.read() as conn:
        found = list_problems(conn, channel=channel, limit=limit)
        doubtful = suspects(conn, catalogue, limit) if channel is None else []
        wrong = mistyped(conn, catalogue, project_zone(), limit) if channel is None else []
    ids = {one.contact_id for one in found} | {one.contact_id for one in doubtful}
    ids |= {one.contact_id for one in wrong}
    with shown(database, catalogue, "contacts problems", ids, reveal=reveal):
        rows = [*map(_problem, found), *map(suspect_row, doubtful), *map(_mistyped, wrong)]
    database.close()
    emit_table(("contact_id", "channel", "problem", "value", "since_at", "remedy"), rows, format_, bom=bom)


@app.command("retry", help="Forget a person's problems and try again 忘记资料问题，重新尝试")
def retry(
    contact: _Contact, channel: Annotated[str | None, typer.Option(help="Only this channel 仅此渠道")] = None
) -> None:
    """For an address that a provider refused and that is right after all; the change leaves an audit row."""
    from automation.store.audit import AuditRow, subject_of, write_audit
    from automation.store.problems import clear_problems, load_problems

    _check_channel(channel)

    def change(conn: Any, contact_id: int, now: int) -> int:
        known = load_problems(conn, [contact_id]).values()
        gone = [one for one in known if channel in (None, one.channel)]
        clear_problems(conn, {(one.contact_id, one.channel, one.value) for one in gone})
        told = [{"channel": one.channel, "code": one.code, "value": one.value} for one in gone]
        write_audit(conn, [AuditRow(now, ACTOR, "contact.retry", subject_of(contact_id), one) for one in told])
        return len(gone)

    _change(contact, change, "cli.problems_forgotten")


@app.command("recast", help="Stored values to the catalogue's types 按目录转换已存的值")
def recast(
    field: Annotated[str | None, typer.Argument(metavar="FIELD", help="Only this field 仅此字段")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count only, change nothing 只统计不修改")] = False,
    drop: Annotated[bool, typer.Option("--drop", help="Remove what can't be read 删除无法转换的值")] = False,
) -> None:
    """What can't be read stays, and counts as no value, unless --drop is given. Each change leaves an audit row."""
    from automation.catalogue.nearest import offer
    from automation.clock import SystemClock, to_ms
    from automation.contacts.recasting import recast as bring
    from automation.errors import AutomationError

    settings = open_settings()
    catalogue = open_catalogue(settings, strict=True)
    if field is not None and field not in catalogue.fields:
        raise AutomationError("cli.no_field", **offer(field, catalogue.fields))
    database = open_database(settings)
    now = to_ms(SystemClock().now())
    done = bring(database, catalogue, project_zone(), now, only=field, drop=drop, dry_run=dry_run)
    database.close()
    counts = {"found": done.found, "changed": done.changed, "dropped": done.dropped, "left": done.left}
    typer.echo(say("cli.recast", **counts))
    if dry_run:
        typer.echo(say("cli.dry_run"))


def _mistyped(one: Mistyped) -> dict[str, Any]:
    from automation.catalogue.values import quoted
    from automation.contacts.masking import masker

    show = masker()
    value = show.personal(quoted(one.value)) if one.field.personal else show.text(quoted(one.value))
    told = say("cli.problem_type", field=one.field.name, type=one.field.type.value)
    key = "cli.remedy_type" if one.becomes is not None else "cli.remedy_type_by_hand"
    return {"contact_id": one.contact_id, "channel": "", "problem": told, "value": value, "since_at": None,
            "remedy": say(key, field=one.field.name)}  # fmt: skip


def _problem(one: Problem) -> dict[str, Any]:
    from automation.contacts.masking import masker
    from automation.store.problems import QUIET_FIELDS

    known = one.code if one.code in ("address", *QUIET_FIELDS) else "provider"
    value = one.value if known in QUIET_FIELDS else masker().personal(one.value)
    told = say(f"cli.problem_{known}", code=one.code)
    remedy = say(f"cli.remedy_{known}", contact=one.contact_id)
    return {"contact_id": one.contact_id, "channel": one.channel, "problem": told, "value": value, "since_at": one.at,
            "remedy": remedy}  # fmt: skip


def _check_channel(channel: str | None) -> None:
    from automation.channels import CHANNELS

    if channel is not None and channel not in ("*", *CHANNELS):
        raise typer.BadParameter(" | ".join(["*", *CHANNELS]), param_hint="--channel")


def _change(contact: str, change: Any, key: str, **params: Any) -> None:
    """Find the person and change something in one transaction; say whether anything changed."""
    from automation.clock import SystemClock, to_ms

    settings = open_settings()
    catalogue = open_catalogue(settings)
    database = open_database(settings)
    with database.write() as conn:
        contact_id = contact_id_of(conn, catalogue, contact)
        count = change(conn, contact_id, to_ms(SystemClock().now()))
    database.close()
    typer.echo(say(key if count else "cli.unchanged", contact=f"#{contact_id}", count=count, **params))
