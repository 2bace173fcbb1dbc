"""The condition as a Python predicate: compiled once, asked for each person or event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from automation.catalogue.model import FieldType
from automation.catalogue.stored import SHAPES
from automation.rules.conditions.facts import Facts
from automation.rules.conditions.operators import positive
from automation.rules.conditions.tree import Compare, Condition, Group, History, Reachable, refs_in
from automation.rules.conditions.values import bounds_at, is_of_type, kinds_of, operand_of, raw_value

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from automation.calendars.duration import Duration

Predicate: TypeAlias = Callable[[Facts], bool]
EventPredicate: TypeAlias = Callable[[Mapping[str, Any]], bool]


def predicate(condition: Condition) -> Predicate:
    """Whether the facts satisfy `condition`. Histories must be loaded; one that is missing raises KeyError."""
    if isinstance(condition, Compare):
        return _compare(condition)
    if isinstance(condition, History):
        return _history(condition)
    if isinstance(condition, Reachable):
        return lambda facts: facts.history[condition] > 0
    return _group(condition.kind, tuple(predicate(item) for item in condition.items))


def event_predicate(condition: Condition) -> EventPredicate:
    """The same for conditions that look at an event's properties alone, without relative times."""
    if isinstance(condition, Compare) and condition.field.namespace == "event":
        return _event_compare(condition)
    if isinstance(condition, Group):
        return _group(condition.kind, tuple(event_predicate(item) for item in condition.items))
    raise TypeError(f"not a condition on an event's properties alone: {condition.path}")


def _group(kind: str, parts: tuple[Callable[[Any], bool], ...]) -> Callable[[Any], bool]:
    if kind == "all":
        if len(parts) == 1:
            return parts[0]
        return lambda facts: all(part(facts) for part in parts)
    if kind == "any":
        return lambda facts: any(part(facts) for part in parts)
    return lambda facts: not any(part(facts) for part in parts)


def _history(node: History) -> Predicate:
    least, negated = node.at_least, node.negated
    return lambda facts: (facts.history[node] >= least) is not negated


def _compare(node: Compare) -> Predicate:
    row, negated = positive(node.op)
    ref, test = node.field, row.test
    assert test is not None
    if row.relative:
        return _relative(node, negated)
    if row.name == "exists":
        negated = node.value is False
    if refs_in(node.value):
        return _referring(node, negated)
    operand, type_ = node.value, ref.type

    def matches(facts: Facts) -> bool:
        value = raw_value(ref, facts)
        return (is_of_type(type_, value) and test(value, operand)) is not negated

    return matches


def _referring(node: Compare, negated: bool) -> Predicate:
    """Compares with what the references stand for; a missing value, on either side, matches no positive."""
    ref, test, type_ = node.field, positive(node.op)[0].test, node.field.type
    assert test is not None

    def matches(facts: Facts) -> bool:
        value, operand = raw_value(ref, facts), operand_of(node, facts)
        return (operand is not None and is_of_type(type_, value) and test(value, operand)) is not negated

    return matches


def _relative(node: Compare, negated: bool) -> Predicate:
    """Asks what the duration means now; a batch has one now, so the last answer is kept."""
    ref, op, type_, test = node.field, node.op, node.field.type, positive(node.op)[0].test
    duration: Duration = node.value
    kept: tuple[int, ZoneInfo | None, tuple[str, str]] = (-1, None, ("", ""))

    def matches(facts: Facts) -> bool:
        nonlocal kept
        if kept[0] != facts.now or kept[1] is not facts.zone:
            kept = (facts.now, facts.zone, bounds_at(op, duration, type_, facts.now, facts.zone))
        value = raw_value(ref, facts)
        assert test is not None
        return (is_of_type(type_, value) and test(value, kept[2])) is not negated

    return matches


def _event_compare(node: Compare) -> EventPredicate:
    row, negated = positive(node.op)
    test, operand, name = row.test, node.value, node.field.name
    if row.relative or test is None:
        raise TypeError(f"{node.op} depends on now: {node.path}")
    if refs_in(operand):
        raise TypeError(f"{node.op} refers to more than the event: {node.path}")
    if row.name == "exists":
        negated = operand is False
    if (type_ := node.field.type) is FieldType.LIST or type_ in SHAPES:
        return lambda event: (is_of_type(type_, v := event.get(name)) and test(v, operand)) is not negated
    kinds = kinds_of(node.field.type)
    return lambda event: ((v := event.get(name)).__class__ in kinds and test(v, operand)) is not negated
