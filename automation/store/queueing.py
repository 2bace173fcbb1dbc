"""Queues for a place that only one run may hold: whoever has stood there longest goes in when the place is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automation.reasons import Reason
from automation.store.lists import fetch, run
from automation.store.log import Entry, write_log

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

_FREE = """NOT EXISTS (SELECT 1 FROM run AS inside WHERE inside.contact_id = waiting.contact_id
                AND inside.rule_id = waiting.rule_id AND inside.mode_key = waiting.queue_key)
GROUP BY waiting.contact_id, waiting.rule_id, waiting.queue_key"""
_BEHIND = f"""
SELECT min(waiting.id) FROM run AS waiting
WHERE waiting.contact_id = ANY(?) AND waiting.queue_key IS NOT NULL AND {_FREE}"""
_FORGOTTEN = f"SELECT min(waiting.id) FROM run AS waiting WHERE waiting.queue_key IS NOT NULL AND {_FREE}"
_LET_IN = """
UPDATE run SET status = 'active', mode_key = queue_key, queue_key = NULL, due_at = ?
WHERE id = ANY(?) AND queue_key IS NOT NULL"""
_ROWS = """
SELECT id, rule_id, rule_version_id, contact_id, event_id, entered_at FROM run
WHERE id = ANY(?) AND queue_key IS NOT NULL ORDER BY id"""


def let_next_in(conn: Connection, ended: Sequence[int], now: int) -> int:
    """The first of each queue for a place that these runs have left goes in; returns how many did."""
    if not ended:
        return 0
    # Two queries, because PostgreSQL would rather read all queues than look into the index for each of some people.
    people = sorted({row[0] for row in fetch(conn, "SELECT contact_id FROM run WHERE id = ANY(?)", list(ended))})
    return _let_in(conn, [id_ for (id_,) in fetch(conn, _BEHIND, people)], now)


def repair_queues(conn: Connection, now: int) -> int:
    """Whoever stands before a free place goes in, however that came about; returns how many did.

    Costs what the queues are long, whatever the number of runs.
    """
    return _let_in(conn, [id_ for (id_,) in fetch(conn, _FORGOTTEN)], now)


def _let_in(conn: Connection, ids: list[int], now: int) -> int:
    if not ids:
        return 0
    entries = [
        Entry(Reason.ENTERED, rule_id, version_id, contact_id, id_, event_id, detail={"queued_since": since})
        for id_, rule_id, version_id, contact_id, event_id, since in fetch(conn, _ROWS, ids)
    ]
    run(conn, _LET_IN, now, ids)
    write_log(conn, now, entries)
    return len(entries)
