"""How far each polled query has been read, and who is reading it now."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from sqlalchemy import case, null, or_, select, update

from automation.store.bulk import insert_rows
from automation.store.expressions import among
from automation.store.lists import named_rows
from automation.store.schema import poll_state, rule

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from automation.store.types import AnyRow


def load_polls(conn: Connection, rule_ids: Collection[int]) -> dict[int, AnyRow]:
    """The state of each rule's query, by rule id; those never read are absent."""
    return {row.rule_id: row for row in named_rows(conn, select(poll_state).where(among(_c.rule_id, rule_ids)))}


def claim_poll(conn: Connection, rule_id: int, fingerprint: str, now: int, *, until: int, latest: int) -> AnyRow | None:
    """Keep a due query for ourselves until `until`; None when it is not due, or somebody else has it.

    A query that has changed is due at once and begins anew. A due time after `latest` was written by a clock that was
    wrong.
    """
    insert_rows(conn, poll_state, ("rule_id", "fingerprint", "due_at"), [(rule_id, fingerprint, 0)], skip_existing=True)
    new = _c.fingerprint != fingerprint
    due = or_(_c.due_at <= now, _c.due_at > latest, new)
    values = {"due_at": until, "fingerprint": fingerprint, "watermark": case((new, null()), else_=_c.watermark)}
    if conn.execute(update(poll_state).where(_c.rule_id == rule_id, due).values(**values)).rowcount == 0:
        return None
    return conn.execute(select(poll_state).where(_c.rule_id == rule_id)).one()


def save_poll(conn: Connection, claim: AnyRow, watermark: str | None, due_at: int, now: int) -> None:
    """It was read up to here; without effect when another process has taken it over meanwhile."""
    values = {"watermark": watermark, "due_at": due_at, "polled_at": now, "last_error": None}
    conn.execute(update(poll_state).where(*_ours(claim)).values(**values))


def fail_poll(conn: Connection, claim: AnyRow, error: str, due_at: int) -> None:
    """It could not be read, and is tried again later."""
    conn.execute(update(poll_state).where(*_ours(claim)).values(due_at=due_at, last_error=error))


def poll_errors(conn: Connection) -> list[AnyRow]:
    """rule (its key) and last_error of the active rules whose query could not be read."""
    query = select(rule.c.key.label("rule"), _c.last_error).join(rule, rule.c.id == _c.rule_id)
    return list(conn.execute(query.where(_c.last_error.is_not(None), rule.c.status == "active").order_by(rule.c.key)))


_c = poll_state.c


def _ours(claim: AnyRow) -> tuple[ColumnElement[bool], ...]:
    return _c.rule_id == claim.rule_id, _c.fingerprint == claim.fingerprint, _c.due_at == claim.due_at
