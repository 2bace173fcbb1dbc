"""`wecom.message`: a message through WeCom customer contact."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from automation.actions.message import MessageAction
from automation.i18n import Text
from automation.plugin import Params, param
from automation.rules.params import TemplateName


class WecomMessageParams(Params):
    template: Annotated[str, TemplateName("wecom")] = param(zh="企业微信模板", en="the WeCom template")


class WecomMessage(MessageAction):
    """Sends a WeCom message to the contact's external_userid."""

    type = "wecom.message"
    title = Text("发送企业微信消息", "send a WeCom message")
    channel = "wecom"

    Params: ClassVar[Any] = WecomMessageParams
