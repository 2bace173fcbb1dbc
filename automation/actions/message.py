"""The base of what sends a message to a person on one channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from automation.actions.base import Action, ActionContext, Item, Outbound, Result
from automation.catalogue.model import FieldType
from automation.i18n import say

if TYPE_CHECKING:
    from automation.rules.telling import Telling


class MessageAction(Action):
    """Sends `params.template` on `channel`. Parameters named in `extras` go along, their texts rendered.

    A person who can't be reached is logged, and the journey goes on.
    """

    channel: ClassVar[str]
    sends: ClassVar[bool] = True
    extras: ClassVar[tuple[str, ...]] = ()
    on_error_default: ClassVar[Literal["stop", "continue"]] = "continue"
    outputs: ClassVar[Mapping[str, FieldType]] = {"status": FieldType.TEXT, "channel": FieldType.TEXT}

    def run(self, params: Any, items: Sequence[Item], context: ActionContext) -> Sequence[Result]:
        extras = [name for name in self.extras if getattr(params, name) is not None]
        if not extras:
            return [Outbound((self.channel,), template=params.template)] * len(items)
        return [
            Outbound(
                (self.channel,),
                template=params.template,
                payload={name: getattr(item.params, name) for name in extras},
            )
            for item in items
        ]

    def sentence(self, params: Any, telling: Telling) -> str:
        told = say("explain.message", title=self.title, template=params.template)
        for name in self.extras:
            if getattr(params, name) is not None:
                told = say("explain.message_opens", sentence=told, target=telling.value(getattr(params, name)))
        return told
