"""Sums over the log, the occurrences and the ledger, for reports."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sqlalchemy import case, func, select

from automation.reasons import Reason
from automation.store.schema import event, execution_log, message, occurrence, rule, run

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.store.types import AnyRow


def log_counts(conn: Connection, since: int | None = None) -> dict[tuple[str, str], int]:
    """How often each reason was logged for each rule: {(rule key, code): count}."""
    query = (
        select(rule.c.key, execution_log.c.code, func.count())
        .join(rule, rule.c.id == execution_log.c.rule_id)
        .group_by(rule.c.key, execution_log.c.code)
    )
    if since is not None:
        query = query.where(execution_log.c.at >= since)
    return {(key, code): count for key, code, count in conn.execute(query)}


def limited_steps(conn: Connection, since: int | None = None) -> dict[str, int]:
    """How often a limit refused a step, by rule key: the same code is logged where it refuses an entry."""
    query = select(rule.c.key, func.count()).join(rule, rule.c.id == execution_log.c.rule_id).group_by(rule.c.key)
    query = query.where(execution_log.c.code == Reason.SKIPPED_LIMIT.value, execution_log.c.step.is_not(None))
    if since is not None:
        query = query.where(execution_log.c.at >= since)
    return {row[0]: row[1] for row in conn.execute(query)}


def entries_by(conn: Connection, field: str) -> list[AnyRow]:
    """(key, name, value, pruned, count): the runs of each rule by the `channel` or `source` of their event. `value` is
    None for runs without an event, and with one that has none; `pruned` is 1 where the event is gone, so nobody knows.
    """
    value = func.nullif(event.c[field], "").label("value")
    gone = run.c.event_id.is_not(None) & event.c.id.is_(None)
    pruned = case((gone, 1), else_=0).label("pruned")
    return list(
        conn.execute(
            select(rule.c.key, rule.c.name, value, pruned, func.count().label("count"))
            .select_from(run)
            .join(rule, rule.c.id == run.c.rule_id)
            .outerjoin(event, event.c.id == run.c.event_id)
            .where(run.c.status != "queued")
            .group_by(rule.c.key, rule.c.name, value, pruned)
            .order_by(rule.c.key, func.count().desc(), value, pruned)
        )
    )


def audience_skips(conn: Connection, since: int | None = None) -> dict[str, int]:
    """How many people occurrences looked at whose audience did not match, by rule key: counted, not listed."""
    reason = Reason.SKIPPED_AUDIENCE.value
    query = select(rule.c.key, occurrence.c.skipped).join(rule, rule.c.id == occurrence.c.rule_id)
    if since is not None:
        query = query.where(occurrence.c.due_at >= since)
    found: Counter[str] = Counter()
    for key, skipped in conn.execute(query):
        found[key] += skipped.get(reason, 0)
    return dict(found)


def message_counts(conn: Connection, since: int | None = None) -> list[AnyRow]:
    """(rule key, channel, status, count) of messages."""
    columns = (rule.c.key, message.c.channel, message.c.status)
    query = select(*columns, func.count().label("count")).join(rule, rule.c.id == message.c.rule_id)
    if since is not None:
        query = query.where(message.c.queued_at >= since)
    return list(conn.execute(query.group_by(*columns).order_by(*columns)))
