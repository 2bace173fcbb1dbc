"""Who a clock trigger means: the queries that triggers build their people from.

Each gives a SELECT of `contact_id` (unique), and `key` (text) where each person has an occurrence of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import String, cast, func, literal, select, union_all

from automation.store.schema import contact, contact_date, event, run

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement, Select

_AFTER = "after:"


def everyone() -> Select[Any]:
    """Every contact that was not merged away."""
    return select(contact.c.id.label("contact_id")).where(contact.c.merged_into.is_(None))


def on_month_days(field: str, month_days: Collection[str], *, lunar: bool = False) -> Select[Any]:
    """Contacts whose date attribute `field` falls on one of `month_days` ("08-04"; lunar "06-22" or "L06-22")."""
    column = contact_date.c.lunar_month_day if lunar else contact_date.c.month_day
    return select(contact_date.c.contact_id).where(contact_date.c.field == field, column.in_(sorted(month_days)))


def not_seen_since(
    name: str,
    *,
    from_ms: int,
    to_ms: int,
    late_after_id: int,
    late_from_ms: int,
    where: ColumnElement[bool] | None = None,
    later_where: ColumnElement[bool] | None = None,
    called: tuple[int, int] | None = None,
) -> Select[Any]:
    """Contacts whose last event `name` fell in [from_ms, to_ms), with `key` = `after:<ms of that event>`.

    Events that arrived late (id above `late_after_id`) count from `late_from_ms` on. `where` and `later_where` limit
    which events count, on `event` and on `later_event()`. `called` is (rule id, this firing): whoever an earlier firing
    let into the rule after that event was called about this silence already: the event came late, or by a merge.
    """
    in_time = _events(name, from_ms, to_ms, where)
    late = _events(name, late_from_ms, min(from_ms, to_ms), where).where(event.c.id > late_after_id)
    last = union_all(in_time, late).subquery("last_event")  # two ranges, each of an index; an OR would scan
    return (
        select(last.c.contact_id, (literal(_AFTER) + cast(func.max(last.c.occurred_at), String)).label("key"))
        .where(~_followed(last, name, later_where), *([] if called is None else [~_called(last, name, *called)]))
        .group_by(last.c.contact_id)
    )


def _events(name: str, from_ms: int, to_ms: int, where: ColumnElement[bool] | None) -> Select[Any]:
    return select(event.c.contact_id, event.c.occurred_at).where(
        event.c.occurred_at >= from_ms,
        event.c.occurred_at < to_ms,
        event.c.name == name,
        event.c.contact_id.is_not(None),
        *([] if where is None else [where]),
    )


def _followed(last: Any, name: str, later_where: ColumnElement[bool] | None) -> ColumnElement[bool]:
    """Whether the same contact has a later event."""
    found = select(literal(1)).where(
        _later.c.contact_id == last.c.contact_id,
        _later.c.name == name,
        _later.c.occurred_at > last.c.occurred_at,
        *([] if later_where is None else [later_where]),
    )
    return found.exists()


def _called(last: Any, name: str, rule_id: int, firing_ms: int) -> ColumnElement[bool]:
    """Whether an earlier firing let the same contact in after the event, about an event before it."""
    before = event.alias("before")
    about = select(literal(1)).where(
        before.c.contact_id == last.c.contact_id,
        before.c.name == name,
        before.c.occurred_at < last.c.occurred_at,
        run.c.key == literal(_AFTER) + cast(before.c.occurred_at, String),
    )
    found = select(literal(1)).where(
        run.c.contact_id == last.c.contact_id,
        run.c.rule_id == rule_id,
        run.c.since_at > last.c.occurred_at,
        run.c.since_at < firing_ms,
        about.correlate(last, run).exists(),
    )
    return found.correlate(last).exists()


def later_event() -> Any:
    """The alias that `not_seen_since` uses for the events after the last one."""
    return _later


_later = event.alias("later")
