"""`contact.tag`: tags on the contact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import field_validator
from pydantic_core import PydanticCustomError

from automation.actions.base import Action, ActionContext, Done, Item, Result
from automation.actions.tags import TagParams, tags_sentence
from automation.clock import to_ms
from automation.contacts.names import ContactError, check_tag
from automation.i18n import Text

if TYPE_CHECKING:
    from automation.rules.telling import Telling


class ContactTagParams(TagParams):
    """Tags that a contact can have."""

    @field_validator("add", "remove")
    @classmethod
    def _possible(cls, tags: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return tuple(check_tag(tag) for tag in tags)
        except ContactError as error:
            raise PydanticCustomError(error.key, "no tag", error.params) from None


class ContactTag(Action):
    """Adds and removes tags of the contact. Tags that are there already, or are not, change nothing."""

    type = "contact.tag"
    title = Text("给联系人打标签", "tag the contact")

    Params: ClassVar[Any] = ContactTagParams

    def run(self, params: Any, items: Sequence[Item], context: ActionContext) -> Sequence[Result]:
        from automation.contacts.profile import add_tags, remove_tags

        people, now_ms = {item.contact_id for item in items}, to_ms(context.now)
        if params.add:
            add_tags(context.conn, dict.fromkeys(people, params.add), now_ms)
        if params.remove:
            remove_tags(context.conn, dict.fromkeys(people, params.remove), now_ms)
        return [Done() for _ in items]

    def sentence(self, params: Any, telling: Telling) -> str:
        return tags_sentence(params, telling)
