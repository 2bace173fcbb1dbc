"""What the texts in a step's parameters see of one person, and what becomes of a person who can't be rendered."""

from __future__ import annotations

from typing import Any

from automation.actions.base import ActionContext, Failed, Item
from automation.errors import AutomationError
from automation.reasons import Reason
from automation.templating import RenderError


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


def failed_for(error: AutomationError) -> Failed:
    """The result of one person for whom a text or value is missing or wrong."""
    if isinstance(error, RenderError):
        return Failed(Reason.FAILED_RENDER, {"error": str(error), "variable": error.params["variable"]})
    return Failed(Reason.STEP_FAILED, {"error": str(error)})
