"""Every provider with its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automation.channels import CHANNELS
from automation.i18n import Lang, Text
from automation.providers.accounts import AccountParams
from scripts.reference import params
from scripts.reference.markdown import Page, code
from scripts.reference.triggers import TITLES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automation.providers.codes import Code
    from scripts.reference.surroundings import Surroundings

NAME = "providers"

EXAMPLES: dict[str, str] = {
    "outbox": '[providers.sms]\ntype = "outbox"\nformat = "jsonl"',
    "twilio": '[providers.sms]\ntype = "twilio"\naccount_sid = "AC00000000000000000000000000000000"\n'
    'auth_token = {env = "TWILIO_AUTH_TOKEN"}\nfrom_number = "+15005550006"',
    "sendgrid": '[providers.email]\ntype = "sendgrid"\napi_key = {env = "SENDGRID_API_KEY"}\n'
    'sender = "会员中心 <club@example.com>"',
    "smtp": '[providers.email]\ntype = "smtp"\nhost = "smtp.example.com"\nsecurity = "starttls"\nuser = "robot"\n'
    'password = {env = "SMTP_PASSWORD"}\nsender = "会员中心 <club@example.com>"',
    "wechat": '[providers.wechat]\ntype = "wechat"\napp_id = "wx0000000000000000"\nsecret = {env = "WECHAT_SECRET"}',
    "wecom": '[providers.wecom]\ntype = "wecom"\ncorp_id = "ww0000000000000000"\nsecret = {env = "WECOM_SECRET"}\n'
    'sender = "zhangsan"',
    "webhook": '[providers.webhook]\ntype = "webhook"\nsecret = {env = "WEBHOOK_SECRET"}',
}  # fmt: skip

_ACCOUNTS = """[[providers.sms]]
account = "main"
type = "twilio"
account_sid = "AC00000000000000000000000000000000"
auth_token = {env = "TWILIO_AUTH_TOKEN"}
from_number = "+15005550006"
rate = "10/s"
burst = 20

