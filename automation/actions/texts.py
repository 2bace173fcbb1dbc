"""What the texts in a step's parameters see of one person, and a result for each person who can be rendered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from automation.actions.base import ActionContext, Failed, Item, Result
from automation.errors import AutomationError
from automation.reasons import Reason
from automation.templating import RenderError


def for_each(
    items: Sequence[Item], context: ActionContext, make: Callable[[Item, Mapping[str, Any]], Result]
) -> list[Result]:
    """`make(item, variables)` for each; a person for whom a text or value is missing or wrong fails alone."""
    return [_one(item, context, make) for item in items]


def variables(item: Item, context: ActionContext) -> dict[str, Any]:
    """As templates see them: contact, event, the outputs of earlier steps, rule, brand, now, today."""
    now = context.now.astimezone(context.zone)
    return {
        **item.facts.variables,
        "contact": item.facts.contact,
        "event": item.facts.event,
        "rule": {"id": context.rule, "name": context.rule_name or context.rule},
        "brand": context.brand,
        "now": now,
        "today": now.date(),
    }


def _one(item: Item, context: ActionContext, make: Callable[[Item, Mapping[str, Any]], Result]) -> Result:
    try:
        return make(item, variables(item, context))
    except RenderError as error:
        return Failed(Reason.FAILED_RENDER, {"error": str(error), "variable": error.params["variable"]})
    except AutomationError as error:
        return Failed(Reason.STEP_FAILED, {"error": str(error)})
