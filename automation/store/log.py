"""The execution log: append-only, one row per decision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select

from automation.jsontext import compact
from automation.store.bulk import allocate_ids, insert_rows
from automation.store.schema import execution_log as log
from automation.store.schema import rule, rule_version

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.reasons import Reason
    from automation.store.types import AnyRow

_COLUMNS = (
    "id", "at", "code", "rule_id", "rule_version_id", "contact_id", "run_id", "event_id", "message_id", "step",
    "detail",
)  # fmt: skip


class Entry(NamedTuple):
    """One decision. `detail` holds the values seen, without secrets."""

    code: Reason
    rule_id: int | None = None
    rule_version_id: int | None = None
    contact_id: int | None = None
    run_id: int | None = None
    event_id: int | None = None
    message_id: int | None = None
    step: str | None = None
    detail: Mapping[str, Any] | None = None


def write_log(conn: Connection, at: int, entries: Sequence[Entry]) -> None:
    """Append `entries`, in order, at the moment `at` (milliseconds UTC)."""
    ids = allocate_ids(conn, log, len(entries))
    rows = [
        (id_, at, *entry[:-1], None if entry.detail is None else compact(entry.detail))
        for id_, entry in zip(ids, entries, strict=True)
    ]
    insert_rows(conn, log, _COLUMNS, rows)


def last_code(conn: Connection, run_id: int) -> str:
    """The reason code of a run's newest row; empty without one."""
    newest = select(log.c.code).where(log.c.run_id == run_id).order_by(log.c.id.desc()).limit(1)
    return conn.scalar(newest) or ""


def read_log(
    conn: Connection,
    *,
    rule_key: str | None = None,
    contact_ids: Iterable[int] | None = None,
    since: int | None = None,
    until: int | None = None,
    code: str | None = None,
    after_id: int = 0,
    limit: int = 100,
    newest: bool = True,
) -> list[AnyRow]:
    """Log rows with the rule's key and version, oldest first; with `newest`, the last `limit` of them.

    `code` matches a reason code or its first part (`skipped`).
    """
    query = (
        select(log, rule.c.key.label("rule"), rule_version.c.version)
        .outerjoin(rule, rule.c.id == log.c.rule_id)
        .outerjoin(rule_version, rule_version.c.id == log.c.rule_version_id)
        .where(log.c.id > after_id)
    )
    if rule_key is not None:
        query = query.where(log.c.rule_id == select(rule.c.id).where(rule.c.key == rule_key).scalar_subquery())
    if contact_ids is not None:
        query = query.where(log.c.contact_id.in_(list(contact_ids)))
    if since is not None:
        query = query.where(log.c.at >= since)
    if until is not None:
        query = query.where(log.c.at <= until)
    if code is not None:
        query = query.where((log.c.code == code) | log.c.code.startswith(code + ".", autoescape=True))
    rows = conn.execute(query.order_by(log.c.id.desc() if newest else log.c.id).limit(limit)).all()
    return list(reversed(rows)) if newest else list(rows)


def read_message_log(conn: Connection, contact_ids: Sequence[int], message_id: int) -> list[AnyRow]:
    """What the log says of one message, oldest first. `contact_ids`: whose it is, and who was merged into them."""
    query = select(log).where(log.c.contact_id.in_(contact_ids), log.c.message_id == message_id)
    return list(conn.execute(query.order_by(log.c.id)))
