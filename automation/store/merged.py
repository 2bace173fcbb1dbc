"""What a merge asks about the runs and events of both people, and what it does to runs that stayed behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select

from automation.store.expressions import among
from automation.store.lists import fetch, named_rows, read_object, run_many
from automation.store.schema import run as runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from automation.store.types import AnyRow


def runs_of_merged(conn: Connection, people: Sequence[int]) -> list[AnyRow]:
    """All runs of these contacts, as far as a merge asks about them, by id, locked until the transaction ends."""
    columns = [runs.c[name] for name in (
        "id", "key", "rule_id", "rule_version_id", "contact_id", "status", "position", "due_at", "mode_key",
        "queue_key", "entered_at", "ended_at", "wait_event", "visit", "event_id", "since_at", "since_event_id",
    )]  # fmt: skip
    query = select(*columns).where(among(runs.c.contact_id, people)).order_by(runs.c.id)
    return named_rows(conn, query.with_for_update())


def give_runs(conn: Connection, rows: Sequence[tuple[int, str, int]]) -> None:
    """Give these runs to another contact under another key: (contact_id, key, id)."""
    run_many(conn, "UPDATE run SET contact_id = ?, key = ? WHERE id = ?", rows)


def queue_these(conn: Connection, ids: Sequence[int]) -> None:
    """Runs that have not begun yet stand in line for their place instead of holding it."""
    sql = "UPDATE run SET status = 'queued', queue_key = mode_key, mode_key = NULL, due_at = NULL WHERE id = ?"
    run_many(conn, sql, [(id_,) for id_ in ids])


def sent_anything(conn: Connection, run_ids: Sequence[int]) -> set[int]:
    """Those of these runs of which something was, or may have been, sent."""
    sql = """SELECT DISTINCT run_id FROM message
             WHERE run_id = ANY(?) AND status IN ('sending', 'accepted', 'unknown')"""
    return {row[0] for row in fetch(conn, sql, list(run_ids))} if run_ids else set()


class MergedEvent(NamedTuple):
    """An event of one of those who were merged."""

    id: int
    name: str
    occurred_at: int
    received_at: int
    source: str
    channel: str | None
    properties: dict[str, Any]


def events_of_merged(conn: Connection, contact_id: int, names: Sequence[str], since: int) -> list[MergedEvent]:
    """This person's events with these names that happened since a moment, in the order in which they came."""
    sql = """SELECT id, name, occurred_at, received_at, source, channel, properties FROM event
             WHERE contact_id = ? AND name = ANY(?) AND occurred_at >= ? ORDER BY id"""
    return [
        MergedEvent._make((*row[:-1], read_object(row[-1]))) for row in fetch(conn, sql, contact_id, list(names), since)
    ]
