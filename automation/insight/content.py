"""What a message said: rendered again from its template as it was then and the values that it read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from automation.contacts.masking import masked_event, masked_profile, masker
from automation.errors import AutomationError
from automation.i18n import say
from automation.store.rules import load_template
from automation.templating import Template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from automation.catalogue.model import Catalogue
    from automation.store.types import AnyRow
    from automation.templating.content import Content


def content_of(conn: Connection, catalogue: Catalogue, message: AnyRow) -> tuple[Content | None, str | None]:
    """The content, or why there is none to show. Masked, unless the block reveals."""
    if message.template is None:
        return None, say("cli.no_template_used")
    if message.template_version is None:
        return None, say("cli.not_rendered_yet")
    kept = load_template(conn, message.template_version)
    if kept is None:
        return None, say("cli.template_not_kept", version=message.template_version)
    if message.variables is None:
        return None, say("privacy.content_gone")
    try:
        content = Template.from_content(kept.content).render(masked_variables(catalogue, message.variables)).content
    except AutomationError as error:
        return None, error.text() if masker().revealed else say("privacy.content_hidden")
    return masked_content(content), None


def masked_variables(catalogue: Catalogue, variables: Mapping[str, Any]) -> dict[str, Any]:
    """What a template reads, with what is personal in the contact and the event masked."""
    if masker().revealed:
        return dict(variables)
    masked: dict[str, Any] = {"contact": masked_profile, "event": masked_event}
    return {
        name: masked[name](catalogue, value) if name in masked and isinstance(value, dict) else value
        for name, value in variables.items()
    }


def masked_content(content: Content) -> Content:
    """The parts, with what else is known or looks personal in them masked."""
    show = masker()
    names = "subject", "text", "html", "list_unsubscribe"
    parts = {name: part and show.text(part) for name in names for part in [getattr(content, name)]}
    return replace(content, **parts, data=show.value(content.data))
