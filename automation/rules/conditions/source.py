"""Conditions on an event as Python source: each property read once, each constant a name."""

from __future__ import annotations

from typing import Any

from automation.catalogue.model import FieldType
from automation.catalogue.stored import SHAPES
from automation.rules.conditions.operators import positive
from automation.rules.conditions.tree import Compare, Condition, FieldRef, Group, refs_in
from automation.rules.conditions.values import is_of_type, kinds_of

# Tests worth writing out; `v` is present and of its type, `x` the operand. Others call the operator's own test.
_INLINE = {
    "is": "{v} == {x}",
    "in": "{v} in {x}",
    "gt": "{v} > {x}",
    "gte": "{v} >= {x}",
    "lt": "{v} < {x}",
    "lte": "{v} <= {x}",
    "before": "{v} < {x}",
    "after": "{v} > {x}",
    "on_or_before": "{v} <= {x}",
    "on_or_after": "{v} >= {x}",
    "contains": "{x} in {v}",
    "starts_with": "{v}.startswith({x})",
    "ends_with": "{v}.endswith({x})",
    "has": "{x} in {v}",
    "exists": "True",
}


class Sources:
    """Collects the reads and the constants of one generated function."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {"is_list": lambda value: is_of_type(FieldType.LIST, value)}
        self.reads: list[str] = []
        self._values: dict[FieldRef, str] = {}

    def constant(self, value: Any) -> str:
        """The name under which the function finds `value`."""
        name = f"c{len(self.names)}"
        self.names[name] = value
        return name

    def value(self, ref: FieldRef) -> str:
        """The name of a property's value, read once; None in it means missing or of another type."""
        name = self._values.get(ref)
        if name is None:
            name = self._values[ref] = f"v{len(self._values)}"
            if ref.type is FieldType.LIST:
                right = f"is_list({name})"
            elif ref.type in SHAPES:
                right = f"{name}.__class__ is str and {self.constant(SHAPES[ref.type])}({name}) is not None"
            else:
                right = " or ".join(f"{name}.__class__ is {kind.__name__}" for kind in kinds_of(ref.type))
            self.reads += [f"    {name} = get({self.constant(ref.name)})", f"    if not ({right}): {name} = None"]
        return name

    def expression(self, condition: Condition) -> str:
        """`condition` as an expression over the values."""
        if isinstance(condition, Compare) and condition.field.namespace == "event":
            return self._compare(condition)
        if not isinstance(condition, Group):
            raise TypeError(f"not a condition on an event's properties alone: {condition.path}")
        parts = [self.expression(item) for item in condition.items]
        if condition.kind == "all":
            return f"({' and '.join(parts)})" if parts else "True"
        either = f"({' or '.join(parts)})" if parts else "False"
        return either if condition.kind == "any" else f"(not {either})"

    def function(self, name: str, lines: list[str]) -> Any:
        """The function `name(event)` with these body lines."""
        source = "\n".join([f"def {name}(event):", "    get = event.get", *self.reads, *lines])
        exec(compile(source, "<fused conditions>", "exec"), self.names)
        return self.names[name]

    def _compare(self, node: Compare) -> str:
        row, negated = positive(node.op)
        if refs_in(node.value):
            raise TypeError(f"{node.op} refers to more than the event: {node.path}")
        if row.relative:
            raise TypeError(f"{node.op} depends on now: {node.path}")
        if row.name == "exists":
            negated = node.value is False
        value = self.value(node.field)
        operand = self.constant(frozenset(node.value) if row.name == "in" else node.value)
        if row.name in _INLINE:
            test = _INLINE[row.name].format(v=value, x=operand)
        else:
            test = f"{self.constant(row.test)}({value}, {operand})"
        whole = f"({value} is not None and {test})"
        return f"(not {whole})" if negated else whole
