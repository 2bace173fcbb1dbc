"""`automation send-test`: what a template or a rule would say to a contact, on the screen of somebody who tests it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from automation.cli.context import load_project, open_database
from automation.cli.masking import RevealOption, shown
from automation.cli.naming import CONTACT_HELP
from automation.cli.output import View, ViewOption, emit_value
from automation.i18n import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from automation.engine.trial.drafts import Unsent
    from automation.engine.trial.sending import Result, Tried, Wish
    from automation.rules.project import Project
    from automation.templating.content import Content


def register(app: typer.Typer) -> None:
    app.command("send-test", help="Send a template or a rule's messages to a tester 发送测试")(send_test)


def send_test(
    what: Annotated[str, typer.Argument(metavar="TEMPLATE|RULE", help="Its name; rule:NAME where both have it 名称")],
    to: Annotated[str, typer.Option("--to", help="A tester's address, e.g. me@example.com, openid:o… 测试地址")],
    as_: Annotated[str, typer.Option("--as", help=CONTACT_HELP)],
    channel: Annotated[
        str | None, typer.Option(help="sms | email | wechat | wecom …; default: the address's 渠道")
    ] = None,
    event: Annotated[Path | None, typer.Option("--event", help="A file with the event as JSON 事件文件")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="event.sku=A1, coupon.code=X 指定变量")] = None,
    by: Annotated[str | None, typer.Option("--by", help="Who sends it, for the audit 操作人，记入审计")] = None,
    format_: ViewOption = View.text,
    reveal: RevealOption = False,
) -> None:
    """Exit code 1 when a message was not sent. The tester gets it in full; here personal data are masked."""
    from automation.clock import SystemClock
    from automation.engine.trial.sending import Trial
    from automation.providers.loader import build_providers
    from automation.settings import author

    project = load_project()
    database = open_database(project.settings)
    clock = SystemClock()
    providers = build_providers(project.settings, project.registry, database, clock)
    try:
        wish = _wish(project, database, what, to, as_, channel, event, set_ or (), by or author())
        results = []
        with shown(database, project.catalogue, "send-test", [wish.contact_id], reveal=reveal):
            for result in Trial(project, database, clock, providers)(wish):
                content = _content(project, database, result)
                results.append((result, content))
                if format_ is View.text:
                    _print(result, content)
    finally:
        providers.close()
        database.close()
    if format_ is View.json:
        emit_value([_as_dict(*each) for each in results])
    raise typer.Exit(0 if all(_is_sent(result) for result, _ in results) else 1)


def _content(project: Project, database: Any, result: Result) -> Content | None:
    """What was sent, as the masker of the block lets it be seen; None where it can't be shown."""
    from automation.cli.receipt import masked_receipt
    from automation.cli.tests_sent import read_test_receipt
    from automation.engine.trial.drafts import Unsent

    if isinstance(result, Unsent):
        return None
    return masked_receipt(database, project.catalogue, read_test_receipt(database, result.id)).content


def _wish(
    project: Project, database: Any, what: str, to: str, contact: str, channel: str | None, event: Path | None,
    pairs: Sequence[str], by: str,
) -> Wish:  # fmt: skip
    from automation.cli.given import event_properties, variables
    from automation.cli.naming import contact_id_of
    from automation.engine.trial.sending import Wish
    from automation.jsontext import compact

    values = variables(pairs, "--set name=value")
    own = values.pop("event", {})
    if not isinstance(own, dict):
        raise typer.BadParameter("event.NAME=…", param_hint="--set")
    names = _event_names(project, what)
    properties = event_properties(project.catalogue, [_read(event)] if event else [], project, names)
    properties |= event_properties(project.catalogue, [compact(own)], project, names)
    with database.read() as conn:
        contact_id = contact_id_of(conn, project.catalogue, contact)
    return Wish(what, to, contact_id, by, channel, properties, values)


def _event_names(project: Project, what: str) -> Sequence[str]:
    """The events that call the rule which `what` names."""
    from automation.engine.book import load_rule
    from automation.triggers.base import EventTrigger

    specs = [spec for spec in project.checked.rules if spec.id == what.removeprefix("rule:")]
    loaded = [load_rule(spec, 0, 0, project) for spec in specs]
    return [
        name
        for rule in loaded
        if isinstance(rule.trigger, EventTrigger)
        for name in rule.trigger.names(rule.spec.trigger.params)
    ]


def _read(path: Path) -> str:
    from automation.errors import AutomationError

    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise AutomationError("cli.cannot_read", file=str(path), reason=str(error)) from None


def _print(result: Result, content: Content | None) -> None:
    from automation.cli.content import show_content
    from automation.engine.trial.drafts import Unsent

    if isinstance(result, Unsent):
        typer.echo(say("trial.status_unsent", reason=result.reason) + _place(result))
        return
    id_ = f"t{result.id}"
    typer.echo(say("trial.sent_to", id=id_, to=result.address.masked, channel=result.address.channel) + _place(result))
    if content is None:
        typer.echo(say("privacy.content_hidden"))
    else:
        show_content(result.address.channel, content, result.content)
    typer.echo(say(f"trial.status_{result.status}", **_reason(result)))
    typer.echo(say("trial.see", id=id_))


def _place(result: Tried | Unsent) -> str:
    return f"  {result.step}" if result.step else ""


def _reason(result: Tried) -> Mapping[str, str]:
    words = " ".join(filter(None, [result.outcome.code, result.outcome.detail]))
    return {} if result.status == "accepted" else {"reason": words or "–"}


def _is_sent(result: Result) -> bool:
    from automation.engine.trial.drafts import Unsent

    return not isinstance(result, Unsent) and result.status == "accepted"


def _as_dict(result: Result, content: Content | None) -> dict[str, Any]:
    from automation.cli.content import as_dict
    from automation.engine.trial.drafts import Unsent

    if isinstance(result, Unsent):
        return {"id": None, "step": result.step, "status": "unsent", "reason": result.reason}
    told = {
        "id": f"t{result.id}", "step": result.step, "template": result.template, "channel": result.address.channel,
        "to": result.address.masked, "status": result.status, "content": content and as_dict(content),
    }  # fmt: skip
    return {**told, **_reason(result)}
