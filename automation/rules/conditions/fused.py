"""Many conditions on one event as one function, so that an event costs what matches, not what was written.

Each condition is filed under one of its conjuncts: equality in a hash table, a threshold in a sorted list. Only what
fits neither is asked one by one, in generated source that reads each property once. User data never becomes source:
values are constants in the function's namespace.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from automation.catalogue.model import FieldType
from automation.rules.conditions.python import event_predicate
from automation.rules.conditions.source import Sources
from automation.rules.conditions.tree import Compare, Condition, FieldRef, Group, refs_in

if TYPE_CHECKING:
    from automation.rules.conditions.python import EventPredicate

Matcher: TypeAlias = Callable[[Mapping[str, Any]], Sequence[int]]

_EQUALITY = {"is": 0, "in": 1, "has": 2, "has_any": 3}
_THRESHOLDS = {
    "gt": "gt", "after": "gt", "gte": "gte", "on_or_after": "gte", "between": "gte",
    "lt": "lt", "before": "lt", "lte": "lte", "on_or_before": "lte",
}  # fmt: skip


def fuse(wheres: Sequence[Condition | None]) -> Matcher:
    """A function from an event's properties to the indexes of the conditions that hold, ascending."""
    plan = _Plan()
    for index, where in enumerate(wheres):
        plan.file(index, where)
    return plan.compiled()


@dataclass
class _Filed:
    """Conditions under one key of a table: those that hold at once, and those with more to ask."""

    sure: list[int] = field(default_factory=list)
    more: list[tuple[int, EventPredicate]] = field(default_factory=list)

    def add(self, index: int, rest: EventPredicate | None) -> None:
        if rest is None:
            self.sure.append(index)
        else:
            self.more.append((index, rest))


class _Plan:
    def __init__(self) -> None:
        self.always: list[int] = []
        self.tables: dict[FieldRef, dict[Any, _Filed]] = {}
        self.thresholds: dict[tuple[FieldRef, str], list[tuple[Any, int, EventPredicate | None]]] = {}
        self.others: list[tuple[int, Condition]] = []

    def file(self, index: int, where: Condition | None) -> None:
        """Put one condition where an event finds it fastest."""
        parts = _conjuncts(where)
        if not parts:
            self.always.append(index)
            return
        best = min(parts, key=_rank)
        rest = [part for part in parts if part is not best]
        if not isinstance(best, Compare) or _rank(best) == _LAST:
            self.others.append((index, Group("all", tuple(parts), "")))
        elif best.op in _EQUALITY:
            self._under_values(index, best, _asked(rest))
        else:
            kept = [best, *rest] if best.op == "between" else rest
            limit = best.value[0] if best.op == "between" else best.value
            key = (best.field, _THRESHOLDS[best.op])
            self.thresholds.setdefault(key, []).append((limit, index, _asked(kept)))

    def _under_values(self, index: int, node: Compare, rest: EventPredicate | None) -> None:
        table = self.tables.setdefault(node.field, {})
        values = node.value if node.op in ("in", "has_any") else (node.value,)
        for value in set(values):
            table.setdefault(value, _Filed()).add(index, rest)

    def compiled(self) -> Matcher:
        sources = Sources()
        lines = [f"    found = {sources.constant(self.always)}.copy()" if self.always else "    found = []"]
        for ref, table in self.tables.items():
            lines += _lookup(sources, ref, table)
        for (ref, op), entries in self.thresholds.items():
            lines += _cut(sources, ref, op, entries)
        for index, condition in self.others:
            lines.append(f"    if {sources.expression(condition)}: found.append({index})")
        # With has_any, several items of one list may lead to the same condition.
        double = any(ref.type is FieldType.LIST for ref in self.tables)
        lines.append("    if len(found) > 1: " + ("found = sorted(set(found))" if double else "found.sort()"))
        matcher: Matcher = sources.function("match", [*lines, "    return found"])
        return matcher


def _conjuncts(condition: Condition | None) -> list[Condition]:
    if condition is None:
        return []
    if isinstance(condition, Group) and condition.kind == "all":
        return [part for item in condition.items for part in _conjuncts(item)]
    return [condition]


_LAST = 9


def _rank(condition: Condition) -> int:
    """How well a conjunct narrows: equality of texts and numbers first, then thresholds, then what can't be filed."""
    if not isinstance(condition, Compare) or condition.field.namespace != "event" or refs_in(condition.value):
        return _LAST
    if condition.op in _EQUALITY:
        return 6 if condition.field.type is FieldType.BOOLEAN else _EQUALITY[condition.op]
    return 5 if condition.op in _THRESHOLDS else _LAST


def _asked(rest: list[Condition]) -> EventPredicate | None:
    return event_predicate(Group("all", tuple(rest), "")) if rest else None


def _lookup(sources: Sources, ref: FieldRef, table: dict[Any, _Filed]) -> list[str]:
    """Find the conditions filed under the event's value; of a list, under each of its texts."""
    value, name = sources.value(ref), sources.constant({key: (tuple(f.sure), f.more) for key, f in table.items()})
    if ref.type is FieldType.LIST:
        head = [f"    for item in {value} or ():", f"        hit = {name}.get(item) if item.__class__ is str else None"]
        pad = "        "
    else:
        head, pad = [f"    hit = {name}.get({value})"], "    "
    return [
        *head,
        f"{pad}if hit is not None:",
        f"{pad}    found += hit[0]",
        f"{pad}    for index, rest in hit[1]:",
        f"{pad}        if rest(event): found.append(index)",
    ]


def _cut(sources: Sources, ref: FieldRef, op: str, entries: list[tuple[Any, int, EventPredicate | None]]) -> list[str]:
    """All thresholds on the right side of the event's value, by bisection."""
    entries = sorted(entries, key=lambda entry: (entry[0], entry[1]))
    value = sources.value(ref)
    lines = [f"    if {value} is not None and {value} == {value}:"]  # NaN equals nothing, and no bisection may see it
    sure = [(limit, index) for limit, index, rest in entries if rest is None]
    more = [(limit, (index, rest)) for limit, index, rest in entries if rest is not None]
    for filed, is_sure in ((sure, True), (more, False)):
        if not filed:
            continue
        limits, items = sources.constant([limit for limit, _ in filed]), sources.constant([item for _, item in filed])
        bisect = sources.constant(bisect_left if op in ("gt", "lte") else bisect_right)
        at = f"{bisect}({limits}, {sources.value(ref)})"
        part = f"{items}[:{at}]" if op in ("gt", "gte") else f"{items}[{at}:]"
        if is_sure:
            lines.append(f"        found += {part}")
        else:
            lines += [f"        for index, rest in {part}:", "            if rest(event): found.append(index)"]
    return lines
