"""What stands behind an operator: read by its kind, normalised to the field's type, checked."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfo

from automation.calendars.duration import Duration
from automation.catalogue.model import FieldType
from automation.catalogue.nearest import offer
from automation.catalogue.values import ValueProblem, normalise
from automation.contacts.identity import IdentityError, read_identity
from automation.rules.conditions.operators import OPERATORS, Operator, allowed
from automation.rules.conditions.references import References, literal_text
from automation.rules.conditions.tree import Ref, refs_in
from automation.yamltree import Node, Scalar, Sequence

if TYPE_CHECKING:
    from automation.catalogue.model import Catalogue, FieldDef

_UTC = ZoneInfo("UTC")
_ZONED = re.compile(r"(Z|z|:\d{2} *[+-]\d{2}:?\d{2})\Z")
_EQUAL = ("is", "is_not", "in", "not_in")
_TEXT_TESTS = ("contains", "not_contains", "starts_with", "ends_with")


class Report(Protocol):
    def __call__(self, node: Node, path: str, key: str, **params: Any) -> None: ...


class Operands:
    """Reads operands; None after a problem was reported. `relative`: whether conditions here know what now is."""

    def __init__(
        self, report: Report, zone: ZoneInfo | None, catalogue: Catalogue, *, relative: bool, references: References
    ) -> None:
        self.report = report
        self.catalogue = catalogue
        self.zone = zone
        self.relative = relative
        self.references = references

    def operator(self, defn: FieldDef, name: str, at: Node, path: str) -> Operator | None:
        """The row of the table, if it fits the field."""
        row = OPERATORS.get(name)
        if row is None:
            self.report(at, path, "unknown_operator", known=", ".join(allowed(defn.type)), **offer(name, OPERATORS))
            return None
        if defn.type not in row.types:
            params = {"found": name, "field": defn.name, "type": defn.type.value}
            self.report(at, path, "wrong_operator", known=", ".join(allowed(defn.type)), **params)
            return None
        if row.relative and not self.relative:
            self.report(at, path, "no_relative_here", found=name)
            return None
        return row

    def read(self, row: Operator, defn: FieldDef, node: Node, path: str) -> Any:
        """The operand: one value, a tuple, a flag or a Duration."""
        if row.operand == "flag":
            return self._flag(row, node, path)
        if row.operand == "duration":
            return self._relative(defn, node, path)
        item = replace(defn, type=FieldType.TEXT) if defn.type is FieldType.LIST else defn
        if row.name in _TEXT_TESTS:
            item = replace(item, choices=())
        if row.operand == "value":
            value = self._value(row, item, node, path)
            if value == "" and row.name in _TEXT_TESTS:
                self.report(node, path, "empty_text", found=row.name)
                return None
            return value
        return self._values(row, item, node, path)

    def duration(self, node: Node, path: str) -> Duration | None:
        """A positive duration."""
        parsed = Duration.parse(node.text) if isinstance(node, Scalar) else None
        if parsed is None or parsed.amount <= 0:
            self.report(node, path, "bad_duration", found=node.text if isinstance(node, Scalar) else "…")
            return None
        return parsed

    def _relative(self, defn: FieldDef, node: Node, path: str) -> Duration | None:
        duration = self.duration(node, path)
        if duration is not None and defn.type is FieldType.DATE and duration.is_elapsed:
            self.report(node, path, "date_needs_days", found=str(duration))
            return None
        return duration

    def _flag(self, row: Operator, node: Node, path: str) -> bool | None:
        if isinstance(node, Scalar) and isinstance(node.value, bool):
            return node.value
        self.report(node, path, "expected_flag", found=row.name)
        return None

    def _values(self, row: Operator, defn: FieldDef, node: Node, path: str) -> tuple[Any, ...] | None:
        if not isinstance(node, Sequence) or not node.items:
            self.report(node, path, "expected_pair" if row.operand == "pair" else "expected_values", found=row.name)
            return None
        values = [self._value(row, defn, item, path) for item in node.items]
        if any(value is None for value in values):
            return None
        if row.operand == "pair" and (len(values) != 2 or (not refs_in(tuple(values)) and values[0] > values[1])):
            self.report(node, path, "expected_pair", found=row.name)
            return None
        return tuple(values)

    def _value(self, row: Operator, defn: FieldDef, node: Node, path: str) -> Any:
        literal = literal_text(node)
        if literal is None and isinstance(node, Scalar) and isinstance(node.value, str):
            found = self.references.read(node.value, defn.type)
            if isinstance(found, Ref):
                return found
            if found is not None:
                key, params = found
                self.report(node, path, key, **params)
                return None
        node = literal or node
        if not isinstance(node, Scalar):
            self.report(node, path, "expected_value", found=row.name)
            return None
        if node.value is None:
            self.report(node, path, "no_value", found=row.name)
            return None
        if self.zone is None and defn.type is FieldType.DATETIME and not _ZONED.search(node.text):
            self.report(node, path, "needs_zone", found=node.text)
            return None
        try:
            value = normalise(defn, _written(defn, node), self.zone or _UTC)
            return self._identity(row, defn, value)
        except ValueProblem as problem:
            self.report(node, path, problem.key, **problem.params)
            return None

    def _identity(self, row: Operator, defn: FieldDef, value: Any) -> Any:
        """An identity is compared in the form in which it is kept; what can't be one is nobody's, and stays."""
        if defn.storage != "identity" or row.name not in _EQUAL or not isinstance(value, str):
            return value
        try:
            return read_identity(self.catalogue, defn.name, value)
        except IdentityError:
            return value


def _written(defn: FieldDef, node: Scalar) -> Any:
    """What was meant: `59.90` is exact money, `123` of a text field is the text as it was written."""
    exact = (FieldType.TEXT, FieldType.MONEY, FieldType.DATE, FieldType.DATETIME)
    if defn.type in exact and isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
        return node.text
    return node.value
