"""What came of a stretch of time, summed up by rule: entries and messages by quarter of an hour, coupons, goals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from automation.store.lists import named_rows
from automation.store.schema import coupon_batch, coupon_code, message, rule, run

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.store.types import AnyRow

SLOT_MS = 900_000
"""A quarter of an hour: every time zone's days begin with one."""


def entry_slots(conn: Connection, since: int) -> list[AnyRow]:
    """(rule key, slot, amount) of the runs that were entered since a moment."""
    slot = func.floor(run.c.entered_at / SLOT_MS).label("slot")
    query = select(rule.c.key, slot, func.count().label("amount")).join(rule, rule.c.id == run.c.rule_id)
    return named_rows(conn, query.where(run.c.entered_at >= since).group_by(rule.c.key, slot))


def message_slots(conn: Connection, since: int) -> list[AnyRow]:
    """(rule key, channel, slot, amount, cost in 1/10,000 of the currency unit) of what was accepted since a moment."""
    slot = func.floor(message.c.sent_at / SLOT_MS).label("slot")
    cost = func.coalesce(func.sum(message.c.cost), 0).label("cost")
    query = select(rule.c.key, message.c.channel, slot, func.count().label("amount"), cost)
    query = query.join(rule, rule.c.id == message.c.rule_id)
    sent = message.c.status == "accepted", message.c.sent_at >= since
    return named_rows(conn, query.where(*sent).group_by(rule.c.key, message.c.channel, slot))


def codes_used(conn: Connection, since: int) -> list[AnyRow]:
    """(rule key, batch, amount) of the coupon codes that runs were given since a moment and have kept."""
    query = (
        select(rule.c.key, coupon_batch.c.key.label("batch"), func.count().label("amount"))
        .select_from(coupon_code)
        .join(run, run.c.id == coupon_code.c.run_id)
        .join(rule, rule.c.id == run.c.rule_id)
        .join(coupon_batch, coupon_batch.c.id == coupon_code.c.batch_id)
        .where(coupon_code.c.issued_at >= since, coupon_code.c.status.in_(("issued", "expired")))
    )
    return named_rows(conn, query.group_by(rule.c.key, coupon_batch.c.key))


def run_states(conn: Connection, since: int) -> list[AnyRow]:
    """(rule key, entered, goals, inside) of the runs that were entered since a moment."""
    query = (
        select(
            rule.c.key,
            func.count().label("entered"),
            func.count(run.c.goal_at).label("goals"),
            func.sum(run.c.ended_at.is_(None).cast(run.c.visit.type)).label("inside"),
        )
        .join(rule, rule.c.id == run.c.rule_id)
        .where(run.c.entered_at >= since)
    )
    return named_rows(conn, query.group_by(rule.c.key))
