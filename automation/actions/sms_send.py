"""`sms.send`: a text message to the person's phone."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from automation.actions.message import MessageAction
from automation.i18n import Text
from automation.plugin import Params, param
from automation.rules.params import TemplateName


class SmsSendParams(Params):
    template: Annotated[str, TemplateName("sms")] = param(zh="短信模板", en="the SMS template")


class SmsSend(MessageAction):
    """Sends an SMS to the contact's phone."""

    type = "sms.send"
    title = Text("发送短信", "send an SMS")
    channel = "sms"

    Params: ClassVar[Any] = SmsSendParams
