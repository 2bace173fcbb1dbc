"""What has happened between one person and one rule: runs with their path, and the skips between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from automation.i18n import say
from automation.insight.account import Line
from automation.insight.details import shown_time, summary
from automation.reasons import Reason
from automation.store.log import read_log
from automation.store.runs import runs_of

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from automation.store.types import AnyRow

MAX_RUNS = 20
MAX_ROWS = 200


def past_runs(conn: Connection, rule_id: int, people: Sequence[int]) -> list[AnyRow]:
    """The newest first."""
    found = [row for contact_id in people for row in runs_of(conn, rule_id, contact_id, MAX_RUNS)]
    return sorted(found, key=lambda row: (row.entered_at, row.id), reverse=True)[:MAX_RUNS]


def past_lines(
    conn: Connection, rule: str, runs: Sequence[AnyRow], people: Sequence[int], zone: ZoneInfo
) -> list[Line]:
    """The log of this pair, oldest first; a run's rows stand below it."""
    rows = read_log(conn, rule_key=rule, contact_ids=people, limit=MAX_ROWS)
    by_run = {row.id: row for row in runs}
    lines: list[Line] = []
    told: set[int] = set()
    for row in rows:
        if row.run_id in by_run and row.run_id not in told:
            told.add(row.run_id)
            lines.append(_run_line(by_run[row.run_id], zone))
            lines += [_log_line(each, zone, 1) for each in rows if each.run_id == row.run_id]
        elif row.run_id is None:
            lines.append(_log_line(row, zone, 0))
    return lines


def outcome(run: AnyRow, zone: ZoneInfo) -> str:
    """Where a run stands, or how it ended."""
    if run.ended_at is None:
        due = "" if run.due_at is None else shown_time(run.due_at, zone)
        if run.wait_event is not None:
            key = "insight.run_waiting" if run.status == "active" else "insight.run_held_waiting"
            return say(key, event=run.wait_event, due=due)
        key = f"insight.run_{run.status}" if run.status != "active" or due else "insight.run_now"
        return say(key, due=due) if due else say(key)
    ended = Reason(run.reason).sentence() if run.reason in Reason.__members__.values() else str(run.reason)
    return say("insight.run_ended", at=shown_time(run.ended_at, zone), reason=ended)


def _run_line(run: AnyRow, zone: ZoneInfo) -> Line:
    sentence = say("insight.entered_on", at=shown_time(run.entered_at, zone))
    return Line("history", None, sentence, outcome(run, zone), f"run {run.id}")


def _log_line(row: AnyRow, zone: ZoneInfo, depth: int) -> Line:
    sentence = Reason(row.code).sentence() if row.code in Reason.__members__.values() else row.code
    ok = False if row.code.startswith(("skipped.", "failed.", "held.")) else None
    return Line(
        "history", ok, f"{shown_time(row.at, zone)}  {sentence}", summary(row.detail, zone), row.step or "", depth
    )
