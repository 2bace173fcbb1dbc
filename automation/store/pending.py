"""Entries that are decided later, and who did what in a span of time: one query for a whole batch."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import delete, func, not_, select, update

from automation.store.bulk import insert_rows
from automation.store.entry_moment import happened_since
from automation.store.expressions import among, constant
from automation.store.lists import named_rows, run_many
from automation.store.schema import event, pending_entry
from automation.store.value_tables import value_table

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from automation.store.entry_moment import EntryMoment
    from automation.store.types import AnyRow
    from automation.store.value_tables import ColumnKind

_COLUMNS = ("event_id", "rule_id", "contact_id", "rule_version_id", "due_at", "status")
WAITING, STOPPED = "waiting", "disabled"


class Span(NamedTuple):
    """What one person did before or since one of their events, up to a bound (in milliseconds) that belongs to it."""

    contact_id: int
    moment: EntryMoment
    bound: int


class Beside(NamedTuple):
    """Values that stand beside each span, for a `where` that compares with them."""

    columns: Sequence[tuple[str, ColumnKind]] = ()
    values: Sequence[Sequence[Any]] = ()


def who_did(
    conn: Connection,
    name: str,
    spans: Sequence[Span],
    where: Callable[[Any], ColumnElement[bool] | None],
    *,
    before: bool,
    beside: Beside = Beside(),
) -> set[int]:
    """The indexes of the spans in which the person has an event `name` before the span's own event, or since it.

    `where` limits `event`; it is given the spans' table, which has the columns of `beside`.
    """
    if not spans:
        return set()
    asked = _table(conn, spans, beside)
    limit, since = where(asked), happened_since(asked.c)
    in_order = (
        (not_(since), event.c.id != asked.c.event_id, event.c.occurred_at >= asked.c.bound)
        if before
        else (since, event.c.occurred_at <= asked.c.bound)
    )
    query = (
        select(asked.c.place)
        .distinct()
        .join_from(asked, event, event.c.contact_id == asked.c.contact_id)
        .where(event.c.name == name, *in_order, *([] if limit is None else [limit]))
    )
    return set(conn.scalars(query))


def put_off(conn: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Store (event_id, rule_id, contact_id, rule_version_id, due_at) to be decided when due."""
    insert_rows(conn, pending_entry, _COLUMNS, [(*row, WAITING) for row in rows], skip_existing=True)


def next_pending(conn: Connection, except_rules: Collection[int] = ()) -> int | None:
    """When the next one is to be decided, apart from some rules'; None when nobody waits."""
    query = select(func.min(pending_entry.c.due_at)).where(pending_entry.c.status == constant(WAITING))
    first: int | None = conn.scalar(query.where(*_apart_from(except_rules)))
    return first


def claim_pending(conn: Connection, now: int, limit: int, except_rules: Collection[int] = ()) -> list[AnyRow]:
    """Up to `limit` due ones, the longest due first, locked until the transaction ends."""
    due = select(pending_entry).where(pending_entry.c.status == WAITING, pending_entry.c.due_at <= now)
    due = due.where(*_apart_from(except_rules))
    return named_rows(conn, due.order_by(pending_entry.c.due_at).limit(limit).with_for_update(skip_locked=True))


def delete_pending(conn: Connection, rows: Sequence[AnyRow]) -> None:
    """Take decided ones away."""
    keys = [(row.event_id, row.rule_id, row.contact_id) for row in rows]
    run_many(conn, "DELETE FROM pending_entry WHERE event_id = ? AND rule_id = ? AND contact_id = ?", keys)


def stop_pending(conn: Connection, rule_ids: Collection[int]) -> None:
    """They wait without coming due, until `sort_pending` lets them go on."""
    theirs = update(pending_entry).where(among(pending_entry.c.rule_id, rule_ids), pending_entry.c.status == WAITING)
    conn.execute(theirs.values(status=STOPPED))


def sort_pending(conn: Connection, active: Collection[int], removed: Collection[int]) -> list[AnyRow]:
    """After publishing: those of active rules wait, those of other rules stand still, those of removed rules go.

    Returns the rows that went.
    """
    of = pending_entry.c.rule_id
    if conn.execute(select(of).limit(1)).first() is None:
        return []
    gone = named_rows(conn, select(pending_entry).where(among(of, removed))) if removed else []
    if gone:
        conn.execute(delete(pending_entry).where(among(of, removed)))
    runs = among(of, active)
    going, standing = pending_entry.c.status == WAITING, pending_entry.c.status == STOPPED
    conn.execute(update(pending_entry).where(standing, runs).values(status=WAITING))
    conn.execute(update(pending_entry).where(going, ~runs).values(status=STOPPED))
    return gone


def _apart_from(rule_ids: Collection[int]) -> list[ColumnElement[bool]]:
    return [pending_entry.c.rule_id.not_in(sorted(rule_ids))] if rule_ids else []


_SPAN = ("place", "contact_id", "at", "event_id", "arrived", "bound")


def _table(conn: Connection, spans: Sequence[Span], beside: Beside) -> Any:
    """The spans, numbered, as a table."""
    columns: list[tuple[str, ColumnKind]] = [(name, "integer") for name in _SPAN]
    values = beside.values or [()] * len(spans)
    rows = [
        (place, span.contact_id, *span.moment, span.bound, *more)
        for place, (span, more) in enumerate(zip(spans, values, strict=True))
    ]
    return value_table(conn, "span", [*columns, *beside.columns], rows)
