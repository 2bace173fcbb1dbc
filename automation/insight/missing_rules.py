"""Rules that the files don't have: why, how many people are inside, and what can be done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automation.i18n import say
from automation.store import rules, runs

if TYPE_CHECKING:
    from sqlalchemy import Connection

COLUMNS = ["rule", "state", "inside", "leaves_at", "why", "remedy"]


def read_missing_rules(conn: Connection) -> list[dict[str, Any]]:
    """One row a rule that is absent, finishing, or removed and not yet left. `leaves_at` is ms, or None."""
    rows = rules.missing_rules(conn)
    inside = runs.inside(conn, [row.id for row in rows]) if rows else {}
    found = []
    for row in rows:
        reason = row.status_detail if row.status == "absent" else row.status
        told = {"file": row.file or "–", "inside": inside.get(row.id, 0), "rule": row.key}
        why, remedy = say(f"removal.why_{reason}", **told), say(f"removal.do_{row.status}", rule=row.key)
        state = {"status": row.status, "state": say(f"insight.rule_{row.status}")}
        found.append({**told, **state, "leaves_at": row.leaves_at, "why": why, "remedy": remedy})
    return found
