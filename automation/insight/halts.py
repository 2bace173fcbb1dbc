"""What stands still and why, for `status`: pauses, approvals, missed schedules, contacts that can't be reached."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from automation.clock import to_ms
from automation.engine.clocks.approvals import list_held
from automation.engine.switches import paused_now
from automation.i18n import say
from automation.insight.missing_rules import COLUMNS as MISSING
from automation.insight.missing_rules import read_missing_rules
from automation.store.occurrences import missed_since
from automation.store.problems import QUIET_FIELDS, count_problems

if TYPE_CHECKING:
    from sqlalchemy import Connection

LOOK_BACK = timedelta(days=7)
"""How far back schedules that were missed are counted."""

Rows = list[dict[str, Any]]
COLUMNS: dict[str, list[str]] = {
    "missing_rules": MISSING,
    "pauses": ["what", "at", "actor", "reason"],
    "approvals": ["id", "rule", "key", "due_at", "why"],
    "missed": ["rule", "count"],
    "contact_problems": ["channel", "reason", "count"],
}


def read_halts(conn: Connection, now: datetime) -> dict[str, Rows]:
    """The rows of each of `COLUMNS`, with what programs want to know besides."""
    return {
        "missing_rules": read_missing_rules(conn),
        "pauses": paused_now(conn),
        "approvals": [row | {"why": why_held(row)} for row in list_held(conn)],
        "missed": [
            {"rule": rule, "count": count} for rule, count in missed_since(conn, to_ms(now - LOOK_BACK)).items()
        ],
        "contact_problems": [
            {"channel": channel, "code": code, "reason": problem_of(code), "count": count}
            for (channel, code), count in sorted(count_problems(conn).items())
        ],
    }


def why_held(row: dict[str, Any]) -> str:
    """Which bound a thing that waits for approval exceeds, and by how much."""
    return say(f"control.why_{row['bound']}", **row)


def problem_of(code: str) -> str:
    """What is wrong with a contact's address or field, in words."""
    kind = code if code in ("address", *QUIET_FIELDS) else "provider"
    return say(f"cli.problem_{kind}", code=code)
