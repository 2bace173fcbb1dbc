"""`wechat.subscribe`: a subscribe message of a WeChat mini program."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from automation.actions.message import MessageAction
from automation.i18n import Text
from automation.plugin import Params, param
from automation.rules.params import TemplateName, TemplateText


class WechatSubscribeParams(Params):
    template: Annotated[str, TemplateName("wechat_subscribe")] = param(
        zh="订阅消息模板", en="the subscribe message's template"
    )
    page: Annotated[str | None, TemplateText()] = param(
        None, zh="点击后打开的小程序页面，可含 {{ }}", en="the mini program page that a tap opens; may hold {{ }}"
    )


class WechatSubscribe(MessageAction):
    """Sends a subscribe message to the contact's mini program openid. `page` replaces the page of the template."""

    type = "wechat.subscribe"
    title = Text("发送小程序订阅消息", "send a mini program subscribe message")
    channel = "wechat_subscribe"
    extras: ClassVar[tuple[str, ...]] = ("page",)

    Params: ClassVar[Any] = WechatSubscribeParams
