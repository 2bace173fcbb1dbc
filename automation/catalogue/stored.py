"""Whether a stored value is in the normal form of the type that the catalogue says today."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from automation.catalogue.model import FieldType

if TYPE_CHECKING:
    from automation.catalogue.model import FieldDef

SHAPES = {
    FieldType.DATE: re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch,
    FieldType.DATETIME: re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z").fullmatch,
}
"""Texts that look like a date or a moment: any other is of another type. In SQL: store/expressions.py."""
_NUMBERS = (FieldType.INTEGER, FieldType.NUMBER, FieldType.MONEY)


def in_normal_form(defn: FieldDef, value: Any) -> bool:
    """As the JSON type goes; None is no value. A whole number where whole ones are kept."""
    if value is None:
        return True
    if defn.type in _NUMBERS:
        right = isinstance(value, (int, float)) and not isinstance(value, bool)
        return right and (defn.type is FieldType.NUMBER or value == int(value))
    if defn.type is FieldType.BOOLEAN:
        return isinstance(value, bool)
    if defn.type is FieldType.LIST:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    shape = SHAPES.get(defn.type)
    return isinstance(value, str) and (shape is None or shape(value) is not None)
