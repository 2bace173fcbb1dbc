"""`message.send`: the first channel that can reach the person, then the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from automation.actions.base import Action, ActionContext, Item, Outbound, Result
from automation.catalogue.model import FieldType
from automation.i18n import Text, say
from automation.plugin import Params, param
from automation.rules.params import ChannelName, TemplateName

if TYPE_CHECKING:
    from automation.rules.telling import Telling


class MessageSendParams(Params):
    channels: Annotated[list[str], ChannelName(), Field(min_length=1)] = param(
        zh="依次尝试的渠道", en="the channels, tried in this order"
    )
    template: Annotated[str, TemplateName()] = param(
        zh="模板；每个渠道都要有对应的文件", en="the template; it needs a file for each channel"
    )


class MessageSend(Action):
    """Sends the template on the first channel that reaches the person; when one refuses, the next is tried."""

    type = "message.send"
    title = Text("发送消息", "send a message")
    sends: ClassVar[bool] = True
    on_error_default: ClassVar[Literal["stop", "continue"]] = "continue"
    outputs: ClassVar[Mapping[str, FieldType]] = {"status": FieldType.TEXT, "channel": FieldType.TEXT}

    Params: ClassVar[Any] = MessageSendParams

    def run(self, params: Any, items: Sequence[Item], context: ActionContext) -> Sequence[Result]:
        channels = tuple(dict.fromkeys(params.channels))
        return [Outbound(channels, template=params.template)] * len(items)

    def sentence(self, params: Any, telling: Telling) -> str:
        channels = [telling.channel(name) for name in dict.fromkeys(params.channels)]
        if len(channels) == 1:
            return say("explain.message_by", template=params.template, channel=channels[0])
        return say("explain.message_in_turn", template=params.template, channels=telling.listed(channels))
