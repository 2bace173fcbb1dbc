"""The condition as a SQL clause that is always true or false, never NULL, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Boolean, ColumnElement, and_, exists, false, func, literal, not_, or_, select, true

from automation.catalogue.dates import moment_of
from automation.catalogue.model import FieldType
from automation.clock import to_ms
from automation.errors import AutomationError
from automation.rules.conditions.beside import kind_of
from automation.rules.conditions.operators import Operator, positive
from automation.rules.conditions.sql_people import first_identity, reachable
from automation.rules.conditions.sql_tests import JsonListSome
from automation.rules.conditions.tree import Compare, Condition, FieldRef, Group, History, Reachable, Ref, refs_in
from automation.rules.conditions.values import bounds
from automation.store.expressions import json_list_has, json_value, moment_as_text, two_valued
from automation.store.schema import contact_tag, event


@dataclass(frozen=True)
class SqlScope:
    """What the clause's fields are in the query around it.

    `attributes` and `event_properties` are JSON columns; `columns` are `created_at` and `updated_at` in milliseconds.
    """

    contact_id: ColumnElement[Any]
    attributes: ColumnElement[Any]
    columns: Mapping[str, ColumnElement[Any]]
    now: datetime
    zone: ZoneInfo
    event_properties: ColumnElement[Any] | None = None


def clause(condition: Condition, scope: SqlScope) -> ColumnElement[bool]:
    """`condition` in the query that `scope` describes. AutomationError for a step's output, which no table holds."""
    return _clause(condition, _Subjects(scope))


def event_where(
    condition: Condition, properties: ColumnElement[Any], refs: Callable[[Ref], ColumnElement[Any]] | None = None
) -> ColumnElement[bool]:
    """A condition on an event's properties alone (`where:`), without relative times.

    `refs` finds the column of what a reference stands for: moments as texts, as they are in JSON.
    """
    return _clause(condition, _EventSubjects(properties, refs))


class _EventSubjects:
    """Finds the SQL of fields; this one knows an event's properties only."""

    def __init__(
        self, properties: ColumnElement[Any] | None, refs: Callable[[Ref], ColumnElement[Any]] | None = None
    ) -> None:
        self.properties, self._refs = properties, refs

    def of(self, ref: FieldRef) -> Any:
        """A column of the field's value, or, for a list, something with `has` and `some`."""
        if ref.namespace == "event" and self.properties is not None:
            return self._column(ref) if ref.storage == "column" else _json(self.properties, ref)
        raise AutomationError("conditions.no_sql", field=str(ref))

    def _column(self, ref: FieldRef) -> ColumnElement[Any]:
        """What every event has, beside the column of its properties."""
        table: Any = getattr(self.properties, "table", None)
        if table is None or ref.name not in table.c:
            raise AutomationError("conditions.no_sql", field=str(ref))
        found: ColumnElement[Any] = table.c[ref.name]
        return found if _in_millis(ref) else func.nullif(found, "")  # an empty source is none

    def referred(self, ref: Ref) -> ColumnElement[Any]:
        """The column of what a reference stands for."""
        if self._refs is None:
            raise AutomationError("conditions.no_sql", field=str(ref))
        return self._refs(ref)

    def moments(self) -> tuple[datetime, ZoneInfo]:
        raise AutomationError("conditions.no_relative_time")

    def history(self, node: History) -> ColumnElement[bool]:
        raise AutomationError("conditions.no_sql", field=node.event)

    def reachable(self, node: Reachable) -> ColumnElement[bool]:
        raise AutomationError("conditions.no_sql", field="reachable")


class _Subjects(_EventSubjects):
    """Knows the contact and the events of the contact, too."""

    def __init__(self, scope: SqlScope) -> None:
        super().__init__(scope.event_properties)
        self.scope = scope

    def of(self, ref: FieldRef) -> Any:
        if ref.namespace != "contact":
            return super().of(ref)
        if ref.storage == "tags":
            return _Tags(self.scope.contact_id)
        if ref.storage == "column":
            return self.scope.columns[ref.name]
        if ref.storage == "identity":
            return first_identity(self.scope.contact_id, ref.name)
        return _json(self.scope.attributes, ref)

    def referred(self, ref: Ref) -> ColumnElement[Any]:
        found: ColumnElement[Any] = self.of(ref.field)
        return moment_as_text(found) if _in_millis(ref.field) else found

    def moments(self) -> tuple[datetime, ZoneInfo]:
        return self.scope.now, self.scope.zone

    def reachable(self, node: Reachable) -> ColumnElement[bool]:
        id_ = self.scope.contact_id
        return reachable(node, id_, to_ms(self.scope.now))

    def history(self, node: History) -> ColumnElement[bool]:
        """`did`, by the index on (contact_id, name, occurred_at). Who is in no run did nothing since the entry."""
        if node.since_entry:
            return true() if node.negated else false()
        now, zone = self.moments()
        wanted = [
            event.c.contact_id == self.scope.contact_id,
            event.c.name == node.event,
            event.c.occurred_at <= to_ms(now),
        ]
        if node.within is not None:
            wanted.append(event.c.occurred_at >= to_ms(node.within.before(now, zone)))
        if node.where is not None:
            wanted.append(event_where(node.where, event.c.properties, self.referred))
        found = select(literal(1)).where(*wanted).correlate_except(event)
        if node.at_least > 1:
            found = found.limit(1).offset(node.at_least - 1)
        return not_(exists(found)) if node.negated else exists(found)


