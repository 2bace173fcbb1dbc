"""`contact.update`: attributes of the contact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from automation.actions.base import Action, ActionContext, Done, Item, Result
from automation.clock import to_ms
from automation.i18n import Text, say
from automation.plugin import Params, param
from automation.rules.params import ContactValues

if TYPE_CHECKING:
    from automation.rules.telling import Telling


class ContactUpdateParams(Params):
    set_: Annotated[dict[str, Any], ContactValues(), Field(min_length=1)] = param(
        alias="set",
        zh="字段与新值，可引用 event.x、contact.x 等，文本可含 {{ }}",
        en="fields and their new values: event.x and contact.x refer to values, texts may hold {{ }}",
    )


class ContactUpdate(Action):
    """Sets attributes of the contact: `set: {level: 金卡, last_sku: event.sku}`. An empty text deletes one."""

    type = "contact.update"
    title = Text("更新联系人属性", "update the contact")

    Params: ClassVar[Any] = ContactUpdateParams

    def run(self, params: Any, items: Sequence[Item], context: ActionContext) -> Sequence[Result]:
        from automation.contacts.profile import update_attributes

        changes: dict[int, dict[str, Any]] = {}
        for item in items:
            new = {name.removeprefix("contact."): value for name, value in item.params.set_.items()}
            changes.setdefault(item.contact_id, {}).update(new)
        update_attributes(context.conn, changes, to_ms(context.now), self.type)
        return [Done() for _ in items]

    def sentence(self, params: Any, telling: Telling) -> str:
        changes = [
            say("explain.update_clear", field=telling.contact_field(name))
            if value in ("", None)
            else say("explain.update_set", field=telling.contact_field(name), value=telling.value(value))
            for name, value in params.set_.items()
        ]
        return say("explain.update", changes=say("explain.semicolon").join(changes))
