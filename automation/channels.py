"""The channels: how a person is reached, and which identity holds the address."""

from __future__ import annotations

from dataclasses import dataclass

from automation.i18n import Text


@dataclass(frozen=True)
class Channel:
    """One way to the outside. `identity` is the kind that holds the address; None when the step names it."""

    name: str
    title: Text
    identity: str | None
    reaches_person: bool = True  # False: no message to a person, so guards don't apply (webhook, tag call)
    carries_text: bool = True  # False: what earlier steps made, such as a coupon's code, can't go out with it


_ALL = (
    Channel("sms", Text("短信", "SMS"), "phone"),
    Channel("email", Text("邮件", "e-mail"), "email"),
    Channel("wechat", Text("公众号模板消息", "WeChat template message"), "wechat_openid"),
    Channel("wechat_subscribe", Text("小程序订阅消息", "mini program subscribe message"), "mini_openid"),
    Channel("wecom", Text("企业微信消息", "WeCom message"), "wecom_external_userid"),
    Channel(
        "wecom_tag",
        Text("企业微信客户标签", "WeCom customer tag"),
        "wecom_external_userid",
        reaches_person=False,
        carries_text=False,
    ),
    Channel("webhook", Text("Webhook 回调", "webhook"), None, reaches_person=False),
)

CHANNELS: dict[str, Channel] = {channel.name: channel for channel in _ALL}
MESSAGE_CHANNELS: tuple[str, ...] = tuple(channel.name for channel in _ALL if channel.reaches_person)

# Identity kinds that come with the product. A catalogue may add kinds; `single`: a contact has at most one,
# so two different values show that two records are two people.
IDENTITY_KINDS: dict[str, Text] = {
    "member_no": Text("会员号", "member number"),
    "phone": Text("手机号", "phone"),
    "email": Text("邮箱", "e-mail"),
    "wechat_openid": Text("公众号 openid", "WeChat openid"),
    "wechat_unionid": Text("微信 unionid", "WeChat unionid"),
    "mini_openid": Text("小程序 openid", "mini program openid"),
    "wecom_external_userid": Text("企业微信 external_userid", "WeCom external_userid"),
    "anonymous_id": Text("匿名 ID", "anonymous id"),
}
SINGLE_IDENTITIES: frozenset[str] = frozenset({"member_no", "wechat_unionid", "wecom_external_userid"})
