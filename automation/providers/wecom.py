"""WeCom (企业微信): messages to customers, messages of an application to members, and customer tags."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import SecretStr, field_validator

from automation.i18n import Text, say
from automation.plugin import Params, param
from automation.providers.base import Outcome, Provider
from automation.providers.http import AUTH, NO_ANSWER, NO_TOKEN, NOT_TRIED, SETTINGS, UNREACHABLE, http_url
from automation.providers.wechat_codes import WECOM
from automation.providers.wecom_tags import Tagger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automation.providers.base import Outgoing
    from automation.providers.codes import Codes
    from automation.providers.wechat_http import Answer

BAD_CONTENT = "bad_content"
NOT_REACHED = "not_reached"
_TROUBLE = frozenset({AUTH, SETTINGS, UNREACHABLE, NO_ANSWER, NO_TOKEN, "45009"})  # the next call would meet it too
_PARTS = ("text", "attachments", "image", "link", "miniprogram")


class WecomParams(Params):
    """Which corporation and which of its applications."""

    corp_id: str = param(zh="企业 ID（ww…）", en="the corporation's id (ww…)", min_length=1)
    secret: SecretStr = param(
        zh="应用的 Secret（机密）；发给客户、打标签须有客户联系权限",
        en="the application's secret; messages to customers and tags need the customer contact right",
        min_length=1,
    )
    agent_id: int | None = param(
        None,
        zh="应用 AgentId；写了则以应用消息发给成员（地址为成员 userid），不写则群发给客户",
        en="the AgentId: with it, application messages go to members (the address is a userid); without, to customers",
    )
    sender: str | None = param(
        None,
        zh="由哪个成员（userid）发送或打标签；不写则为添加了该客户的成员",
        en="the member (userid) who sends or tags; without it, those who have the customer as a contact",
    )
    create_tags: bool = param(False, zh="自动创建没有的标签", en="create tags that don't exist")
    tag_group: str = param("自动化", zh="新标签放入的标签组", en="the group that new tags go into", min_length=1)
    base_url: str | None = param(None, zh="自建网关的地址", en="the address of a private gateway")
    timeout: float = param(10.0, zh="超时（秒）", en="time-out in seconds", gt=0)

    @field_validator("base_url")
    @classmethod
    def _url(cls, value: str | None) -> str | None:
        return http_url(value)


class Wecom(Provider):
    """What each kind of message is.

    `wecom` without `agent_id` reaches customers (external_userid) by 企业群发 (externalcontact/add_msg_template). This
    makes a task: WeCom asks the `sender`, or without one the members who have the customer as a contact, to confirm
    it, and only then is it sent. "Accepted" means that the task exists. WeCom lets a customer have only a few mass
    messages a month; whom it can't serve comes back in `fail_list` and is permanent, "not_reached". People with the
    same content share one task, so that members confirm once for all of them. The template is {text, attachments}
    as WeCom has them; `text` may be a plain text.

    `wecom` with `agent_id` reaches members (userid) by application messages (message/send). The template is {text}, or
    {msgtype, <msgtype>: …}.

    `wecom_tag` adds and removes customer tags (externalcontact/mark_tag): the payload is {add: […], remove: […]}, tags
    by name, or `group/name` where several groups have the name. Repeating it changes nothing, so a lost answer
    is transient here, not unknown.

    What an errcode says, and of whom, stands in wechat_codes.py; one that is not there is permanent. What a call for
    several people answers is certain about none of them.
    """

    type: ClassVar[str] = "wecom"
    title: ClassVar[Text] = Text("企业微信", "WeCom")
    Params: ClassVar[Any] = WecomParams
    channels: ClassVar[frozenset[str]] = frozenset({"wecom", "wecom_tag"})
    max_batch: ClassVar[int] = 500
    codes: ClassVar[Codes] = WECOM

    def __init__(self, params: WecomParams, context: Any) -> None:
        super().__init__(params, context)
        from wechatpy.enterprise import WeChatClient

        from automation.providers.wechat_http import WechatApi, governed

        secret = params.secret.get_secret_value()
        client = governed(WeChatClient, params.corp_id, secret, params.timeout)
        account = f"wecom:{params.corp_id}:{context.channel}"
        self._api = WechatApi(
            client, context, account=account, secret=secret, base_url=params.base_url, timeout=params.timeout,
            codes=WECOM,
        )  # fmt: skip
        self._tagger = Tagger(self._api, context.clock, params)

    def send(self, messages: Sequence[Outgoing]) -> Sequence[Outcome]:
        """Stops at the first trouble that the next call would meet too; the rest is transient, "not_tried"."""
        outcomes: dict[int, Outcome] = {}
        stopped = False
        for places in self._together(messages):
            group = [messages[place] for place in places]
            made = [Outcome.transient(NOT_TRIED)] * len(group) if stopped else self._send(group)
            stopped = stopped or made[0].code in _TROUBLE
            outcomes.update(zip(places, made, strict=True))
        return [outcomes[place] for place in range(len(messages))]

    def close(self) -> None:
        self._api.close()

    def _together(self, messages: Sequence[Outgoing]) -> list[list[int]]:
        """The places of the messages that one call can take: same channel, content and sender."""
        groups: dict[Any, list[int]] = {}
        for place, message in enumerate(messages):
            body = json.dumps(
                [message.content.text, message.content.data, message.payload], sort_keys=True, default=str
            )
            alone = place if message.channel == "wecom_tag" else None
            groups.setdefault((message.channel, body, alone), []).append(place)
        return list(groups.values())

    def _send(self, group: Sequence[Outgoing]) -> list[Outcome]:
        first = group[0]
        if first.channel == "wecom_tag":
            return [self._tagger.tag(first.address, first.payload)]
        if self.params.agent_id is None:
            return self._mass_message(group, {"text": first.content.text, **(first.content.data or {})})
        return self._application_message(group, {"text": first.content.text, **(first.content.data or {})})

    def _mass_message(self, group: Sequence[Outgoing], content: Mapping[str, Any]) -> list[Outcome]:
        parts = {key: content[key] for key in _PARTS if content.get(key)}
        if not parts:
            return _refused(group, "wechat.no_content")
        people = list(dict.fromkeys(message.address for message in group))
        sender = group[0].payload.get("sender") or self.params.sender
        task = {"chat_type": "single", "external_userid": people, **_with_text(parts)}
        if sender:
            task["sender"] = sender
        answer = self._api.call(lambda client: client.external_contact.add_msg_template(task))
        if isinstance(answer, Outcome) and len(people) > 1:
            answer = replace(answer, effect=None)
        return _each(answer, group, "fail_list", "wechat.not_reached")

    def _application_message(self, group: Sequence[Outgoing], content: Mapping[str, Any]) -> list[Outcome]:
        kind = content.get("msgtype") or ("text" if content.get("text") else None)
        if not kind or not content.get(kind):
            return _refused(group, "wechat.no_msgtype")
        body = {"msgtype": kind, **_with_text({kind: content[kind]})}
        people = list(dict.fromkeys(message.address for message in group))
        answer = self._api.call(lambda client: client.message.send(self.params.agent_id, people, msg=body))
        return _each(answer, group, "invaliduser", "wechat.no_member")


def _with_text(parts: Mapping[str, Any]) -> dict[str, Any]:
    text = parts.get("text")
    return {**parts, "text": {"content": text}} if isinstance(text, str) else dict(parts)


def _refused(group: Sequence[Outgoing], key: str) -> list[Outcome]:
    return [Outcome.permanent(BAD_CONTENT, say(key))] * len(group)


def _each(answer: Answer | Outcome, group: Sequence[Outgoing], left_out: str, reason: str) -> list[Outcome]:
    """One answer for all, but for those whom it names as left out: a list, or a text with `|`."""
    if isinstance(answer, Outcome):
        return [answer] * len(group)
    if "errcode" not in answer:
        return [Outcome.unknown("bad_answer")] * len(group)
    named = answer.get(left_out) or []
    missed = {one.casefold() for one in (named.split("|") if isinstance(named, str) else named)}
    accepted = Outcome.accepted(str(answer["msgid"]) if answer.get("msgid") else None)
    not_reached = Outcome.permanent(NOT_REACHED, say(reason))
    return [not_reached if message.address.casefold() in missed else accepted for message in group]
