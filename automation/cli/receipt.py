"""One message with what it said and what happened to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from automation.catalogue.model import Catalogue
from automation.errors import AutomationError

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
    """Exactly what was sent, or why there is nothing to show."""
    from automation.contacts.masking import REVEALED, masking
    from automation.insight.content import content_of

    with masking(REVEALED):
        return content_of(conn, Catalogue(), message)


def masked_receipt(database: Database, catalogue: Catalogue, receipt: Receipt) -> Receipt:
    """With the content as the masker of the block lets it be seen."""
    from automation.contacts.masking import masker
    from automation.insight.content import content_of
    from automation.templating.marking import marked

    if masker().revealed or receipt.content is None:
        return receipt
    with database.read() as conn:
        content, problem = content_of(conn, catalogue, receipt.message)
    mark = getattr(receipt.message, "mark", None)
    return replace(receipt, content=marked(content, mark) if content and mark else content, problem=problem)