[[providers.sms]]
account = "reserve"
type = "twilio"
account_sid = "AC00000000000000000000000000000001"
auth_token = {env = "TWILIO_RESERVE_TOKEN"}
from_number = "+15005550007"
breaker = {failures = 3, seconds = 30}"""

NOTES: dict[str, Text] = {
    "outbox": Text(
        "默认的服务商：把消息写成看得懂的文件，什么也不发。没有写 `[providers.渠道]` 的渠道都用它。",
        "The default of every channel without a table: writes readable files and sends nothing.",
    ),
    "twilio": Text(
        "`from_number` 与 `messaging_service_sid` 写一个。", "Give one of `from_number` and `messaging_service_sid`."
    ),
    "sendgrid": Text(
        "发件人须先在 SendGrid 验证。一次调用最多 1,000 人。",
        "The sender must be verified at SendGrid. One call takes up to 1,000 people.",
    ),
    "smtp": Text(
        "任何 SMTP 服务器，适合私有云。`user` 与 `password` 要么都写，要么都不写；不加密时不能写密码。",
        "Any SMTP server, for private clouds. Give both `user` and `password` or neither; no password without "
        "encryption.",
    ),
    "wechat": Text(
        "公众号模板消息（`wechat`）与小程序订阅消息（`wechat_subscribe`）是两个渠道，各写一张表，AppID 与 AppSecret "
        "各用各的。"
        "access token 存在数据库里由各进程共用。请把服务器 IP 加进公众平台的白名单。",
        "Template messages (`wechat`) and mini program subscribe messages (`wechat_subscribe`) are two channels: one "
        "table each, with the AppID and secret of each. Access tokens live in the database, shared by all processes. "
        "Add the server's IP to the allow-list on the WeChat platform.",
    ),
    "wecom": Text(
        "`wecom` 渠道群发给客户（`external_userid`）：建立群发任务后，"
        "**由添加了该客户的成员在企业微信里确认才会发出**，"
        "“已接收”只表示任务已建立；每位客户每月能收到的群发次数由企业微信限制。写了 `agent_id` 则改为应用消息，"
        "发给成员。"
        "`wecom_tag` 渠道给客户打标签，须另写一张 `[providers.wecom_tag]`。",
        "On `wecom` customers (`external_userid`) get a mass message: it makes a task, and **nothing is sent until the "
        "member who has the customer as a contact confirms it in WeCom**; “accepted” means that the task exists. WeCom "
        "limits how many a customer gets in a month. With `agent_id`, application messages go to members instead. The "
        "channel `wecom_tag` tags customers and needs a table of its own, `[providers.wecom_tag]`.",
    ),
    "webhook": Text(
        "`webhook.post` 的出口。请求头 `X-Automation-Signature: t=秒数,v1=HMAC`，签名内容为“t.请求体”；"
        "`Idempotency-Key` 在每次重试中相同，接收方见过就应忽略。",
        "What `webhook.post` goes through. The header `X-Automation-Signature: t=SECONDS,v1=HMAC` signs “t.body”; "
        "`Idempotency-Key` is the same in every attempt, and receivers should ignore one they know.",
    ),
}


def page(lang: Lang, around: Surroundings) -> str:
    page = Page(lang)
    page.heading(1, Text("服务商", "Providers"))
    page.text(
        Text(
            "在 automation.toml 里按渠道配置：`[providers.渠道]` 的 `type` 写服务商，其余键如下。机密写成 "
            '`{env = "变量名"}` 或 `{file = "路径"}`。',
            "Configured per channel in automation.toml: `type` in `[providers.CHANNEL]` names the provider, the other "
            'keys are below. A secret is written as `{env = "NAME"}` or `{file = "path"}`.',
        )
    )
    page.heading(2, Text("渠道", "Channels"))
    page.table(
        (Text("渠道", "channel"), Text("名称", "title"), Text("地址来自哪种身份", "address is the identity")),
        [(code(c.name), c.title, code(c.identity) if c.identity else "–") for c in CHANNELS.values()],
    )
    _accounts(page)
    for name, plugin in sorted(around.registry.of("provider").items()):
        _provider(page, name, plugin)
    return page.markdown()


def _accounts(page: Page) -> None:
    page.heading(2, Text("账号、限速与断路器", "Accounts, rates and breakers"))
    page.text(
        Text(
            "一个渠道可以有多个账号：写多张 `[[providers.渠道]]`，按书写顺序使用。"
            "排在前面的账号断开、限速用尽或要求等待时，消息改由下一个账号发送（日志 `message.routed`）；"
            "结果未知的消息绝不换账号重发。"
            "状态存在数据库里，所有进程共用，重启不变；用 `automation status` 查看。每张表还可以写：",
            "A channel may have several accounts: several tables `[[providers.CHANNEL]]`, used in the order in which "
            "they are written. While an earlier one is left alone, has used up its rate or asks to wait, messages go "
            "to the next (`message.routed` in the log); one whose outcome is unknown is never sent by another "
            "account. Breakers and rates live in the database, shared by all processes, and survive restarts; "
            "`automation status` shows them. Each table may also hold:",
        )
    )
    page.table(TITLES, params.cells(AccountParams))
    page.text(
        Text(
            "连续失败（暂时失败或结果未知）达到 `breaker.failures` 次后，账号停用 `breaker.seconds` 秒，"
            "再用一条消息试探：成功则恢复，失败则停用时间加倍（带随机，最长 1 小时）。"
            "只有账号或服务本身的失败才算：收件人的问题（例如邮箱已满）不算，再多也不会停用账号。"
            "停用期间消息留在队列里，不计入尝试次数，其他渠道照常。"
            "服务商要求等待（429 或 503 带 Retry-After）时，账号在此之前不再发送，这次也不计入尝试次数。"
            "`webhook` 渠道每个网址各是各的服务，因此没有断路器，只有限速。",
            "After `breaker.failures` failures in a row (transient or unknown) an account is left alone for "
            "`breaker.seconds`; then one message tries it: a success closes the breaker, a failure doubles the time "
            "(with jitter, up to an hour). Only failures of the account or the service count: what is wrong with "
            "people (a full mailbox) never does, however often. Meanwhile messages stay queued and use up no attempt, "
            "and other channels go "
            "on. When a provider asks to wait (429 or 503 with Retry-After), the account sends nothing before, and "
            "that uses up no attempt either. On `webhook` each address is a service of its own: there is no breaker, "
            "only the rate.",
        )
    )
    page.code("toml", _ACCOUNTS)


def _provider(page: Page, name: str, plugin: Any) -> None:
    page.heading(2, code(name))
    channels = " ".join(code(channel) for channel in CHANNELS if channel in plugin.channels)
    page.text(Text(f"{plugin.title.zh}。可用于渠道：{channels}", f"{plugin.title.en}. Channels: {channels}"))
    if name in NOTES:
        page.text(NOTES[name])
    page.table(TITLES, params.cells(plugin.Params))
    if name in EXAMPLES:
        page.code("toml", EXAMPLES[name])
    if plugin.codes:
        _codes(page, plugin.codes)


ABOUT = {
    "person": Text("收件人", "the person"),
    "message": Text("这条消息", "the message"),
    "account": Text("我方账号", "our account"),
}
FOLLOWS = {
    "opted_out": Text("撤回该渠道的同意，并列入禁发", "consent on the channel is denied, the address suppressed"),
    "bad_address": Text("地址改正之前不再发", "nothing more until the address changes"),
    "not_reachable": Text("30 天内该渠道不再发", "nothing more on the channel for 30 days"),
}


def _codes(page: Page, codes: Mapping[str, Code]) -> None:
    page.text(
        Text(
            "返回码说的是谁，决定接下来怎么办：说收件人或这条消息的，从不算到账号头上；"
            "说账号的，谁也不会因此失败：消息等着，不计入尝试次数。没有列出的拒绝只让这条消息失败。",
            "Whom a code is about decides what follows: what is said of the person or the message never counts against "
            "the account; what is said of the account fails nobody, the message waits and uses up no attempt. A "
            "refusal that is not listed fails the one message.",
        )
    )
    rows = [(code(name), one.meaning, ABOUT[one.about], _follows(one), one.source) for name, one in codes.items()]
    titles = ("返回码", "code"), ("意思", "meaning"), ("说的是谁", "about"), ("之后", "then"), ("出处", "source")
    page.table(tuple(Text(*title) for title in titles), rows)


def _follows(one: Code) -> Text:
    if one.about == "account":
        return Text("账号等待，消息不失败", "the account waits, no message fails")
    if one.again:
        return Text("稍后再试，计入尝试次数", "tried again later, counted as an attempt")
    failed = Text("这条消息失败", "the message fails")
    if one.effect is None:
        return failed
    return Text(
        *(f"{a}; {b}" if a.isascii() else f"{a}；{b}" for a, b in zip(failed, FOLLOWS[one.effect], strict=True))
    )
