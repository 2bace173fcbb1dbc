"""Questions that only `why` asks, about one contact and one rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import select

from automation.store.schema import event, rule, rule_version
from automation.store.schema import execution_log as log

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.store.types import AnyRow


def rule_row(conn: Connection, key: str) -> AnyRow | None:
    """A rule as the database knows it, with the version that runs now."""
    query = select(rule, rule_version.c.version).outerjoin(rule_version, rule_version.c.id == rule.c.version_id)
    return conn.execute(query.where(rule.c.key == key)).one_or_none()


def last_event_for(conn: Connection, rule_id: int, contact_ids: Sequence[int]) -> AnyRow | None:
    """The newest event about which the rule decided something for one of these people."""
    query = (
        select(event)
        .join(log, log.c.event_id == event.c.id)
        .where(log.c.contact_id.in_(contact_ids), log.c.rule_id + 0 == rule_id)  # + 0: a rule's log is the longer one
        .order_by(log.c.id.desc())
        .limit(1)
    )
    return conn.execute(query).first()
