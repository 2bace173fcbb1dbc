"""What rules have spent on a local calendar day: one row a rule and day, changed only within its limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from automation.store.bulk import update_rows
from automation.store.expressions import among
from automation.store.lists import changed, fetch, named_rows, run, run_many
from automation.store.schema import message

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection

    from automation.store.types import AnyRow

# The update without a change takes the row's lock, so that what is read stays true until the transaction ends.
_OPEN = """
INSERT INTO budget_use (rule_id, day, messages, cost) VALUES (?, ?, 0, 0)
ON CONFLICT (rule_id, day) DO UPDATE SET messages = budget_use.messages RETURNING messages, cost"""

_SPEND = """
UPDATE budget_use SET messages = messages + ?, cost = cost + ? WHERE rule_id = ? AND day = ?
AND messages + ? <= ? AND cost + ? <= ?"""

_GIVE_BACK = """
UPDATE budget_use SET messages = CASE WHEN messages > ? THEN messages - ? ELSE 0 END,
cost = CASE WHEN cost > ? THEN cost - ? ELSE 0 END WHERE rule_id = ? AND day = ?"""

_TAKEN = """
SELECT id, rule_id, budget_day, cost FROM message
WHERE id = ANY(?) AND (budget_day IS NOT NULL OR cost > 0) AND resent_at IS NULL"""

_NOTHING_TAKEN = """
UPDATE message SET budget_day = NULL, cost = CASE WHEN cost > 0 THEN 0 ELSE cost END WHERE id = ANY(?)"""

NO_LIMIT = 2**62


class Use(NamedTuple):
    """`cost` in 1/10,000 of the currency unit."""

    messages: int = 0
    cost: int = 0


def open_use(conn: Connection, rule_id: int, day: str) -> Use:
    """What is spent of a day; nobody else spends any more of it until the transaction ends."""
    (row,) = fetch(conn, _OPEN, rule_id, day)
    return Use(*row)


def read_use(conn: Connection, rule_id: int, day: str) -> Use:
    """As `open_use`, without keeping others off."""
    rows = fetch(conn, "SELECT messages, cost FROM budget_use WHERE rule_id = ? AND day = ?", rule_id, day)
    return Use(*rows[0]) if rows else Use()


def spend(conn: Connection, rule_id: int, day: str, more: Use, at_most: Use) -> bool:
    """Add to an opened day, unless it would pass `at_most`."""
    values = (*more, rule_id, day, more.messages, at_most.messages, more.cost, at_most.cost)
    return changed(conn, _SPEND, *values) == 1


def give_back_unsent(conn: Connection, message_ids: Collection[int]) -> None:
    """Messages that will never be sent give back their place and their cost.

    Not those that were sent once more because the outcome was unknown: the first time may have cost.
    """
    rows = fetch(conn, _TAKEN, list(message_ids)) if message_ids else []
    if not rows:
        return
    back: dict[tuple[int, str], Use] = {}
    for _, rule_id, day, cost in rows:
        if day is not None:
            taken = back.get((rule_id, day), Use())
            back[rule_id, day] = Use(taken.messages + 1, taken.cost + (cost or 0))
    run_many(conn, _GIVE_BACK, [(m, m, c, c, *key) for key, (m, c) in sorted(back.items())])
    run(conn, _NOTHING_TAKEN, [row[0] for row in rows])


def places_of(conn: Connection, message_ids: Collection[int]) -> list[AnyRow]:
    """(id, rule_id, rule_version_id, budget_day, cost) of messages, in order; `cost` is None until one is charged."""
    columns = [message.c[name] for name in ("id", "rule_id", "rule_version_id", "budget_day", "cost")]
    return named_rows(conn, select(*columns).where(among(message.c.id, message_ids)).order_by(message.c.id))


def write_costs(conn: Connection, rows: Sequence[tuple[int, int]]) -> None:
    """Write (message id, cost)."""
    update_rows(conn, message, ("cost",), rows)
