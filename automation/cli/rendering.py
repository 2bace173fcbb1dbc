"""`automation render`: a template as one contact would get it, on each of its channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from automation.cli.context import load_project, open_database
from automation.cli.given import event_properties
from automation.cli.given import variables as given_variables
from automation.i18n import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automation.rules.project import Project
    from automation.templating import Template


def render(
    template: Annotated[str, typer.Argument(help="Its name, as rules use it 模板名")],
    contact: Annotated[str, typer.Option("--contact", "-c", help="#id, kind:value or a value 联系人")],
    channel: Annotated[str | None, typer.Option(help="One channel; default: all 渠道")] = None,
    event: Annotated[list[str] | None, typer.Option(help="Event properties as JSON 事件属性")] = None,
    var: Annotated[list[str] | None, typer.Option(help='name=JSON, e.g. coupon={"code": "A1"} 步骤结果')] = None,
) -> None:
    """Exit code 1 when it would not be sent on one of the channels."""
    from automation.cli.content import show_content
    from automation.templating import RenderError

    project = load_project()
    templates = _templates(project, template, channel)
    properties = event_properties(project.catalogue, event or (), project)
    values = _variables(project, contact, properties, given_variables(var or ()))
    failed = False
    for found in templates:
        typer.echo(f"── {found.channel}  {found.file}")
        try:
            show_content(found.channel, found.render(values).content)
        except RenderError as error:
            failed = True
            typer.echo(say("cli.would_not_be_sent", reason=error.text()))
            if error.key == "templating.missing":
                typer.echo(say("cli.give_values"))
        typer.echo()
    raise typer.Exit(1 if failed else 0)


def _templates(project: Project, name: str, channel: str | None) -> list[Template]:
    """The template on each channel. A file with a problem is an error: it would not be sent either."""
    from automation.errors import AutomationError

    having = sorted(project.templates.channels(name))
    if not having:
        raise AutomationError("cli.no_template", name=name, known=", ".join(sorted(project.templates.names())) or "–")
    if channel is not None and channel not in having:
        raise AutomationError("cli.no_template_on", name=name, channel=channel, known=", ".join(having))
    found = []
    for each in [channel] if channel else having:
        template = project.templates.get(name, each)
        if template is None:
            raise AutomationError("cli.broken_template", name=name, channel=each)
        found.append(template)
    return found


def _variables(project: Project, contact: str, event: Mapping[str, Any], given: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a template may name, as the engine would give it."""
    from zoneinfo import ZoneInfo

    from automation.cli.naming import contact_id_of
    from automation.clock import SystemClock
    from automation.contacts.profile import load_contacts

    database = open_database(project.settings)
    with database.read() as conn:
        contact_id = contact_id_of(conn, project.catalogue, contact)
        profile = load_contacts(conn, [contact_id])[contact_id]
    database.close()
    zone = ZoneInfo(project.settings.timezone)
    now = SystemClock().now().astimezone(zone)
    rule = {"id": "preview", "name": "preview"}
    base = {"contact": profile, "event": event, "brand": project.settings.template_variables, "rule": rule}
    return {**base, "now": now, "today": now.date(), "zone": zone, **given}
