"""`automation messages`: the ledger, and one message as it was sent."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from automation.cli.context import open_catalogue, open_database, open_engine, open_settings
from automation.cli.masking import RevealOption, shown
from automation.cli.naming import CONTACT_HELP, SINCE_HELP, check_rule, contact_ids_of, moment_before
from automation.cli.output import (
    BomOption,
    Format,
    FormatOption,
    View,
    ViewOption,
    emit_table,
    emit_value,
    iso_time,
    local_time,
)
from automation.errors import AutomationError
from automation.i18n import say

if TYPE_CHECKING:
    from automation.cli.receipt import Receipt
    from automation.store.database import Database

app = typer.Typer(help="What was sent, and what became of it 消息", no_args_is_help=True)

ACTOR = "cli"


class Verdict(StrEnum):
    sent = "sent"
    failed = "failed"
    resend = "resend"


STATUSES = ("queued", "sending", "accepted", "failed", "unknown", "dropped")
_IN_TABLE = ("id", "queued_at", "rule", "contact", "channel", "address", "template", "status", "outcome")
_IN_DATA = (
    "id", "queued_at", "due_at", "settled_at", "rule", "run_id", "step", "contact_id", "channel", "address", "template",
    "status", "attempts", "provider", "provider_message_id", "outcome_code", "outcome_detail", "test", "actor",
)  # fmt: skip


@app.command("list", help="The newest messages 列出消息")
def list_messages(
    rule: Annotated[str | None, typer.Option(help="Rule id 规则")] = None,
    contact: Annotated[str | None, typer.Option(help=CONTACT_HELP)] = None,
    status: Annotated[str | None, typer.Option(help=" | ".join(STATUSES))] = None,
    channel: Annotated[str | None, typer.Option(help="sms | email | wechat … 渠道")] = None,
    since: Annotated[str | None, typer.Option(help=SINCE_HELP)] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many 最多条数")] = 100,
    format_: FormatOption = Format.table,
    bom: BomOption = False,
    reveal: RevealOption = False,
) -> None:
    """The newest first."""
    from automation.cli.tests_sent import marked_rule, with_tests
    from automation.store.messages import list_messages as read
    from automation.store.sought import Sought

    _check_choices(status, channel)
    settings = open_settings()
    catalogue = open_catalogue(settings)
    database = open_database(settings)
    with database.read() as conn:
        sought = Sought(
            check_rule(conn, rule) if rule else None,
            contact_ids_of(conn, catalogue, contact) if contact else None,
            status, channel, moment_before(since) if since else None, limit,
        )  # fmt: skip
        rows = with_tests(conn, read(conn, sought), sought)
    columns = _IN_TABLE if format_ is Format.table else _IN_DATA
    with shown(database, catalogue, "messages list", {row.contact_id for row in rows}, reveal=reveal):
        shaped = [_shaped(row) for row in rows]
    database.close()
    if format_ is Format.table:
        shaped = [{**one, "rule": marked_rule(row)} for one, row in zip(shaped, rows, strict=True)]
    emit_table(columns, shaped, format_, bom=bom)


@app.command("show", help="Everything known of one message 查看一条消息")
def show(
    id_: Annotated[str, typer.Argument(metavar="ID", help="12, or t12 for a test 编号，测试为 t12")],
    format_: ViewOption = View.text,
    reveal: RevealOption = False,
) -> None:
    """With its content, rendered again from the template as it was then and the values that it read.

    With --reveal it is exactly what was sent; without, personal data in it are masked.
    """
    from automation.cli.receipt import masked_receipt

    settings = open_settings()
    database = open_database(settings)
    receipt, catalogue = _receipt(database, id_), open_catalogue(settings)
    with shown(database, catalogue, "messages show", [receipt.message.contact_id], reveal=reveal):
        receipt = masked_receipt(database, catalogue, receipt)
        if format_ is View.text:
            _print(receipt)
        else:
            emit_value(_as_dict(receipt))
    database.close()


@app.command("settle", help="Say what became of an unknown message 处理结果未知的消息")
def settle(
    as_: Annotated[Verdict, typer.Option("--as", help="sent 已发出 | failed 未发出 | resend 再发一次")],
    reason: Annotated[str, typer.Option(help="For the log and the audit 原因，记入日志与审计")],
    id_: Annotated[int | None, typer.Argument(metavar="[ID]")] = None,
    all_unknown: Annotated[bool, typer.Option("--all-unknown", help="Every unknown message 全部未知消息")] = False,
    channel: Annotated[str | None, typer.Option(help="Only this channel 只限此渠道")] = None,
    older_than: Annotated[str | None, typer.Option("--older-than", help="Only what was sent before 只限更早的")] = None,
    by: Annotated[str, typer.Option("--by", help="Who says it, for the audit 操作人，记入审计")] = ACTOR,
) -> None:
    """Only messages whose status is unknown. Nothing is sent unless you say resend. Runs went on already and stay."""
    from automation.engine.delivery.by_hand import Word

    _check_choices(None, channel)
    if (id_ is None) == (not all_unknown):
        raise AutomationError("cli.settle_what")
    if id_ is not None and (channel is not None or older_than is not None):
        raise AutomationError("cli.settle_filters")
    word = Word(as_.value, reason, by)
    with open_engine() as engine:
        if id_ is not None:
            engine.by_hand.one(id_, word)
            count = 1
        else:
            before = moment_before(older_than) if older_than else None
            count = engine.by_hand.all(word, channel=channel, before=before)
    typer.echo(say(f"cli.settled_{as_.value}", count=count))


def _receipt(database: Database, id_: str) -> Receipt:
    """Of a message, or of a test."""
    from automation.cli.receipt import read_receipt
    from automation.cli.tests_sent import read_test_receipt, test_number

    test = test_number(id_)
    if test is not None:
        return read_test_receipt(database, test)
    if not id_.isdecimal():
        raise typer.BadParameter(id_, param_hint="ID")
    return read_receipt(database, int(id_))


def _check_choices(status: str | None, channel: str | None) -> None:
    from automation.channels import CHANNELS

    if status is not None and status not in STATUSES:
        raise typer.BadParameter(" | ".join(STATUSES), param_hint="--status")
    if channel is not None and channel not in CHANNELS:
        raise typer.BadParameter(" | ".join(CHANNELS), param_hint="--channel")


def _shaped(row: Any) -> dict[str, Any]:
    from automation.contacts.masking import masker

    show = masker()
    shaped = {name: getattr(row, name, None) for name in _IN_DATA}
    shaped["address"] = show.personal(row.address) if row.address else ""
    for name in ("outcome_detail", "provider_message_id"):
        shaped[name] = show.value(shaped[name])
    outcome = " ".join(filter(None, [row.outcome_code, shaped["outcome_detail"]]))
    return {**shaped, "contact": f"#{row.contact_id}", "outcome": outcome, "test": getattr(row, "test", False)}


def _as_dict(receipt: Receipt) -> dict[str, Any]:
    from automation.cli.content import as_dict
    from automation.contacts.masking import masker

    show, row = masker(), _shaped(receipt.message)
    del row["contact"], row["outcome"]
    times = {name: iso_time(value) for name, value in row.items() if name.endswith("_at")}
    history = [
        {"at": iso_time(e.at), "code": e.code, "step": e.step, "detail": show.value(e.detail)} for e in receipt.history
    ]
    content = None if receipt.content is None else as_dict(receipt.content)
    return {
        **row, **times, "template_version": receipt.message.template_version,
        "payload": show.value(receipt.message.payload), "content": content, "content_problem": receipt.problem,
        "log": history,
    }  # fmt: skip


def _print(receipt: Receipt) -> None:
    from automation.cli.content import show_content
    from automation.cli.details import summary
    from automation.cli.tests_sent import marked_rule
    from automation.reasons import Reason

    row = {**_shaped(receipt.message), "rule": marked_rule(receipt.message)}
    for name in (*_IN_DATA, "template_version"):
        value = row.get(name, getattr(receipt.message, name, None))
        if value is not None and name != "test":
            shown = local_time(value) if name.endswith("_at") else f"#{value}" if name == "contact_id" else str(value)
            typer.echo(f"{say(f'cli.column_{name}')}  {shown}")
    typer.echo(f"\n{say('cli.content')}")
    if receipt.content is not None:
        show_content(receipt.message.channel, receipt.content)
    else:
        typer.echo(receipt.problem)
    if receipt.message.payload:
        typer.echo(f"{say('cli.payload')} {summary(receipt.message.payload, 1000)}")
    if receipt.history:
        typer.echo(f"\n{say('cli.history')}")
    for entry in receipt.history:
        typer.echo(f"{local_time(entry.at)}  {Reason(entry.code).sentence()}  {summary(entry.detail)}".rstrip())
