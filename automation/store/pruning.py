"""Pruning what grows: ranges of keys, one short transaction each, never a lock on a table.

Ids grow with the time of writing, so their range is found by halving; the condition on the time decides about each row.
A table without ids is walked through by its key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from automation.store.digests import collected_by_run
from automation.store.lists import changed, fetch

if TYPE_CHECKING:
    from sqlalchemy import Connection

_DAY = 86_400_000
_RUN_ENDED = "NOT EXISTS (SELECT 1 FROM run AS r WHERE r.id = {table}.run_id AND r.ended_at IS NULL)"
_SETTLED = "message.queued_at < ? AND message.status IN ('accepted', 'failed', 'dropped')"
_TESTED = "test_message.sent_at < ? AND test_message.status <> 'sending'"
_SAID = "({table}.variables IS NOT NULL OR {table}.payload IS NOT NULL)"
_SAID_NOTHING = "variables = NULL, payload = NULL, outcome_detail = NULL"
_COLLECTED = "{collected}"
# What somebody who is inside came by, did since a day before that, or what their digest has collected, however old it
# is; and what is still to be decided.
_NOT_NEEDED = f"""
NOT EXISTS (SELECT 1 FROM run AS r WHERE r.key = 'e' || CAST(event.id AS VARCHAR(20)) AND r.ended_at IS NULL)
AND NOT EXISTS (SELECT 1 FROM run AS r WHERE r.contact_id = event.contact_id AND r.ended_at IS NULL
                AND (r.entered_at <= event.occurred_at + {_DAY} OR r.since_at <= event.occurred_at + {_DAY}
                     OR {_COLLECTED}))
AND NOT EXISTS (SELECT 1 FROM pending_entry AS p WHERE p.event_id = event.id)"""
_EVENT_GONE = """NOT EXISTS (SELECT 1 FROM event AS e WHERE e.occurred_at = event_time.occurred_at
                AND e.source = event_time.source AND e.message_id = event_time.message_id)"""

Key: TypeAlias = tuple[Any, ...]
"""The columns of a table's key."""


@dataclass(frozen=True)
class Prunable:
    """Rows that may be pruned. `condition` takes the moment as its only parameter."""

    what: str  # as the setting of [retention] calls it
    table: str
    written: str  # the column that grows with the ids; empty: no column does
    condition: str
    change: str = ""  # what becomes of a row; it goes, if nothing does
    key: tuple[str, ...] = ("id",)


PRUNABLE = (
    Prunable("events", "event", "received_at", f"event.occurred_at < ? AND {_NOT_NEEDED}"),
    Prunable("log", "execution_log", "at", f"execution_log.at < ? AND {_RUN_ENDED.format(table='execution_log')}"),
    Prunable(
        "content", "message", "queued_at",
        f"{_SETTLED} AND {_SAID.format(table='message')}", _SAID_NOTHING,
    ),
    Prunable(
        "content", "test_message", "sent_at",
        f"{_TESTED} AND {_SAID.format(table='test_message')}", _SAID_NOTHING,
    ),
    Prunable("messages", "message", "queued_at", f"{_SETTLED} AND {_RUN_ENDED.format(table='message')}"),
    Prunable("messages", "test_message", "sent_at", _TESTED),
    Prunable("quarantine", "quarantine", "at", "quarantine.at < ?"),
    Prunable(
        "event_times", "event_time", "", f"event_time.occurred_at < ? AND {_EVENT_GONE}", key=("source", "message_id")
    ),
    Prunable("merges", "contact_merge", "at", "contact_merge.at < ? AND contact_merge.settled_at IS NOT NULL"),
)  # fmt: skip


def id_range(conn: Connection, kind: Prunable, before: int) -> tuple[int, int]:
    """(after, up to): the ids among which everything lies that was written before the moment."""
    table = kind.table
    ((low, high),) = fetch(conn, f"SELECT coalesce(min(id), 0), coalesce(max(id), -1) FROM {table}")
    sql = f"SELECT {kind.written} FROM {table} WHERE id >= ? ORDER BY id LIMIT 1"
    first, last = low, high + 1  # the first id that was not written before lies in [first, last]
    while first < last:
        middle = (first + last) // 2
        if fetch(conn, sql, middle)[0][0] < before:
            first = middle + 1
        else:
            last = middle
    return low - 1, first - 1


def next_keys(conn: Connection, kind: Prunable, after: Key, limit: int) -> list[Key]:
    """The table's next keys beyond `after`, in order; beyond empty texts lie all."""
    columns, marks = ", ".join(kind.key), ", ".join("?" * len(kind.key))
    sql = f"SELECT {columns} FROM {kind.table} WHERE ({columns}) > ({marks}) ORDER BY {columns} LIMIT ?"
    return fetch(conn, sql, *after, limit)


def prune_range(conn: Connection, kind: Prunable, after: Key, upto: Key, before: int) -> int:
    """Prune what may go among these keys; returns how many rows."""
    sql = f"UPDATE {kind.table} SET {kind.change}" if kind.change else f"DELETE FROM {kind.table}"
    return changed(conn, sql + _where(conn, kind), *after, *upto, before)


def count_range(conn: Connection, kind: Prunable, after: Key, upto: Key, before: int) -> int:
    """How many rows `prune_range` would prune."""
    sql = f"SELECT count(*) FROM {kind.table}" + _where(conn, kind)
    return int(fetch(conn, sql, *after, *upto, before)[0][0])


def _where(conn: Connection, kind: Prunable) -> str:
    condition = kind.condition.replace(_COLLECTED, collected_by_run(conn))
    columns, marks = ", ".join(f"{kind.table}.{name}" for name in kind.key), ", ".join("?" * len(kind.key))
    return f" WHERE ({columns}) > ({marks}) AND ({columns}) <= ({marks}) AND {condition}"


def living_versions(conn: Connection) -> list[int]:
    """The rule versions that somebody is inside of."""
    sql = "SELECT DISTINCT rule_version_id FROM run WHERE ended_at IS NULL"
    return [row[0] for row in fetch(conn, sql)]
