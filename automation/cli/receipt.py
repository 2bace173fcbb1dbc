"""One message with what it said and what happened to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from automation.errors import AutomationError
from automation.i18n import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from automation.store.database import Database
    from automation.store.types import AnyRow
    from automation.templating.content import Content


@dataclass(frozen=True)
class Receipt:
    """`content` is exactly what was sent; None, with the `problem`, when there is nothing to show."""

    message: AnyRow
    content: Content | None
    problem: str | None
    history: Sequence[AnyRow]


def read_receipt(database: Database, message_id: int) -> Receipt:
    """AutomationError when there is no such message."""
    from automation.store.contacts import merged_ids
    from automation.store.log import read_message_log
    from automation.store.messages import load_message

    with database.read() as conn:
        found = load_message(conn, message_id)
        if found is None:
            raise AutomationError("cli.no_message", id=message_id)
        content, problem = content_of(conn, found)
        people = [found.contact_id, *merged_ids(conn, found.contact_id)]
        return Receipt(found, content, problem, read_message_log(conn, people, message_id))


def content_of(conn: Connection, message: AnyRow) -> tuple[Content | None, str | None]:
    """Rendered again from the template's version and the values that were kept."""
    from automation.store.rules import load_template
    from automation.templating import Template

    if message.template is None:
        return None, say("cli.no_template_used")
    if message.template_version is None:
        return None, say("cli.not_rendered_yet")
    kept = load_template(conn, message.template_version)
    if kept is None:
        return None, say("cli.template_not_kept", version=message.template_version)
    try:
        return Template.from_content(kept.content).render(message.variables or {}).content, None
    except AutomationError as error:
        return None, error.text()
