"""Sums for a funnel: how far the people got who entered one rule in a span of time. Each is one set-based query.

Everything begins with the rule's own part of the log (ix_execution_log_rule); runs are looked up by their key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import distinct, func, or_, select

from automation.reasons import Reason
from automation.store.expressions import json_value
from automation.store.schema import event, occurrence, pending_entry, run
from automation.store.schema import execution_log as log

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Select

    from automation.store.types import AnyRow

_ENTRIES = (Reason.ENTERED.value, Reason.QUEUED_BEHIND.value)
COUNTED = (Reason.SKIPPED_AUDIENCE.value, Reason.SKIPPED_REPEATED.value)
"""What an occurrence only counts; every other skip is a row of the log."""
_OPEN = ("waiting", "disabled", "held")


class Span(NamedTuple):
    """Of one rule, those who came from `since` on and before `until` (milliseconds UTC); None: no bound."""

    rule_id: int
    since: int | None = None
    until: int | None = None

    def holds(self, column: ColumnElement[int]) -> list[ColumnElement[bool]]:
        found = []
        if self.since is not None:
            found.append(column >= self.since)
        if self.until is not None:
            found.append(column < self.until)
        return found


def count_runs(conn: Connection, span: Span) -> list[AnyRow]:
    """(status, reason, met, people) of the runs that began in the span; `met`: their goal was met."""
    met = run.c.goal_at.is_not(None).label("met")
    people = func.count(distinct(run.c.id)).label("people")  # who stood in a queue has two rows
    query = select(run.c.status, run.c.reason, met, people).select_from(log.join(run, run.c.id == log.c.run_id))
    query = query.where(log.c.rule_id == span.rule_id, log.c.code.in_(_ENTRIES), *span.holds(log.c.at))
    query = query.where(*span.holds(run.c.entered_at)).group_by(run.c.status, run.c.reason, met)
    return list(conn.execute(query))


def count_skipped(conn: Connection, span: Span) -> dict[str, int]:
    """Skips at entry that the log has one by one, by reason; those that somebody refused to approve too."""
    rejected = (log.c.code == Reason.OCCURRENCE_REJECTED.value) & log.c.contact_id.is_not(None)
    query = (
        select(log.c.code, func.count())
        .where(log.c.rule_id == span.rule_id, log.c.run_id.is_(None), log.c.message_id.is_(None))
        .where(or_(log.c.code.startswith("skipped."), rejected), *span.holds(log.c.at))
        .group_by(log.c.code)
    )
    return _pairs(conn, query)


def count_counted(conn: Connection, span: Span) -> dict[str, int]:
    """How many people occurrences have skipped without a row of the log, by reason."""
    sums = [func.sum(json_value(occurrence.c.skipped, code, "number")) for code in COUNTED]
    query = select(*sums).where(occurrence.c.rule_id == span.rule_id, *span.holds(occurrence.c.due_at))
    counts = conn.execute(query).one()
    return {code: int(count) for code, count in zip(COUNTED, counts, strict=True) if count}


def count_open(conn: Connection, span: Span) -> dict[str, int]:
    """Entries that are still to be decided, by what they wait for."""
    query = (
        select(pending_entry.c.status, func.count())
        .join(event, event.c.id == pending_entry.c.event_id)
        .where(pending_entry.c.status.in_(_OPEN), pending_entry.c.rule_id == span.rule_id)
        .where(*span.holds(event.c.received_at))
        .group_by(pending_entry.c.status)
    )
    return _pairs(conn, query)


def count_steps(conn: Connection, span: Span) -> list[AnyRow]:
    """(step, code, people, times): how many runs the log has with a code at a step, and how often."""
    columns = log.c.step, log.c.code
    people = func.count(distinct(log.c.run_id)).label("people")
    query = _of_steps(span, *columns, people, func.count().label("times"))
    return list(conn.execute(query.group_by(*columns)))


def count_reached(conn: Connection, span: Span) -> dict[str, int]:
    """How many runs came to each step."""
    query = _of_steps(span, log.c.step, func.count(distinct(log.c.run_id)))
    return _pairs(conn, query.group_by(log.c.step))


def count_ways(conn: Connection, span: Span) -> list[AnyRow]:
    """(step, way, people): how many runs took each side of a branch, and each arm of a split."""
    way = func.coalesce(json_value(log.c.detail, "branch", "text"), json_value(log.c.detail, "arm", "text"))
    query = _of_steps(span, log.c.step, way.label("way"), func.count(distinct(log.c.run_id)).label("people"))
    query = query.where(log.c.code.in_((Reason.STEP_BRANCHED.value, Reason.STEP_SPLIT.value)))
    return list(conn.execute(query.group_by(log.c.step, way)))


def count_last(conn: Connection, span: Span) -> list[AnyRow]:
    """(step, code, status, reason, people): by the last thing that happened to each run at a step."""
    last = _of_steps(span, func.max(log.c.id).label("id")).group_by(log.c.run_id).subquery("last")
    columns = log.c.step, log.c.code, run.c.status, run.c.reason
    query = select(*columns, func.count().label("people")).select_from(
        last.join(log, log.c.id == last.c.id).join(run, run.c.id == log.c.run_id)
    )
    return list(conn.execute(query.group_by(*columns)))


def _pairs(conn: Connection, query: Select[Any]) -> dict[str, int]:
    return {row[0]: row[1] for row in conn.execute(query)}


def _of_steps(span: Span, *columns: ColumnElement[Any]) -> Select[Any]:
    """Rows of the log about steps, of the runs that began in the span. Without a span no run need be looked up."""
    query = select(*columns).where(log.c.rule_id == span.rule_id, log.c.step.like("rules/%/steps/%"))
    bounds = span.holds(run.c.entered_at)
    if not bounds:
        return query.where(log.c.run_id.is_not(None))
    return query.select_from(log.join(run, run.c.id == log.c.run_id)).where(*bounds)
