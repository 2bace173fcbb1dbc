"""What a condition looks at in Python, and what its operand means at a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automation.calendars.duration import Duration
from automation.catalogue.dates import moment_text
from automation.catalogue.model import FieldType
from automation.catalogue.stored import SHAPES
from automation.clock import from_ms
from automation.rules.conditions.tree import Ref

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from automation.rules.conditions.facts import Facts
    from automation.rules.conditions.tree import Compare, FieldRef

_TEXTS = (FieldType.TEXT, FieldType.DATE, FieldType.DATETIME)
_KINDS: dict[FieldType, tuple[Any, ...]] = {
    **dict.fromkeys(_TEXTS, (str,)),
    **dict.fromkeys((FieldType.INTEGER, FieldType.NUMBER, FieldType.MONEY), (int, float)),
    FieldType.BOOLEAN: (bool,),
    FieldType.LIST: (list, tuple, frozenset, set),
}


def value_of(ref: FieldRef, facts: Facts) -> Any:
    """The field's value, normalised; None when it is missing or of another type than the field's."""
    value = raw_value(ref, facts)
    return value if is_of_type(ref.type, value) else None


def raw_value(ref: FieldRef, facts: Facts) -> Any:
    """Whatever is there; None when nothing is."""
    if ref.namespace == "contact":
        return facts.contact.get(ref.name)
    if ref.namespace == "event":
        return facts.event.get(ref.name)
    step, _, output = ref.name.partition(".")
    outputs: Mapping[str, Any] = facts.variables.get(step) or {}
    return outputs.get(output)


def referred(ref: Ref, facts: Facts) -> Any:
    """What a reference stands for; None when it is missing or of another type than its field's."""
    if ref.field.namespace == "event" and facts.own is not None:
        value = facts.own.get(ref.field.name)
        return value if is_of_type(ref.field.type, value) else None
    return value_of(ref.field, facts)


def operand_of(node: Compare, facts: Facts) -> Any:
    """The operand with its references looked up; None when there is nothing to compare with.

    One of several that is missing leaves the others (`in`, `has_any`), or, where all are needed, nothing.
    """
    if not isinstance(node.value, tuple):
        return referred(node.value, facts) if isinstance(node.value, Ref) else node.value
    found = tuple(referred(item, facts) if isinstance(item, Ref) else item for item in node.value)
    if None not in found:
        return found
    return tuple(item for item in found if item is not None) if node.op in _ANY_WILL_DO else None


_ANY_WILL_DO = ("in", "not_in", "has_any", "has_none")


def kinds_of(type_: FieldType) -> tuple[Any, ...]:
    """The exact Python classes of a type's values; anything else (a boolean for a number) counts as missing."""
    return _KINDS[type_]


def is_of_type(type_: FieldType, value: Any) -> bool:
    """Whether `value` counts as present: of the type's class, and, for a list, with at least one text."""
    if type(value) not in _KINDS[type_]:
        return False
    shape = SHAPES.get(type_)
    if shape is not None:
        return shape(value) is not None
    return type_ is not FieldType.LIST or any(isinstance(item, str) for item in value)


def bounds(op: str, duration: Duration, type_: FieldType, now: datetime, zone: ZoneInfo) -> tuple[str, str]:
    """What a relative time means now: the first and the last date or moment, both included.

    `older_than` looks at the first alone. Dates are whole local days: today belongs to the last and to the next.
    """
    first, last = (now, duration.after(now, zone)) if op == "within_next" else (duration.before(now, zone), now)
    if type_ is FieldType.DATE:
        return first.astimezone(zone).date().isoformat(), last.astimezone(zone).date().isoformat()
    return moment_text(first), moment_text(last)


def bounds_at(op: str, duration: Duration, type_: FieldType, now_ms: int, zone: ZoneInfo) -> tuple[str, str]:
    """`bounds` for a moment in milliseconds."""
    return bounds(op, duration, type_, from_ms(now_ms), zone)
