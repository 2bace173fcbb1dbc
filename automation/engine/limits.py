"""Limits per person: whether there is room for one more entry, coupon or message, and what fills it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from automation.rules.limits import limit_begins
from automation.store.limits import Use, coupons_of, entries_of, messages_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.engine.book import LoadedRule
    from automation.rules.spec import Limit

Kind: TypeAlias = Literal["entries", "coupons", "messages"]
_LOADERS: dict[Kind, Callable[[Connection, Collection[int], int], list[Use]]] = {
    "entries": entries_of,
    "coupons": coupons_of,
    "messages": messages_of,
}


def limits_of(rule: LoadedRule, of: Kind) -> tuple[Limit, ...]:
    return tuple(limit for limit in rule.spec.guards.limit if limit.of == of)


class Usage:
    """What the people of one batch have had lately of one kind; what they get within the batch is added as it comes."""

    def __init__(self, of: Kind, uses: Iterable[Use] = ()) -> None:
        self._of = of
        self._uses: dict[int, list[tuple[int | None, int, bool]]] = defaultdict(list)
        for contact_id, rule_id, at, shared, _ in uses:
            self._uses[contact_id].append((rule_id, at, shared))

    def until(self, moment: int) -> Usage:
        """The same without what came after a moment."""
        then = Usage(self._of)
        for contact_id, uses in self._uses.items():
            then._uses[contact_id] = [use for use in uses if use[1] <= moment]
        return then

    def add(self, contact_id: int, rule_id: int, at: int, *, shared: bool = True) -> None:
        self._uses[contact_id].append((rule_id, at, shared))

    def count(self, limit: Limit, contact_id: int, rule: LoadedRule, now: int) -> int:
        """How many count towards one limit of a rule."""
        since = limit_begins(limit, now, rule.spec.zone)
        return sum(
            at > since and (by == rule.rule_id or (shared and limit.scope == "all"))
            for by, at, shared in self._uses.get(contact_id, ())
        )

    def full(self, rule: LoadedRule, contact_id: int, now: int) -> dict[str, Any] | None:
        """The first limit of the rule that leaves no room for one more, as the log tells it; None: there is room."""
        for limit in limits_of(rule, self._of):
            count = self.count(limit, contact_id, rule, now)
            if count >= limit.max:
                told = {"max": limit.max, "per": str(limit.per), "of": limit.of, "scope": limit.scope}
                return told | {"counted": count}
        return None


def load_usage(
    conn: Connection, rules: Iterable[LoadedRule], of: Kind, contact_ids: Collection[int], now: int
) -> Usage:
    """What the limits of these rules look at: one query, and none where they have none."""
    begins = [limit_begins(limit, now, rule.spec.zone) for rule in set(rules) for limit in limits_of(rule, of)]
    return Usage(of, _LOADERS[of](conn, contact_ids, min(begins)) if begins and contact_ids else ())
