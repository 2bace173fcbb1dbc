"""WeChat: template messages of an official account, and subscribe messages of a mini program."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import SecretStr, field_validator

from automation.i18n import Text, say
from automation.plugin import Params, param
from automation.providers.base import Outcome, Provider
from automation.providers.http import http_url
from automation.providers.wechat_codes import WECHAT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automation.providers.base import Outgoing
    from automation.providers.codes import Codes
    from automation.providers.wechat_http import Answer

CLIENT_MSG_ID_MAX = 32
BAD_CONTENT = "bad_content"


class WechatParams(Params):
    """Which official account or mini program sends."""

    app_id: str = param(zh="AppID（wx…）", en="the AppID (wx…)", min_length=1)
    secret: SecretStr = param(zh="AppSecret（机密）", en="the AppSecret (a secret)", min_length=1)
    base_url: str | None = param(None, zh="自建网关的地址", en="the address of a private gateway")
    timeout: float = param(10.0, zh="超时（秒）", en="time-out in seconds", gt=0)

    @field_validator("base_url")
    @classmethod
    def _url(cls, value: str | None) -> str | None:
        return http_url(value)


class Wechat(Provider):
    """One API call per message.

    The template on `wechat` is {template_id, data, url?, miniprogram?: {appid, pagepath}}, on `wechat_subscribe`
    {template_id, data, page?, miniprogram_state?, lang?}. A value in `data` is a text, or {value, color?}.

    What an answer means: errcode 0 is accepted with the msgid; what the others say, and of whom, stands in
    wechat_codes.py, and a code that is not there is permanent. A refused token is replaced and the message tried once
    more, which is safe: it was not sent; if that fails too, it is transient with the code "auth". No connection is
    transient; no answer is unknown.

    On `wechat` our reference travels as `client_msg_id`: WeChat sends a message to one person with one such id once
    within ten minutes, whatever happens between us.
    """

    type: ClassVar[str] = "wechat"
    title: ClassVar[Text] = Text("微信公众号与小程序", "WeChat official account and mini program")
    Params: ClassVar[Any] = WechatParams
    channels: ClassVar[frozenset[str]] = frozenset({"wechat", "wechat_subscribe"})
    codes: ClassVar[Codes] = WECHAT
    concurrency = 8

    def __init__(self, params: WechatParams, context: Any) -> None:
        super().__init__(params, context)
        from wechatpy import WeChatClient

        from automation.providers.wechat_http import WechatApi, governed

        secret = params.secret.get_secret_value()
        client = governed(WeChatClient, params.app_id, secret, params.timeout)
        account = f"wechat:{params.app_id}"
        self._api = WechatApi(
            client, context, account=account, secret=secret, base_url=params.base_url, timeout=params.timeout,
            codes=WECHAT,
        )  # fmt: skip

    def send(self, messages: Sequence[Outgoing]) -> Sequence[Outcome]:
        return [self._send(message) for message in messages]

    def close(self) -> None:
        self._api.close()

    def _send(self, message: Outgoing) -> Outcome:
        data = message.content.data or {}
        if not data.get("template_id") or not isinstance(data.get("data"), Mapping):
            return Outcome.permanent(BAD_CONTENT, say("wechat.no_template"))
        path, body = _subscribe(message) if message.channel == "wechat_subscribe" else _template(message)
        answer = self._api.call(lambda client: client.post(path, data=body))
        return answer if isinstance(answer, Outcome) else _accepted(answer)


def _template(message: Outgoing) -> tuple[str, dict[str, Any]]:
    body = _body(message, ("url", "miniprogram"))
    return "message/template/send", {**body, "client_msg_id": client_msg_id(message.reference)}


def _subscribe(message: Outgoing) -> tuple[str, dict[str, Any]]:
    return "message/subscribe/send", _body(message, ("page", "miniprogram_state", "lang"))


def _body(message: Outgoing, optional: tuple[str, ...]) -> dict[str, Any]:
    """The request. What the step says goes before what the template says."""
    data: Mapping[str, Any] = message.content.data or {}
    chosen = {key: message.payload.get(key, data.get(key)) for key in optional}
    values = {key: _value(value) for key, value in data["data"].items()}
    filled = {key: value for key, value in chosen.items() if value}
    return {"touser": message.address, "template_id": data["template_id"], "data": values, **filled}


def _value(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {"value": "" if value is None else str(value)}


def client_msg_id(reference: str) -> str:
    """Our reference in a form that fits, the same in every attempt."""
    fits = len(reference) <= CLIENT_MSG_ID_MAX and reference.isascii()
    return reference if fits else hashlib.sha256(reference.encode()).hexdigest()[:CLIENT_MSG_ID_MAX]


def _accepted(answer: Answer) -> Outcome:
    if "errcode" not in answer:
        return Outcome.unknown("bad_answer")
    message_id = answer.get("msgid")
    return Outcome.accepted(None if message_id is None else str(message_id))
