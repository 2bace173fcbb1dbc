"""`contact.tag`: tags on the contact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import field_validator
from pydantic_core import PydanticCustomError

from automation.actions.base import Action, ActionContext, Done, Item, Result
from automation.actions.tags import TagParams, tags_sentence
from automation.actions.texts import failed_for
from automation.clock import to_ms
from automation.contacts.names import ContactError, check_tag
from automation.i18n import Text
from automation.plugin import param
from automation.rules.params import TextValues

if TYPE_CHECKING:
    from automation.rules.telling import Telling


class ContactTagParams(TagParams):
    """Tags that a contact can have."""

    add: Annotated[tuple[str, ...], TextValues()] = param(
        (), zh="要添加的标签，可引用 event.x 等", en="the tags to add; event.x and the like refer to values"
    )
    remove: Annotated[tuple[str, ...], TextValues()] = param(
        (), zh="要移除的标签，可引用 event.x 等", en="the tags to remove; event.x and the like refer to values"
    )

    @field_validator("add", "remove")
    @classmethod
    def _possible(cls, tags: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return tuple(check_tag(tag) for tag in tags)
        except ContactError as error:
            raise PydanticCustomError(error.key, "no tag", error.params) from None


def _tags(tags: Sequence[str]) -> list[str]:
    """Those that a person's own values came to. ContactError when one can't be a tag."""
    return [check_tag(tag) for tag in tags]


class ContactTag(Action):
    """Adds and removes tags of the contact. Tags that are there already, or are not, change nothing."""

    type = "contact.tag"
    title = Text("给联系人打标签", "tag the contact")

    Params: ClassVar[Any] = ContactTagParams

    def run(self, params: Any, items: Sequence[Item], context: ActionContext) -> Sequence[Result]:
        from automation.contacts.profile import add_tags, remove_tags

        added: dict[int, list[str]] = {}
        removed: dict[int, list[str]] = {}
        results: list[Result] = []
        for item in items:
            try:
                add, remove = (_tags(tags) for tags in (item.params.add, item.params.remove))
            except ContactError as error:
                results.append(failed_for(error))
                continue
            added.setdefault(item.contact_id, []).extend(add)
            removed.setdefault(item.contact_id, []).extend(remove)
            results.append(Done())
        if any(added.values()):
            add_tags(context.conn, added, to_ms(context.now))
        if any(removed.values()):
            remove_tags(context.conn, removed, to_ms(context.now))
        return results

    def sentence(self, params: Any, telling: Telling) -> str:
        return tags_sentence(params, telling)