def _clause(condition: Condition, subjects: _EventSubjects) -> ColumnElement[bool]:
    if isinstance(condition, Compare):
        return _compare(condition, subjects)
    if isinstance(condition, History):
        return subjects.history(condition)
    if isinstance(condition, Reachable):
        return subjects.reachable(condition)
    return _group(condition, subjects)


def _group(group: Group, subjects: _EventSubjects) -> ColumnElement[bool]:
    parts = [_clause(item, subjects) for item in group.items]
    if group.kind == "all":
        return and_(true(), *parts)
    either = or_(false(), *parts)
    return either if group.kind == "any" else not_(either)


def _compare(node: Compare, subjects: _EventSubjects) -> ColumnElement[bool]:
    row, negated = positive(node.op)
    assert row.sql is not None
    operand = node.value
    if row.name == "exists":
        negated = operand is False
    if row.relative:
        operand = bounds(node.op, operand, node.field.type, *subjects.moments())
    if refs_in(operand):
        return _referring(node, row, negated, subjects)
    if _in_millis(node.field):
        operand = _each(operand, lambda text: to_ms(moment_of(text)))
    elif kind_of(node.field.type) == "number" and row.operand != "flag":
        operand = _each(operand, float)  # as JSON numbers are compared; an int would be sent as a 32-bit one
    elif node.field.type is FieldType.BOOLEAN and row.name == "is":
        operand = literal(operand, Boolean())
    found = two_valued(row.sql(subjects.of(node.field), operand))
    return not_(found) if negated else found


def _referring(node: Compare, row: Operator, negated: bool, subjects: _EventSubjects) -> ColumnElement[bool]:
    """Compares with columns. One that is NULL matches no positive, as in Python."""
    assert row.sql is not None
    subject = subjects.of(node.field)
    if _in_millis(node.field):
        subject = moment_as_text(subject)
    items = node.value if isinstance(node.value, tuple) else (node.value,)
    sides = [subjects.referred(item) if isinstance(item, Ref) else _literal(item, node.field.type) for item in items]
    found = two_valued(row.sql(subject, tuple(sides) if isinstance(node.value, tuple) else sides[0]))
    return not_(found) if negated else found


def _in_millis(ref: FieldRef) -> bool:
    """Whether it is a moment in a column of its own: an integer there, and a text in JSON."""
    return ref.storage == "column" and ref.type is FieldType.DATETIME


def _literal(value: Any, type_: FieldType) -> Any:
    return float(value) if kind_of(type_) == "number" else value


def _each(operand: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(operand, tuple):
        return tuple(change(item) for item in operand)
    return operand if isinstance(operand, bool) else change(operand)


def _json(column: ColumnElement[Any], ref: FieldRef) -> Any:
    if ref.type is FieldType.LIST:
        return _JsonList(column, ref.name)
    if ref.type in (FieldType.DATE, FieldType.DATETIME):
        return json_value(column, ref.name, "date" if ref.type is FieldType.DATE else "datetime")
    return json_value(column, ref.name, kind_of(ref.type))


@dataclass(frozen=True)
class _JsonList:
    """A list inside JSON."""

    column: ColumnElement[Any]
    key: str

    def has(self, value: str | ColumnElement[Any]) -> ColumnElement[bool]:
        return json_list_has(self.column, self.key, value)

    def some(self) -> ColumnElement[bool]:
        return JsonListSome(self.column, self.key)


@dataclass(frozen=True)
class _Tags:
    """A contact's tags, which are rows."""

    contact_id: ColumnElement[Any]

    def has(self, value: str | ColumnElement[Any]) -> ColumnElement[bool]:
        return self._exists(contact_tag.c.tag == value)

    def some(self) -> ColumnElement[bool]:
        return self._exists(true())

    def _exists(self, wanted: ColumnElement[bool]) -> ColumnElement[bool]:
        found = select(literal(1)).where(contact_tag.c.contact_id == self.contact_id, wanted)
        return exists(found.correlate_except(contact_tag))
