"""What a rule has decided about events already, as the log tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from automation.store.expressions import among
from automation.store.schema import execution_log as log
from automation.store.schema import run

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection


def decided_about(
    conn: Connection, rule_id: int, version_id: int, contact_ids: Collection[int], event_ids: Collection[int]
) -> set[tuple[int, int]]:
    """The (contact id, event id) of which this version has decided, or by which any version has let somebody in."""
    if not contact_ids or not event_ids:
        return set()
    logged = select(log.c.contact_id, log.c.event_id).where(
        among(log.c.contact_id, sorted(contact_ids)), log.c.rule_id == rule_id, log.c.rule_version_id == version_id,
        among(log.c.event_id, sorted(event_ids)),
    )  # fmt: skip
    entered = select(run.c.contact_id, run.c.event_id).where(
        among(run.c.contact_id, sorted(contact_ids)), run.c.rule_id == rule_id,
        among(run.c.event_id, sorted(event_ids)),
    )  # fmt: skip
    return {(row[0], row[1]) for query in (logged, entered) for row in conn.execute(query)}
