"""`wechat.template`: a template message of a WeChat official account."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from automation.actions.message import MessageAction
from automation.i18n import Text
from automation.plugin import Params, param
from automation.rules.params import TemplateName, TemplateText


class WechatTemplateParams(Params):
    template: Annotated[str, TemplateName("wechat")] = param(zh="公众号模板", en="the WeChat template")
    url: Annotated[str | None, TemplateText()] = param(
        None, zh="点击后打开的网址，可含 {{ }}", en="the link that a tap opens; may hold {{ }}"
    )


class WechatTemplate(MessageAction):
    """Sends a template message to the contact's openid. `url` replaces the link that the template names."""

    type = "wechat.template"
    title = Text("发送公众号模板消息", "send a WeChat template message")
    channel = "wechat"
    extras: ClassVar[tuple[str, ...]] = ("url",)

    Params: ClassVar[Any] = WechatTemplateParams
