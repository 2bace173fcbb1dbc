"""Budgets: what a rule may spend on a local calendar day. Messages are reserved as they are queued, their cost as they
are rendered and marked; both count on the day on which the message was queued. They go back if it is never sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from automation.channels import CHANNELS
from automation.clock import from_ms
from automation.store.budgets import (
    NO_LIMIT,
    Use,
    open_use,
    places_of,
    read_use,
    spend,
    write_costs,
)

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from automation.engine.book import LoadedRule
    from automation.engine.delivery.prices import Prices
    from automation.store.types import AnyRow
    from automation.templating.content import Content

Detail = dict[str, Any]


class Budgets:
    """What the rules of one batch have left of their messages today."""

    def __init__(self, conn: Connection, rules: Sequence[LoadedRule], now: int, *, keep: bool) -> None:
        """With `keep`, nobody else spends of these budgets until the transaction ends."""
        ask = open_use if keep else read_use
        limited = {rule.rule_id: rule for rule in rules if rule.spec.guards.budget is not None}
        self._days = {id_: day_of(rule.spec.zone, now) for id_, rule in sorted(limited.items())}
        self._spent = {id_: ask(conn, id_, day).messages for id_, day in self._days.items()}
        self._taken: dict[int, int] = defaultdict(int)

    def refusal(self, rule: LoadedRule) -> Detail | None:
        """None when one more message fits, else the detail for the log."""
        budget = rule.spec.guards.budget
        if budget is None or budget.messages is None:
            return None
        spent = self._spent.get(rule.rule_id, 0) + self._taken[rule.rule_id]
        if spent < budget.messages:
            return None
        return {"messages": budget.messages, "spent": spent, "day": self._days[rule.rule_id]}

    def take(self, rule: LoadedRule) -> None:
        if rule.rule_id in self._days:
            self._taken[rule.rule_id] += 1

    def day(self, rule: LoadedRule) -> str | None:
        """Today where the rule is; None when it has no budget."""
        return self._days.get(rule.rule_id)

    def write(self, conn: Connection) -> None:
        for rule_id, count in sorted(self._taken.items()):
            day, spent = self._days.get(rule_id), self._spent.get(rule_id, 0)
            if day is not None and not spend(conn, rule_id, day, Use(count), Use(spent + count, NO_LIMIT)):
                raise RuntimeError(f"the budget of rule {rule_id} changed while it was kept")


def charge(
    conn: Connection, prices: Prices, rules: Mapping[int, LoadedRule], bills: Sequence[tuple[AnyRow, Content]]
) -> Mapping[int, Detail]:
    """Put the cost of rendered messages on the budgets of their rules, in the transaction that marks them.

    Returns those that can't be paid, by their id, with the reason. `rules`: by version id. A message that was charged
    before, for an earlier attempt, is not charged again. What may cost only so much is not sent at a price that nobody
    knows.
    """
    refused = {row.id: {"no_price": row.channel} for row, _ in bills if _is_unpriced(row, prices, rules)}
    if not prices:
        return refused
    bills = [bill for bill in bills if bill[0].id not in refused]
    costs = {row.id: prices.of(row.channel, content) for row, content in bills}
    limited = [row.id for row, _ in bills if _budget(rules.get(row.rule_version_id)) is not None]
    unpaid: dict[tuple[int, str], list[AnyRow]] = defaultdict(list)
    for row in places_of(conn, limited) if limited else ():
        if row.cost is not None:
            costs[row.id] = row.cost
        elif row.budget_day is not None:
            unpaid[row.rule_id, row.budget_day].append(row)
    for (rule_id, day), rows in sorted(unpaid.items()):
        refused |= _spend(conn, rule_id, day, rows, rules, costs)
    write_costs(conn, [(id_, cost) for id_, cost in costs.items() if id_ not in refused])
    return refused


def _spend(
    conn: Connection, rule_id: int, day: str, rows: Sequence[AnyRow], rules: Mapping[int, LoadedRule],
    costs: Mapping[int, int],
) -> dict[int, Detail]:  # fmt: skip
    """As many as fit, in order; returns the others, with the reason."""
    before = open_use(conn, rule_id, day).cost
    spent, refused = before, {}
    for row in rows:
        budget = _budget(rules[row.rule_version_id])
        if budget is not None and spent + costs[row.id] > budget:
            refused[row.id] = {"cost": costs[row.id], "budget": budget, "spent": spent, "day": day}
        else:
            spent += costs[row.id]
    if not spend(conn, rule_id, day, Use(0, spent - before), Use(NO_LIMIT, spent)):
        raise RuntimeError(f"the budget of rule {rule_id} changed while it was kept")
    return refused


def _is_unpriced(row: AnyRow, prices: Prices, rules: Mapping[int, LoadedRule]) -> bool:
    """Whether its cost is limited and not known. Where no person is reached, no budget is asked."""
    limit = _budget(rules.get(row.rule_version_id))
    limited = limit is not None and limit != NO_LIMIT and CHANNELS[row.channel].reaches_person
    return limited and not prices.knows(row.channel)


def _budget(rule: LoadedRule | None) -> int | None:
    """How much a rule's messages of one day may cost; None where it has no budget at all."""
    if rule is None or rule.spec.guards.budget is None:
        return None
    cost = rule.spec.guards.budget.cost
    return NO_LIMIT if cost is None else cost


@lru_cache(maxsize=1024)
def day_of(zone: ZoneInfo, ms: int) -> str:
    """The local calendar day of a moment: 2026-08-01."""
    return from_ms(ms).astimezone(zone).date().isoformat()
