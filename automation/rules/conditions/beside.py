"""References of a condition as columns: what they stand for in each run, beside each row of a table we send along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from automation.catalogue.model import FieldType
from automation.rules.conditions.tree import refs_in
from automation.rules.conditions.values import referred
from automation.store.expressions import JsonKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement

    from automation.rules.conditions.facts import Facts
    from automation.rules.conditions.tree import Condition, Ref

_KINDS: dict[FieldType, JsonKind] = {
    FieldType.INTEGER: "number",
    FieldType.NUMBER: "number",
    FieldType.MONEY: "number",
    FieldType.BOOLEAN: "boolean",
}


def kind_of(type_: FieldType) -> JsonKind:
    """As what a value of the type is kept in JSON; moments and dates are texts."""
    return _KINDS.get(type_, "text")


@dataclass(frozen=True)
class BesideRefs:
    """The references of one condition, in order."""

    refs: tuple[Ref, ...]

    @classmethod
    def of(cls, condition: Condition | None) -> BesideRefs:
        return cls(refs_in(condition) if condition is not None else ())

    @property
    def columns(self) -> list[tuple[str, JsonKind]]:
        """Name and kind of each column."""
        return [(f"ref{place}", kind_of(ref.field.type)) for place, ref in enumerate(self.refs)]

    def values(self, facts: Facts) -> tuple[Any, ...]:
        """What they stand for; None where it is missing."""
        found = (referred(ref, facts) for ref in self.refs)
        return tuple(float(value) if type(value) is int else value for value in found)

    def lookup(self, table: Any) -> Callable[[Ref], ColumnElement[Any]]:
        """Finds the column of a reference in the table that holds `columns`."""
        names = {ref: f"ref{place}" for place, ref in enumerate(self.refs)}
        return lambda ref: table.c[names[ref]]

    def rows(self, facts: Sequence[Facts] | None, count: int) -> list[tuple[Any, ...]]:
        """The values of each of `count` runs; without their facts everything is missing."""
        if not self.refs:
            return [()] * count
        return [self.values(one) for one in facts] if facts is not None else [(None,) * len(self.refs)] * count
