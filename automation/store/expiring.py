"""Coupon codes whose time is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from automation.store.expressions import among, constant
from automation.store.lists import named_rows
from automation.store.schema import coupon_batch, coupon_code

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.store.types import AnyRow


def expire_codes(conn: Connection, now: int, limit: int) -> list[AnyRow]:
    """End up to `limit` issued codes that are valid no more, those of the earliest end first.

    Returns (id, code, batch_id, contact_id, run_id, step, visit, expires_at). An expired code stays used up: it counts
    towards the stock and the limit per person as before.
    """
    c = coupon_code.c
    due = (
        select(c.id, c.code, c.batch_id, c.contact_id, c.run_id, c.step, c.visit, c.expires_at)
        .where(c.status == constant("issued"), c.expires_at <= now)
        .order_by(c.expires_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = named_rows(conn, due)
    if rows:
        conn.execute(update(coupon_code).where(among(c.id, [row.id for row in rows])).values(status="expired"))
    return rows


def batch_keys(conn: Connection) -> dict[int, str]:
    """Every batch's key by its id."""
    return {row.id: row.key for row in conn.execute(select(coupon_batch.c.id, coupon_batch.c.key))}
