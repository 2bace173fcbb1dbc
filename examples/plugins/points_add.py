"""An action of our own: adds loyalty points to a person and tells other rules about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from automation import plugin
from automation.actions.base import Action, ActionContext, Done, Item, Result
from automation.catalogue.model import FieldType
from automation.clock import to_ms
from automation.contacts.profile import update_attributes
from automation.i18n import Text
from automation.plugin import param
from automation.store.events import NewEvent


class AddPoints(Action):
    """Adds to the contact's attribute `points` and emits `points.added`."""

    type = "points.add"
    title = Text("加积分", "add points")
    outputs = {"total": FieldType.INTEGER}

    class Params(plugin.Params):
        points: int = param(zh="加多少积分", en="how many points to add", ge=1, le=10_000)

    def run(self, params: Any, items: Sequence[Item], context: ActionContext) -> Sequence[Result]:
        totals = [int(item.facts.contact.get("points") or 0) + params.points for item in items]
        changes = {item.contact_id: {"points": total} for item, total in zip(items, totals, strict=True)}
        update_attributes(context.conn, changes, to_ms(context.now), actor=self.type)
        context.emit([self._event(item, params.points, context) for item in items])
        return [Done({"total": total}) for total in totals]

    def _event(self, item: Item, points: int, context: ActionContext) -> NewEvent:
        identity = f"{item.run_id}:{context.step}"
        return NewEvent("points.added", item.contact_id, to_ms(context.now), self.type, identity, {"points": points})
