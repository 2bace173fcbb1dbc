"""`email.send`: an e-mail."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from automation.actions.message import MessageAction
from automation.i18n import Text
from automation.plugin import Params, param
from automation.rules.params import TemplateName


class EmailSendParams(Params):
    template: Annotated[str, TemplateName("email")] = param(zh="邮件模板", en="the e-mail template")


class EmailSend(MessageAction):
    """Sends an e-mail to the contact's address."""

    type = "email.send"
    title = Text("发送邮件", "send an e-mail")
    channel = "email"

    Params: ClassVar[Any] = EmailSendParams
