"""`automation render`: a template as one contact would get it, on each of its channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from automation.cli.context import load_project, open_database
from automation.cli.given import event_properties
from automation.cli.given import variables as given_variables
from automation.cli.masking import RevealOption, shown
from automation.i18n import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automation.rules.project import Project
    from automation.templating import Template
    from automation.templating.content import Content


def render(
    template: Annotated[str, typer.Argument(help="Its name, as rules use it 模板名")],
    contact: Annotated[str, typer.Option("--contact", "-c", help="#id, kind:value or a value 联系人")],
    channel: Annotated[str | None, typer.Option(help="One channel; default: all 渠道")] = None,
    event: Annotated[list[str] | None, typer.Option(help="Event properties as JSON 事件属性")] = None,
    var: Annotated[list[str] | None, typer.Option(help='name=JSON, e.g. coupon={"code": "A1"} 步骤结果')] = None,
    reveal: RevealOption = False,
) -> None:
    """Exit code 1 when it would not be sent on one of the channels. Personal data are masked without --reveal."""
    from automation.cli.content import show_content
    from automation.templating import RenderError

    project = load_project()
    templates = _templates(project, template, channel)
    properties = event_properties(project.catalogue, event or (), project)
    values, masked = _variables(project, contact, properties, given_variables(var or ()), reveal)
    failed = False
    for found in templates:
        typer.echo(f"── {found.channel}  {found.file}")
        try:
            exact = found.render(values).content
            if (content := _as_shown(found, exact, masked)) is None:
                typer.echo(say("privacy.content_hidden"))
            else:
                show_content(found.channel, content, exact)
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


def _as_shown(template: Template, exact: Content, masked: Mapping[str, Any] | None) -> Content | None:
    """The content with masked values in place of the person's; None where the template can't take them."""
    from automation.templating import RenderError

    try:
        return exact if masked is None else template.render(masked).content
    except RenderError:
        return None


def _variables(
    project: Project, contact: str, event: Mapping[str, Any], given: Mapping[str, Any], reveal: bool
) -> tuple[Mapping[str, Any], Mapping[str, Any] | None]:
    """What a template may name, as the engine would give it; and the same masked, unless it is to be revealed."""
    from zoneinfo import ZoneInfo

    from automation.cli.naming import contact_id_of
    from automation.clock import SystemClock
    from automation.contacts.masking import masked_profile
    from automation.contacts.profile import load_contacts

    database = open_database(project.settings)
    with database.read() as conn:
        contact_id = contact_id_of(conn, project.catalogue, contact)
        profile = load_contacts(conn, [contact_id])[contact_id]
    with shown(database, project.catalogue, "render", [contact_id], reveal=reveal):
        masked = masked_profile(project.catalogue, profile)
    database.close()
    zone = ZoneInfo(project.settings.timezone)
    now = SystemClock().now().astimezone(zone)
    rule = {"id": "preview", "name": "preview"}
    base = {"contact": profile, "event": event, "brand": project.settings.template_variables, "rule": rule}
    values = {**base, "now": now, "today": now.date(), "zone": zone, **given}
    return values, None if reveal else {**values, "contact": masked, **given}
