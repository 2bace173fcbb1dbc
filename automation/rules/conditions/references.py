"""A text that names a value (`event.cart_id`): what it may stand for at one place, and what to say where it may not.

A text of that form is never taken for itself in silence: where it is meant, it is written `{text: event.cart_id}`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from automation.catalogue.model import FieldType
from automation.catalogue.nearest import hint, nearest
from automation.rules.conditions.names import Names
from automation.rules.conditions.tree import Ref
from automation.yamltree import Mapping, Node, Scalar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automation.rules.conditions.scope import Scope

_NAME = re.compile(r"([^\W\d]\w*)\.([^\W\d]\w*)\Z")
_ROOTS = ("contact", "event")
_NUMBERS = (FieldType.INTEGER, FieldType.NUMBER)

Complaint = tuple[str, dict[str, Any]]
"""The key of a sentence of the conditions table, and its params."""


def looks_like_reference(text: object, variables: Iterable[str] = ()) -> bool:
    """Whether a text has the form `contact.x`, `event.x`, or, for one of the saved `variables`, `coupon.x`."""
    match = _NAME.match(text) if isinstance(text, str) else None
    return match is not None and (match[1] in _ROOTS or match[1] in variables)


def literal_text(node: Node) -> Scalar | None:
    """The text of `{text: event.x}`, which is that text and no reference; None for anything else."""
    if isinstance(node, Mapping) and len(node.entries) == 1 and node.entries[0].key.value == "text":
        value = node.entries[0].value
        return value if isinstance(value, Scalar) and isinstance(value.value, str) else None
    return None


class References:
    """What texts may refer to where `scope` can be named; None: nothing."""

    def __init__(self, scope: Scope | None, *, lenient: bool = False) -> None:
        self.scope, self.lenient = scope, lenient
        self._names = Names(scope) if scope is not None else None

    def read(self, text: str, type_: FieldType, *, assigned: bool = False) -> Ref | Complaint | None:
        """The reference; None when the text is none; or what is wrong with it.

        `type_` is that of the field it is compared with, or that it is `assigned` to. `lenient`, for what was stored by
        an earlier version: a text that can't be a reference is a text.
        """
        found = self._read(text, type_, assigned=assigned)
        return None if self.lenient and isinstance(found, tuple) else found

    def _read(self, text: str, type_: FieldType, *, assigned: bool) -> Ref | Complaint | None:
        variables = self.scope.variables if self.scope is not None else {}
        if not looks_like_reference(text, variables):
            return self._misspelt(text)
        if self._names is None or self.scope is None:
            return "reference_not_here", {"found": text}
        found = self._names.find(text)
        if found is None:
            return self._unknown(text, self._names)
        ref = found[0]
        params = {"found": text, "type": ref.type.value, "wanted": type_.value}
        if assigned:
            return Ref(ref) if _fits(ref.type, type_) else ("reference_value_type", params)
        if ref.type is FieldType.LIST:
            return "reference_to_list", {"found": text}
        return Ref(ref) if comparable(ref.type, type_) else ("reference_type", params)

    def _unknown(self, text: str, names: Names) -> Complaint | None:
        root = text.partition(".")[0]
        if root == "event" and names.scope.event is None:
            return "reference_without_event", {"found": text}
        if root in _ROOTS and root not in names.scope.namespaces:
            return "reference_not_here", {"found": text}
        return "unknown_reference", {"found": text, **hint(nearest(text, names.known()))}

    def _misspelt(self, text: str) -> Complaint | None:
        """`evnt.cart_id`: no root has this name, but the right root has such a value."""
        match, names = _NAME.match(text), self._names
        if match is None or names is None or self.scope is None:
            return None
        root = nearest(match[1], [*_ROOTS, *self.scope.variables])
        if not root or names.find(f"{root}.{match[2]}") is None:
            return None
        return "unknown_reference", {"found": text, **hint(f"{root}.{match[2]}")}


def _fits(value: FieldType, field: FieldType) -> bool:
    return value is field or (value in _NUMBERS and field in _NUMBERS)


def comparable(one: FieldType, other: FieldType) -> bool:
    """Whether values of the two types can be compared: of one type, or both plain numbers. Money only with money."""
    other = FieldType.TEXT if other is FieldType.LIST else other  # its items
    return one is other or (one in _NUMBERS and other in _NUMBERS)
