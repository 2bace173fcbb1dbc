"""What limits per person count: entries, coupons and messages, each as (contact_id, rule_id, at, shared, id).

`shared`: it counts for limits of all rules together too. Times are milliseconds UTC.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import func, literal, select

from automation.store.expressions import among
from automation.store.messages import COUNTED
from automation.store.schema import contact, coupon_code, message, run

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

Use: TypeAlias = tuple[int, int | None, int, bool, int]


def entries_of(conn: Connection, contact_ids: Collection[int], since: int) -> list[Use]:
    """These people's entries into any rule after a moment; who stands in a queue has entered."""
    query = select(run.c.contact_id, run.c.rule_id, run.c.entered_at, literal(True), run.c.id)
    query = query.where(among(run.c.contact_id, contact_ids), run.c.entered_at > since)
    return [(*row[:3], True, row[4]) for row in conn.execute(query)]


def coupons_of(conn: Connection, contact_ids: Collection[int], since: int) -> list[Use]:
    """The codes that these people were given after a moment and have not returned; of pruned runs without a rule."""
    c = coupon_code.c
    query = select(c.contact_id, run.c.rule_id, c.issued_at, c.id).outerjoin(run, run.c.id == c.run_id)
    query = query.where(among(c.contact_id, contact_ids), c.issued_at > since, c.status != "returned")
    return [(row[0], row[1], row[2], True, row[3]) for row in conn.execute(query)]


def messages_of(conn: Connection, contact_ids: Collection[int], since: int) -> list[Use]:
    """The messages that these people got, may have got or are about to get. Transactional ones aren't shared."""
    c = message.c
    query = select(c.contact_id, c.rule_id, c.queued_at, c.purpose, c.id).where(
        among(c.contact_id, contact_ids), c.queued_at > since, c.purpose.is_not(None), c.status.in_(COUNTED)
    )
    return [(row[0], row[1], row[2], row[3] != "transactional", row[4]) for row in conn.execute(query)]


def entries_below(most: int, since: int, rule_id: int | None) -> ColumnElement[bool]:
    """The contact has entered the rule (None: all rules together) less than `most` times since a moment."""
    entries = select(func.count()).where(run.c.contact_id == contact.c.id, run.c.entered_at > since)
    if rule_id is not None:
        entries = entries.where(run.c.rule_id == rule_id)
    return entries.correlate(contact).scalar_subquery() < most
