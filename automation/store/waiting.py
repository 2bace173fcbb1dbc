"""Those inside whom an event may concern: they wait for it, leave by it, or meet their goal by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import String, cast, func, or_, select, update

from automation.reasons import Reason
from automation.store.bulk import update_rows
from automation.store.entry_moment import EntryMoment
from automation.store.expressions import among
from automation.store.lists import fetch, named_rows, read_object
from automation.store.schema import message, rule, rule_version, run

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection

    from automation.store.types import AnyRow

_LISTENING = [
    run.c[name]
    for name in ("id", "rule_id", "rule_version_id", "contact_id", "event_id", "status", "position", "mode_key",
                 "variables", "entered_at", "due_at", "visit", "wait_event", "since_at", "since_event_id", "ended_at",
                 "goal_at")
]  # fmt: skip
DATED = "@"
"""Before the name of the contact's field, in `run.wait_event`: the run waits for the date in it."""
ALIVE = ("active", "held")
"""The states in which a run can wait."""
_KEYWORDS = ("wait_for", "exit_when", "goal")


def listening_runs(
    conn: Connection, contact_ids: Sequence[int], rule_ids: Sequence[int], goals_since: int | None
) -> list[AnyRow]:
    """These people's living runs of these rules, locked until the transaction ends, by id.

    With `goals_since`, ended ones too that entered after it and have not met their goal.
    """
    listening: ColumnElement[bool] = run.c.ended_at.is_(None)
    if goals_since is not None:
        since = func.coalesce(run.c.since_at, run.c.entered_at)
        ended = run.c.ended_at.is_not(None) & run.c.reason.is_distinct_from(
            Reason.EXITED_MERGED.value
        )  # another one stands for it
        listening = listening | (ended & run.c.goal_at.is_(None) & (since >= goals_since))
    query = select(*_LISTENING).where(among(run.c.contact_id, contact_ids), run.c.rule_id.in_(rule_ids), listening)
    return named_rows(conn, query.order_by(run.c.id).with_for_update())


def wake_dated(conn: Connection, contact_ids: Collection[int], now: int, fields: Collection[str] | None = None) -> None:
    """Let those of these people who wait for a date (of `fields`; None: of any) read it again at once."""
    if not contact_ids or (fields is not None and not fields):
        return
    waits = run.c.wait_event.like(f"{DATED}%") if fields is None else run.c.wait_event.in_([DATED + f for f in fields])
    query = update(run).where(
        among(run.c.contact_id, contact_ids), run.c.wait_event.is_not(None), waits, run.c.status.in_(ALIVE),
        run.c.due_at > now,
    )  # fmt: skip
    conn.execute(query.values(due_at=now))


def save_goals(conn: Connection, rows: Sequence[tuple[int, int, int]]) -> None:
    """Write (id, goal_at, goal_event_id)."""
    update_rows(conn, run, ("goal_at", "goal_event_id"), rows, guard="goal_at IS NULL")


def credited_events(conn: Connection, contact_ids: Sequence[int]) -> dict[tuple[int, int], tuple[int, int, int]]:
    """{(rule id, event id that met a goal): (at, event id, id) of the run that got the credit} of these people."""
    columns = (run.c.rule_id, run.c.goal_event_id, run.c.id, run.c.entered_at, run.c.event_id, run.c.since_at,
               run.c.since_event_id)  # fmt: skip
    query = select(*columns).where(among(run.c.contact_id, contact_ids), run.c.goal_event_id.is_not(None))
    return {(row.rule_id, row.goal_event_id): (*EntryMoment.of_run(row)[:2], row.id) for row in named_rows(conn, query)}


class CameEvent(NamedTuple):
    """An event of one person, as far as a wait or a goal looks at it."""

    event_id: int
    name: str
    occurred_at: int
    received_at: int
    source: str
    channel: str | None
    properties: Mapping[str, Any]


def came_since(conn: Connection, name: str, contact_ids: Sequence[int], since: int) -> dict[int, list[CameEvent]]:
    """These people's events of one name since a moment, in the order of their own time and number."""
    sql = """SELECT contact_id, id, occurred_at, received_at, source, channel, properties FROM event
             WHERE contact_id = ANY(?) AND name = ? AND occurred_at >= ? ORDER BY occurred_at, id"""
    found: dict[int, list[CameEvent]] = {}
    rows = fetch(conn, sql, list(contact_ids), name, since)
    for contact_id, id_, *told, properties in rows:
        found.setdefault(contact_id, []).append(CameEvent._make((id_, name, *told, read_object(properties))))
    return found


def last_queued(conn: Connection, run_ids: Sequence[int]) -> dict[int, int]:
    """When each run's newest message was queued."""
    query = select(message.c.run_id, func.max(message.c.queued_at)).where(among(message.c.run_id, run_ids))
    return {row[0]: row[1] for row in conn.execute(query.group_by(message.c.run_id))}


def older_listeners(conn: Connection, current: Sequence[int]) -> list[tuple[int, Mapping[str, Any]]]:
    """(rule id, content) of the versions, other than the `current` ones, that may listen to events."""
    text = cast(rule_version.c.content, String)
    hears = text.contains(_KEYWORDS[0])
    for word in _KEYWORDS[1:]:
        hears |= text.contains(word)
    query = select(rule_version.c.rule_id, rule_version.c.content).join(rule, rule.c.id == rule_version.c.rule_id)
    living = or_(rule.c.status != "removed", rule.c.leaves_at.is_not(None))
    rows = conn.execute(query.where(living, ~among(rule_version.c.id, current), hears))
    return [(row.rule_id, row.content) for row in rows]
