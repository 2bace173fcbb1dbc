"""How many of a rule's messages failed lately: one row per rule, added to by all processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete

from automation.store.lists import run as execute
from automation.store.schema import failure_rate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection


WINDOW = 1_000
"""Beyond so many attempts the older ones count half, so that years of success don't hide today's failures."""


def count_outcomes(conn: Connection, counts: Mapping[int, tuple[int, int]], now: int) -> dict[int, tuple[int, int]]:
    """Add {rule_id: (attempts, failures)}; returns what that makes of each. Rules are locked in order of their ids."""
    found = {}
    for rule_id in sorted(counts):
        row = execute(conn, _ADD, rule_id, now, *counts[rule_id]).one()
        found[rule_id] = (row.attempts, row.failures)
    return found


def clear_rate(conn: Connection, rule_id: int) -> None:
    """Begin to count anew."""
    conn.execute(delete(failure_rate).where(failure_rate.c.rule_id == rule_id))


def _kept(column: str) -> str:
    old = f"failure_rate.{column}"
    return f"CASE WHEN failure_rate.attempts < {WINDOW} THEN {old} ELSE {old} / 2 END + excluded.{column}"


_ADD = f"""
INSERT INTO failure_rate (rule_id, since, attempts, failures) VALUES (?, ?, ?, ?)
ON CONFLICT (rule_id) DO UPDATE SET attempts = {_kept("attempts")}, failures = {_kept("failures")}
RETURNING attempts, failures"""
