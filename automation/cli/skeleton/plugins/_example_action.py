"""自定义动作示例：把文件名开头的 _ 去掉即生效，规则里写 `do: points.add`。

An example of an action of your own: take the leading _ off the file's name, and rules may say `do: points.add`.
文件名以 _ 开头的插件不会被载入。 Files that begin with _ are not loaded.

    - do: points.add
      with: {points: 100}
      save_as: gift            # 之后的模板可用 {{ gift.total }} / later templates may use {{ gift.total }}
"""

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


class AddPoints(Action):
    """Adds points to the contact's attribute `points`."""

    type = "points.add"
    title = Text("加积分", "add points")
    outputs = {"total": FieldType.INTEGER}  # what save_as makes available

    class Params(plugin.Params):
        """What stands under `with:`. The labels appear in error messages, the JSON Schema and the docs."""

        points: int = param(zh="加多少积分", en="how many points to add", ge=1, le=10_000)

    def run(self, params: Any, items: Sequence[Item], context: ActionContext) -> Sequence[Result]:
        """One batch of people; one result for each, in order. What is written commits or rolls back with the step."""
        totals = [int(item.facts.contact.get("points") or 0) + params.points for item in items]
        changes = {item.contact_id: {"points": total} for item, total in zip(items, totals, strict=True)}
        update_attributes(context.conn, changes, to_ms(context.now), actor=self.type)
        return [Done({"total": total}) for total in totals]
