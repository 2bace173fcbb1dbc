"""What has happened between one person and one rule: runs with their path, and the skips between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from automation.i18n import say
from automation.insight.account import Line
from automation.insight.details import shown_time, summary
from automation.reasons import Reason
from automation.store.log import read_log
from automation.store.waiting import DATED

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from automation.insight.as_of import Moment
    from automation.store.types import AnyRow

MAX_ROWS = 200


def past_lines(
    conn: Connection, rule: str, runs: Sequence[AnyRow], people: Sequence[int], zone: ZoneInfo, moment: Moment
) -> list[Line]:
    """The log of this pair up to the moment, oldest first; a run's rows stand below it."""
    rows = read_log(conn, rule_key=rule, contact_ids=people, until=moment.bound, limit=MAX_ROWS)
    by_run = {row.id: row for row in runs}
    below: dict[int, list[AnyRow]] = {}
    for row in rows:
        below.setdefault(row.run_id or 0, []).append(row)
    lines: list[Line] = []
    told: set[int] = set()
    for row in rows:
        if row.run_id in by_run and row.run_id not in told:
            told.add(row.run_id)
            lines.append(_run_line(by_run[row.run_id], zone, moment))
            lines += [log_line(each, zone, 1) for each in below[row.run_id]]
        elif row.run_id is None:
            lines.append(log_line(row, zone, 0))
    return lines


def outcome(run: AnyRow, zone: ZoneInfo, moment: Moment) -> str:
    """Where a run stands, or how it ended; of a moment in the past, only whether it was inside."""
    if run.ended_at is not None and run.ended_at <= moment.bound:
        ended = Reason(run.reason).sentence() if run.reason in Reason.__members__.values() else str(run.reason)
        return say("insight.run_ended", at=shown_time(run.ended_at, zone), reason=ended)
    if moment.past:
        return say("why.run_inside_then")
    due = "" if run.due_at is None else shown_time(run.due_at, zone)
    if run.wait_event is not None and not run.wait_event.startswith(DATED):
        key = "insight.run_waiting" if run.status == "active" else "insight.run_held_waiting"
        return say(key, event=run.wait_event, due=due)
    key = f"insight.run_{run.status}" if run.status != "active" or due else "insight.run_now"
    return say(key, due=due) if due else say(key)


def log_line(row: AnyRow, zone: ZoneInfo, depth: int) -> Line:
    """One decision: when, what, and the values seen."""
    sentence = Reason(row.code).sentence() if row.code in Reason.__members__.values() else row.code
    ok = False if row.code.startswith(("skipped.", "failed.", "held.")) else None
    seen = _taken(row.code, row.detail or {}) or summary(row.detail, zone)
    return Line("history", ok, f"{shown_time(row.at, zone)}  {sentence}", seen, row.step or "", depth)


def _taken(code: str, detail: Mapping[str, Any]) -> str:
    """Which way a run took where the steps part, in words."""
    if code == Reason.STEP_BRANCHED and detail.get("branch") in ("then", "else"):
        return say(f"why.branch_{detail['branch']}")
    if code == Reason.STEP_SPLIT and "arm" in detail:
        return say("why.arm_taken", split=detail.get("split"), arm=detail["arm"])
    return ""


def _run_line(run: AnyRow, zone: ZoneInfo, moment: Moment) -> Line:
    sentence = say("insight.entered_on", at=shown_time(run.entered_at, zone))
    return Line("history", None, sentence, outcome(run, zone, moment), f"run {run.id}")
