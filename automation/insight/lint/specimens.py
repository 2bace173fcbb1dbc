"""Specimens: values of the right form for what nobody has yet, such as the coupon a step will issue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from automation.catalogue.model import FieldType
from automation.rules.digest import DIGEST
from automation.rules.marked import marked, named_event
from automation.rules.params import CouponBatch
from automation.rules.rule_vars import VARS
from automation.rules.spec import Do, RuleSpec, WaitFor, each_step

if TYPE_CHECKING:
    from automation.catalogue.model import Catalogue, CouponBatchDef, EventDef, FieldDef
    from automation.plugin import Registry

_VALUES: dict[FieldType, Any] = {
    FieldType.TEXT: "样例", FieldType.INTEGER: 100, FieldType.NUMBER: 1.5, FieldType.MONEY: 10_000,
    FieldType.BOOLEAN: True, FieldType.DATETIME: "2026-01-31T02:00:00.000Z", FieldType.LIST: ["样例"],
}  # fmt: skip
_TERM = timedelta(days=14)


def contact_like(catalogue: Catalogue, today: date) -> dict[str, Any]:
    """A contact who has everything that the catalogue knows, reachable on every channel."""
    return {name: _value(defn, today) for name, defn in catalogue.fields.items()}


def event_like(rule: RuleSpec, catalogue: Catalogue, today: date) -> dict[str, Any]:
    """An event like those that the rule's trigger listens to; empty without such."""
    return _properties(named_event(rule.trigger.params, catalogue), today)


def outputs_like(rule: RuleSpec, catalogue: Catalogue, registry: Registry, today: date) -> dict[str, dict[str, Any]]:
    """What the rule's steps will keep by `save_as`, its `vars`, and what its digest collects."""
    found: dict[str, dict[str, Any]] = {VARS: dict(rule.vars)}
    if rule.digest is not None:
        found[DIGEST] = {"count": 2, "events": [event_like(rule, catalogue, today)] * 2}
    for step in each_step(rule.steps):
        if isinstance(step, Do) and step.save_as:
            found.setdefault(step.save_as, {}).update(_outputs(step, catalogue, registry, today))
        elif isinstance(step, WaitFor) and step.save_as:
            found.setdefault(step.save_as, {}).update(_properties(catalogue.events.get(step.event), today))
    return found


def _outputs(step: Do, catalogue: Catalogue, registry: Registry, today: date) -> dict[str, Any]:
    kinds: Mapping[str, FieldType] = getattr(registry.actions.get(step.action), "outputs", {})
    values = {name: _of_type(kind, today) for name, kind in kinds.items()}
    for mark in marked(type(step.params)):
        batch = catalogue.coupons.get(str(getattr(step.params, mark.attribute)))
        if isinstance(mark.reference, CouponBatch) and batch is not None:
            values |= _coupon(batch)
            values = {name: value for name, value in values.items() if value is not None}
    return values


def _coupon(batch: CouponBatchDef) -> dict[str, Any]:
    """A code as long as the real ones; no value where the batch has none."""
    return {"code": batch.prefix + "X" * batch.length, "batch": batch.key, "value": batch.value}


def _properties(event: EventDef | None, today: date) -> dict[str, Any]:
    return {name: _value(defn, today) for name, defn in event.fields.items()} if event is not None else {}


def _value(defn: FieldDef, today: date) -> Any:
    return defn.choices[0] if defn.choices else _of_type(defn.type, today)


def _of_type(kind: FieldType, today: date) -> Any:
    return (today + _TERM).isoformat() if kind is FieldType.DATE else _VALUES[kind]
