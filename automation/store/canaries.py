"""What the versions of rules have come to that ran side by side: sums by version, of those who entered since then."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select

from automation.reasons import Reason
from automation.store.entering import outside_share
from automation.store.expressions import among
from automation.store.lists import named_rows
from automation.store.schema import (
    contact,
    coupon_batch,
    coupon_code,
    execution_log,
    message,
    occurrence,
    publication,
    rule,
    rule_version,
    run,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import ColumnElement, Connection

    from automation.store.types import AnyRow


def canary_since(conn: Connection, of: int, files_hash: str) -> int:
    """When the first canary of a publication with these files began: a larger share goes on with the smaller."""
    mine = publication.c.canary_of_id == of, publication.c.files_hash == files_hash
    return int(conn.scalar(select(func.min(publication.c.at)).where(*mine)) or 0)


def version_ids(conn: Connection, keys: Collection[str]) -> dict[tuple[str, str], int]:
    """The ids of all versions of these rules, by rule key and version."""
    query = select(rule.c.key, rule_version.c.version, rule_version.c.id)
    query = query.join(rule, rule.c.id == rule_version.c.rule_id).where(among(rule.c.key, sorted(keys)))
    return {(key, version): id_ for key, version, id_ in conn.execute(query)}


def count_share(conn: Connection, multiplier: int, offset: int, below: int) -> tuple[int, int]:
    """How many contacts are inside a share, and how many outside it."""
    outside = func.count().filter(outside_share(multiplier, offset, below))
    total, others = conn.execute(select(func.count(), outside).where(contact.c.merged_into.is_(None))).one()
    return total - others, others


def count_codes(conn: Connection, versions: Sequence[int], since: int) -> dict[int, Counter[str]]:
    """How often each reason was logged, by version id; with the skips that firings counted."""
    log = execution_log.c
    query = select(log.rule_version_id, log.code, func.count()).outerjoin(run, run.c.id == log.run_id)
    query = query.where(among(log.rule_version_id, versions), log.at >= since)
    query = query.where(or_(log.run_id.is_(None), run.c.entered_at >= since))
    found: dict[int, Counter[str]] = {version: Counter() for version in versions}
    for version, code, count in conn.execute(query.group_by(log.rule_version_id, log.code)):
        found[version][code] += count
    o = occurrence.c
    skips = select(o.rule_version_id, o.skipped).where(among(o.rule_version_id, versions), o.due_at >= since)
    for version, skipped in conn.execute(skips):
        found[version][Reason.SKIPPED_AUDIENCE.value] += skipped.get(Reason.SKIPPED_AUDIENCE.value, 0)
    return found


def count_runs(conn: Connection, versions: Sequence[int], since: int) -> list[AnyRow]:
    """(version, entered, people, goals) of those who entered."""
    query = select(
        run.c.rule_version_id.label("version"),
        func.count().label("entered"),
        func.count(run.c.contact_id.distinct()).label("people"),
        func.count(run.c.goal_at).label("goals"),
    ).where(*_entered(versions, since))
    return named_rows(conn, query.group_by(run.c.rule_version_id))


def count_messages(conn: Connection, versions: Sequence[int], since: int) -> list[AnyRow]:
    """(version, status, amount, cost in 1/10,000 of the currency unit) of the messages."""
    cost = func.coalesce(func.sum(message.c.cost), 0).label("cost")
    by = run.c.rule_version_id.label("version"), message.c.status
    query = select(*by, func.count().label("amount"), cost).join(run, run.c.id == message.c.run_id)
    return named_rows(conn, query.where(*_entered(versions, since)).group_by(*by))


def count_coupons(conn: Connection, versions: Sequence[int], since: int) -> list[AnyRow]:
    """(version, batch, amount) of the coupon codes."""
    by = run.c.rule_version_id.label("version"), coupon_batch.c.key.label("batch")
    query = select(*by, func.count().label("amount")).select_from(coupon_code)
    query = query.join(run, run.c.id == coupon_code.c.run_id)
    query = query.join(coupon_batch, coupon_batch.c.id == coupon_code.c.batch_id)
    kept = coupon_code.c.status.in_(("issued", "expired"))
    return named_rows(conn, query.where(kept, *_entered(versions, since)).group_by(*by))


def _entered(versions: Sequence[int], since: int) -> tuple[ColumnElement[bool], ...]:
    at: Any = run.c.entered_at
    return among(run.c.rule_version_id, versions), at >= since
