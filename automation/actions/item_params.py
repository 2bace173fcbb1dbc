"""A step's parameters for each person: texts rendered, references looked up, values in the form of their fields.

`run_action` is the door to every action: who can't be given their own parameters fails alone, and is not handed on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from automation.actions.base import Item
from automation.actions.texts import failed_for, variables
from automation.actions.values import looked_up, written
from automation.errors import AutomationError
from automation.rules import params as marks
from automation.rules.conditions.tree import Ref
from automation.rules.marked import marked, named_event
from automation.templating import Unrendered, is_template, render_value

if TYPE_CHECKING:
    from pydantic import BaseModel

    from automation.actions.base import Action, ActionContext, Result
    from automation.catalogue.model import FieldDef

_Make: TypeAlias = Callable[[Item, Mapping[str, Any]], Any]


def run_action(action: Action, params: BaseModel, items: Sequence[Item], context: ActionContext) -> list[Result]:
    """One result for each item, in order. ValueError when the action gives another number of them."""
    prepared = prepare(params, items, context)
    results = action.run(prepared.params, prepared.items, context) if prepared.items else ()
    if len(results) != len(prepared.items):
        raise ValueError(f"{action.type} gave {len(results)} results for {len(prepared.items)} people")
    return prepared.joined(results)


@dataclass(frozen=True)
class Prepared:
    """What an action is given: `params` for all, `items` with their own. `failed`: who is left out, by place."""

    params: BaseModel
    items: Sequence[Item]
    failed: Mapping[int, Result]

    def joined(self, results: Sequence[Result]) -> list[Result]:
        """The action's results and the failures, in the order of all items."""
        if not self.failed:
            return list(results)
        rest = iter(results)
        return [self.failed.get(place) or next(rest) for place in range(len(self.items) + len(self.failed))]


def prepare(params: BaseModel, items: Sequence[Item], context: ActionContext) -> Prepared:
    """Who can't be rendered, or lacks what is referred to, fails alone."""
    makers = _makers(params, context)
    if not makers:
        return Prepared(params, [replace(one, params=params) for one in items], {})
    shared = params.model_copy(update={name: Unrendered(name, getattr(params, name)) for name in makers})
    ready: list[Item] = []
    failed: dict[int, Result] = {}
    for place, item in enumerate(items):
        try:
            seen = variables(item, context)
            own = params.model_copy(update={name: make(item, seen) for name, make in makers.items()})
            ready.append(replace(item, params=own))
        except AutomationError as error:
            failed[place] = failed_for(error)
    return Prepared(shared, ready, failed)


@dataclass(frozen=True)
class _Maker:
    """Makes one parameter of one person."""

    value: Any
    context: ActionContext

    def text(self, item: Item, seen: Mapping[str, Any]) -> Any:
        return render_value(self.value, seen)

    def texts(self, item: Item, seen: Mapping[str, Any]) -> Any:
        if isinstance(self.value, (list, tuple)):
            return type(self.value)(str(_one(value, item, seen)) for value in self.value)
        return str(_one(self.value, item, seen))


def _one(value: Any, item: Item, seen: Mapping[str, Any]) -> Any:
    return looked_up(value, item.facts) if isinstance(value, Ref) else render_value(value, seen)


def _values(value: Mapping[str, Any], fields: Mapping[str, FieldDef], context: ActionContext) -> _Make:
    """Values by field name; an empty one is None."""

    def make(item: Item, seen: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: None if one in ("", None) else written(fields.get(name.removeprefix("contact.")), one, item.facts,
                                                         seen, context.zone)
            for name, one in value.items()
        }  # fmt: skip

    return make


def _makers(params: BaseModel, context: ActionContext) -> dict[str, _Make]:
    """For each parameter that differs from person to person, or must be brought into a field's form."""
    found: dict[str, _Make] = {}
    for mark in marked(type(params)):
        value, kind = getattr(params, mark.attribute), mark.reference
        if value is None:
            continue
        if isinstance(kind, marks.ContactValues):
            found[mark.attribute] = _values(value, context.catalogue.fields, context)
        elif isinstance(kind, marks.EventValues):
            event = named_event(params, context.catalogue)
            found[mark.attribute] = _values(value, event.properties if event else {}, context)
        elif isinstance(kind, marks.TextValues) and _varies(value):
            found[mark.attribute] = _Maker(value, context).texts
        elif isinstance(kind, marks.TemplateText) and _varies(value):
            found[mark.attribute] = _Maker(value, context).text
    return found


def _varies(value: Any) -> bool:
    """Whether a template or a reference stands anywhere in it."""
    if isinstance(value, Mapping):
        return any(_varies(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return any(_varies(item) for item in value)
    return isinstance(value, Ref) or is_template(value)
