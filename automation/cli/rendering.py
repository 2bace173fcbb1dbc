"""`automation render`: a template as one contact would get it, on each of its channels."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from automation.cli.context import load_project, open_database
from automation.i18n import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from automation.catalogue.model import Catalogue
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
    values = _variables(project, contact, _event(project.catalogue, event or (), project), _vars(var or ()))
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


def _event(catalogue: Catalogue, texts: Sequence[str], project: Project) -> dict[str, Any]:
    """Properties in their normalised form; an event in its wire form gives its properties."""
    from zoneinfo import ZoneInfo

    from automation.catalogue.types import normalise

    zone = ZoneInfo(project.settings.timezone)
    values: dict[str, Any] = {}
    for text in texts:
        given = _json_object(text, "--event")
        name, wire = given.get("name"), isinstance(given.get("properties"), dict)
        for key, value in (given["properties"] if wire else given).items():
            defn = _property(catalogue, key, name if wire else None)
            values[key] = value if defn is None else normalise(defn, value, zone)
    return values


def _property(catalogue: Catalogue, key: str, event: Any) -> Any:
    """How the catalogue defines a property: of the named event, or of all events alike. None when it can't tell."""
    events = [catalogue.events[event]] if event in catalogue.events else list(catalogue.events.values())
    found = [each.properties[key] for each in events if key in each.properties]
    alike = {(defn.type, defn.currency) for defn in found}
    return found[0] if len(alike) == 1 else None


def _vars(pairs: Iterable[str]) -> dict[str, Any]:
    """`coupon={"code": "A1"}`, or `coupon.code=A1`."""
    values: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name.strip():
            raise typer.BadParameter(pair, param_hint="--var name=JSON")
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        place, *rest = name.strip().split(".")
        for part in reversed(rest):
            value = {part: value}
        both = isinstance(values.get(place), dict) and isinstance(value, dict)
        values[place] = {**values[place], **value} if both else value
    return values


def _json_object(text: str, option: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None
    if not isinstance(value, dict):
        raise typer.BadParameter("{…}", param_hint=option)
    return value
