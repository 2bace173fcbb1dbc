"""`wecom.tag`: tags on a WeCom customer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from automation.actions.base import Action, ActionContext, Item, Outbound, Result
from automation.actions.tags import TagParams, tags_sentence
from automation.i18n import Text, say

if TYPE_CHECKING:
    from automation.rules.telling import Telling


class WecomTag(Action):
    """Adds and removes customer tags in WeCom, for the contact's external_userid."""

    type = "wecom.tag"
    title = Text("打企业微信客户标签", "tag a WeCom customer")
    on_error_default = "continue"

    Params: ClassVar[Any] = TagParams

    def run(self, params: Any, items: Sequence[Item], context: ActionContext) -> Sequence[Result]:
        payload = {"add": list(params.add), "remove": list(params.remove)}
        return [Outbound(("wecom_tag",), payload=payload)] * len(items)

    def sentence(self, params: Any, telling: Telling) -> str:
        return say("explain.tags_wecom", sentence=tags_sentence(params, telling))
