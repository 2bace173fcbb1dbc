"""Mode queue at the door: who finds the place taken stands in line behind whoever is inside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from automation.reasons import Reason
from automation.store.runs import alive_inside, enter_runs, queue_runs

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.engine.entry.guards import Candidate

Stored = tuple[int | None, Reason]


def enter_or_queue(
    conn: Connection, candidates: Sequence[Candidate], rows: Sequence[tuple[Any, ...]], now: int
) -> list[Stored]:
    """Store the runs (rows as `enter_runs` takes them, no two for one place); each one's id and what became of it.

    Whoever is inside stays locked until the transaction ends, so that nobody queues behind one who leaves just now.
    """
    if not any(map(_queues, candidates)):
        return [_told(id_, Reason.ENTERED) for id_ in enter_runs(conn, rows, now)]
    found: dict[int, Stored] = {}
    behind = _behind(conn, candidates, range(len(rows)))
    going = [i for i in range(len(rows)) if i not in behind]
    for i, id_ in zip(going, enter_runs(conn, [rows[i] for i in going], now), strict=True):
        found[i] = _told(id_, Reason.ENTERED)
    refused = [i for i in going if found[i][0] is None]
    behind |= _behind(conn, candidates, refused) if refused else set()
    last = sorted(behind)
    for i, id_ in zip(last, queue_runs(conn, [rows[i] for i in last], now), strict=True):
        found[i] = _told(id_, Reason.QUEUED_BEHIND)
    return [found[i] for i in range(len(rows))]


def _behind(conn: Connection, candidates: Sequence[Candidate], indexes: Sequence[int]) -> set[int]:
    """Those for whom somebody stands at their place."""
    asked = [i for i in indexes if _queues(candidates[i])]
    people = [candidates[i].contact_id for i in asked]
    inside = alive_inside(conn, people, sorted({candidates[i].rule.rule_id for i in asked}), lock=True)
    return {
        i for i in asked
        if (candidates[i].contact_id, candidates[i].rule.rule_id, candidates[i].mode_key or "") in inside
    }  # fmt: skip


def _queues(candidate: Candidate) -> bool:
    return candidate.rule.spec.mode.on_again == "queue"


def _told(run_id: int | None, reason: Reason) -> Stored:
    return run_id, Reason.SKIPPED_REPEATED if run_id is None else reason
