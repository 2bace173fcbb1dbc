"""The names that columns have in other people's files: 手机号码, 会员编号, “E-mail address”, 是否同意营销."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from automation.catalogue.nearest import nearest
from automation.contacts.consent import EVERY_CHANNEL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automation.catalogue.model import Catalogue

_ALIASES = {
    "member_no": "会员号 会员编号 会员号码 会员卡 会员卡号 会员id 会员代码 membernumber memberno memberid "
                 "membershipno",
    "phone": "手机 手机号 手机号码 电话 电话号码 联系电话 联系手机 移动电话 手机电话 mobile mobilephone mobilenumber "
             "cell cellphone tel telephone phonenumber phoneno",
    "email": "邮箱 邮箱地址 电子邮箱 电子邮箱地址 电子邮件 电子邮件地址 邮件地址 mail emailaddress mailaddress",
    "wechat_openid": "微信openid 公众号openid",
    "wechat_unionid": "微信unionid unionid",
    "mini_openid": "小程序openid",
    "wecom_external_userid": "企业微信id 企业微信外部联系人id 外部联系人id externaluserid",
    "anonymous_id": "匿名id 设备id anonymousid",
    "name": "姓名 名字 客户姓名 客户名称 会员姓名 顾客姓名 联系人姓名 fullname customername contactname",
    "gender": "性别 sex",
    "birthday": "生日 出生日期 出生年月日 出生日 会员生日 birthdate dateofbirth dob",
    "city": "城市 所在城市 居住城市 town",
    "language": "语言 首选语言 lang locale",
    "timezone": "时区 tz",
    "consent_at": "同意时间 同意日期 授权时间 授权日期 答复时间 consentdate consenttime optindate optintime",
    "tags": "标签 客户标签 会员标签 tag labels",
}  # fmt: skip
_CHANNELS = {
    "短信": "sms", "sms": "sms", "邮件": "email", "电子邮件": "email", "email": "email", "微信": "wechat",
    "公众号": "wechat", "企业微信": "wecom",
}  # fmt: skip
_CHANNEL = f"(?P<{{}}>{'|'.join(_CHANNELS)})?"
_CONSENT = (
    re.compile(
        f"(?P<asks>是否)?(?P<agrees>同意|接受|接收|允许|订阅|愿意接收)?{_CHANNEL.format('before')}(营销|推广|促销)"
        f"{_CHANNEL.format('after')}(信息|消息|推送)?(?P<says>同意|授权|许可)?"
    ),
    re.compile(f"(?P<agrees>accepts?|agreesto|allows){_CHANNEL.format('before')}marketing"),
    re.compile(f"{_CHANNEL.format('before')}marketing(?P<says>consent|optin|permission)"),
)
_NOISE = re.compile(r"[\s_\-*:/]+")
_REMARK = re.compile(r"\([^()]*\)")
_NEGATIVE = re.compile("拒|退|不|勿|禁|免|非|黑名单|unsub|optout|^no|donot|dnc", re.IGNORECASE)


def header_keys(catalogue: Catalogue) -> dict[str, str]:
    """{plain header: key} of every name and label of the catalogue, and of what others call the built-in ones."""
    own: dict[str, set[str]] = {}
    for key, label in [*catalogue.identity_kinds.items(), *((n, field.label) for n, field in catalogue.fields.items())]:
        for text in (key, *label):
            own.setdefault(plain_header(text), set()).add(key)
    known = {text: next(iter(keys)) for text, keys in own.items() if len(keys) == 1}
    built_in = catalogue.identity_kinds.keys() | catalogue.fields.keys() | {"consent_at"}
    return {name: key for name, key in _aliases().items() if key in built_in and name not in own} | known


def key_of(keys: Mapping[str, str], header: str) -> str | None:
    """What a header names, `consent.marketing.sms` for 是否同意短信营销; None when nobody can tell."""
    plain = plain_header(header)
    return keys.get(plain) or _consent_key(plain)


def near(keys: Mapping[str, str], header: str) -> str:
    """The key that the header most likely meant; "" when none is near, or when the header says the opposite."""
    plain = plain_header(header)
    return "" if _NEGATIVE.search(plain) else keys.get(nearest(plain, keys), "")


def plain_header(header: str) -> str:
    """Small letters of normal width, without blanks, marks, and remarks in brackets: `手机号（必填）*` is 手机号."""
    text = unicodedata.normalize("NFKC", header).casefold()
    return _NOISE.sub("", _REMARK.sub("", text)) or _NOISE.sub("", text)


@cache
def _aliases() -> dict[str, str]:
    return {name: key for key, names in _ALIASES.items() for name in names.split()}


def _consent_key(plain: str) -> str | None:
    for pattern in _CONSENT:
        match = pattern.fullmatch(plain)
        said = match.groupdict() if match else {}
        if any(said.get(word) for word in ("asks", "agrees", "says")):
            channel = _CHANNELS.get(said.get("before") or said.get("after") or "", EVERY_CHANNEL)
            return "consent.marketing" + ("" if channel == EVERY_CHANNEL else f".{channel}")
    return None
