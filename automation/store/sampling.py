"""Samples for lint: some people for whom a condition holds, spread over all of them, and the newest events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from automation.store.lists import named_rows
from automation.store.schema import contact, event

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement, Connection, Select

    from automation.store.types import AnyRow

_STRETCHES = 16
_NEWEST = 50_000
"""Among so many of the newest events is looked: no index knows an event by its name alone."""


def sample_contacts(conn: Connection, holds: ColumnElement[bool] | None, size: int) -> list[int]:
    """At most `size` contacts for whom `holds` is true, from everywhere between the first and the newest.

    Each stretch of ids gives its part, and what is left over goes to those after it: at most one look at each contact.
    """
    first, last = conn.execute(select(func.min(contact.c.id), func.max(contact.c.id))).one()
    if first is None:
        return []
    width = (last - first) // _STRETCHES + 1
    found: list[int] = []
    for number in range(_STRETCHES):
        begin = first + number * width
        wanted = -(-(size - len(found)) // (_STRETCHES - number))
        found += conn.scalars(_stretch(begin, begin + width, holds).limit(wanted)) if wanted > 0 else ()
    return found


def recent_events(conn: Connection, names: Collection[str], size: int) -> list[AnyRow]:
    """The newest events of these names, newest first."""
    newest = select(event).order_by(event.c.id.desc()).limit(_NEWEST).subquery()
    query = select(newest).where(newest.c.name.in_(sorted(names)))
    return list(named_rows(conn, query.order_by(newest.c.id.desc()).limit(size)))


def _stretch(begin: int, end: int, holds: ColumnElement[bool] | None) -> Select[tuple[int]]:
    there = [contact.c.id >= begin, contact.c.id < end, contact.c.merged_into.is_(None)]
    return select(contact.c.id).where(*there, *([] if holds is None else [holds])).order_by(contact.c.id)
