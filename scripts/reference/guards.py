"""The guards: their keys, and the order in which they are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automation.engine.delivery.message_guards import MESSAGE_GUARDS
from automation.engine.entry.guards import ENTRY_GUARDS
from automation.i18n import Lang, Text
from automation.reasons import Reason
from scripts.reference import examples, keywords
from scripts.reference.keywords import Keyword
from scripts.reference.markdown import Page, code
from scripts.reference.rules import _TITLES, _rows

if TYPE_CHECKING:
    from scripts.reference.surroundings import Surroundings

NAME = "guards"

GUARDS: tuple[Keyword, ...] = (
    Keyword("consent", keywords.NAME, Text("marketing", "marketing"), Text(
        "需要的同意用途。没有对该用途（该渠道或所有渠道）表示同意的人不发。transactional（交易通知）不需要同意，"
        "也不计入频次，"
        "但仍受免打扰与禁发名单约束",
        "the purpose a person must have consented to, for the channel or for all. `transactional` needs no consent and "
        "counts towards no cap; quiet hours and suppressions still apply")),
    Keyword("quiet_hours", keywords.MAPPING, keywords.NONE, Text(
        "免打扰时段：from、to、days、then，不同的天可写多条。按联系人自己的时区（timezone 字段），"
        "不知道则按规则的时区。写 none 取消默认值",
        "no message between `from` and `to` (on `days`; several windows as a list), in the contact's own time zone "
        "(the field timezone) or else the rule's. "
        "`none` drops the default")),
    Keyword("send_window", keywords.MAPPING, keywords.NONE, Text(
        "发送时段：只在 from 到 to 之间（days 这些天）发，其余时间像免打扰一样推迟或不发；写 none 取消默认值",
        "messages between `from` and `to` (on `days`) alone; the rest is treated like quiet hours. `none` drops the "
        "default")),
    Keyword("do_not_disturb", Text("honour、ignore", "honour, ignore"), Text("honour", "honour"), Text(
        "是否理会联系人自己的免打扰时段（字段 do_not_disturb，如 22:00-08:00,12:30-14:00，按其时区）。"
        "默认理会，像 quiet_hours 一样推迟；"
        "验证码这类必须马上发的交易通知写 ignore",
        "whether a person's own windows are minded (the field do_not_disturb, such as 22:00-08:00,12:30-14:00, in "
        "their time zone). They are, by default, like quiet hours; a message that must go out at once, such as a "
        "verification code, says `ignore`")),
    Keyword("frequency_cap", keywords.LIST, keywords.NONE, Text(
        "频次上限：max、per、channel、scope，可写多条，逐条都不能超。规则写的与 defaults 的叠加；写 none 两者都取消。"
        "排队中、已发出、结果未知的都计入",
        "caps of max, per, channel, scope; each must leave room. A rule's come on top of the defaults', and `none` "
        "drops "
        "both. Messages that are queued, sent or of unknown outcome count")),
    Keyword("cooldown", keywords.DURATION, keywords.NONE, Text(
        "同一人两次进入本规则至少间隔多久；写 none 取消默认值",
        "the least time between two entries of one person into the rule; `none` drops the default")),
    Keyword("limit", keywords.LIST, keywords.NONE, Text(
        "每人上限：max、per、of、scope，可写多条。of: entries 限进入次数（冷却期之后检查），"
        "coupons 限发券（在发券那一步检查），"
        "messages 限消息（频次上限之后检查）；超过的记 skipped.limit。规则写的与 defaults 的叠加；写 none 两者都取消",
        "limits per person of max, per, of, scope, one or a list: of entries (asked after the cooldown), of coupons "
        "(at their step), of messages (after the frequency caps); over one, the log says skipped.limit. A rule's come "
        "on top of the defaults', and `none` drops both")),
    Keyword("holdout", keywords.PERCENT, Text("0%", "0%"), Text(
        "对照组：这么多的人永不进入（按人固定分组）。规则里的是本规则的对照组，defaults 里的是所有规则共同的对照组，"
        "两者都生效",
        "the control group: this share of people never enters, always the same people. A rule's is its own; the one in "
        "the defaults is that of all rules together; both apply")),
    Keyword("budget", keywords.MAPPING, keywords.NONE, Text(
        "预算：本规则每个当地日最多几条消息（messages）、花多少钱（cost）。用完后当天不再发；写 none 取消默认值",
        "what the rule may spend in a local day: messages, cost, or both. Beyond it nothing more is sent that day; "
        "`none` drops the default")),
)  # fmt: skip

ORDER_NOTES: dict[Reason, Text] = {
    Reason.SKIPPED_AUDIENCE: Text("人群条件 audience", "the audience"),
    Reason.SKIPPED_HOLDOUT: Text("对照组 holdout", "holdout, the rule's and the global one"),
    Reason.SKIPPED_COOLDOWN: Text("冷却期 cooldown", "cooldown"),
    Reason.SKIPPED_LIMIT: Text("每人上限 limit", "limit, a person's"),
    Reason.SKIPPED_ALREADY_INSIDE: Text("已在其中（mode.on_again: skip）", "already inside (mode.on_again: skip)"),
    Reason.SKIPPED_UNREACHABLE: Text("联系人有没有该渠道的地址", "whether the person has an address on the channel"),
    Reason.SKIPPED_NO_TEMPLATE: Text("该渠道有没有模板", "whether the template has a version for the channel"),
    Reason.SKIPPED_BAD_CONTACT: Text(
        "资料能不能用：手机号、邮箱的格式，服务商没有拒收过的地址；用到免打扰时，时区要存在。"
        "只拦这个人；地址有误时只拦这个渠道。`automation contacts problems` 列出处理办法",
        "whether the data can be used: the shape of phone and e-mail, no address that a provider refused for good and, "
        "where quiet hours need it, a time zone that exists. It holds back that person alone, and "
        "for an address that channel alone; `automation contacts problems` lists them with the remedy",
    ),
    Reason.SKIPPED_BUDGET: Text(
        "预算 budget 的消息数；花费在发送前、渲染之后再查",
        "budget, the number of messages; its cost is checked once the message is rendered, before it is sent",
    ),
    Reason.SKIPPED_SUPPRESSION: Text("禁发名单", "the suppression list"),
    Reason.SKIPPED_CONSENT: Text("同意 consent", "consent"),
    Reason.SKIPPED_FREQUENCY_CAP: Text(
        "频次上限 frequency_cap（位置被更高优先级的规则占用时为 skipped.outranked）",
        "frequency_cap (skipped.outranked where a rule of a higher priority has the place)",
    ),
    Reason.HELD_QUIET_HOURS: Text(
        "免打扰 quiet_hours（then: drop 时为 skipped.quiet_hours）", "quiet_hours (skipped.quiet_hours with then: drop)"
    ),
    Reason.HELD_DO_NOT_DISTURB: Text(
        "本人的免打扰时段（规则全是 then: drop 时为 skipped.do_not_disturb）",
        "the person's own do-not-disturb time (skipped.do_not_disturb where the rule drops what is quiet)",
    ),
}


def page(lang: Lang, around: Surroundings) -> str:
    page = Page(lang)
    page.heading(1, Text("守则", "Guards"))
    page.text(
        Text(
            "守则决定谁不该进入、什么时候不该发。写在规则的 `guards:` 里，或写在文件的 `defaults:` 里对所有规则生效；"
            "规则里写了的键替换默认值（频次上限是叠加）。判断出错时按不发送处理。",
            "Guards hold people and messages back. They stand in a rule's `guards:`, or in the file's `defaults:` for "
            "every rule; a key in the rule replaces the default (frequency caps add up). When a decision fails, "
            "nothing "
            "is sent.",
        )
    )
    page.table(_TITLES, _rows(GUARDS))
    page.heading(2, Text("quiet_hours 与 send_window", "quiet_hours and send_window"))
    page.table(_TITLES, _rows(keywords.QUIET_HOURS))
    page.text(
        Text(
            "几种时段合在一起看：推迟到都不再拦的那一刻，永远没有这一刻的不发。夏令时重复的那一小时里，时段也重复一次。"
            "某年的节假日还没有公布时，按不能发处理，过一天再问。",
            "All windows count together: a message waits for the moment at which none is in its way, and is not sent "
            "where there is none. In the hour that comes twice a window comes twice. Where nobody has announced the "
            "holidays of a year yet, nothing is sent, and it is asked again a day later.",
        )
    )
    page.code("yaml", examples.RULES["windows"])
    page.heading(2, "frequency_cap")
    page.table(_TITLES, _rows(keywords.FREQUENCY_CAP))
    page.text(
        Text(
            "同一个上限只剩一个位置时，`priority` 高的规则得到它：同时到期的人，高优先级的规则先走；"
            "同一时刻的两个活动，高优先级的先进入；低优先级规则还在排队的消息让位"
            "（记 `skipped.outranked` 与胜出的规则和消息，不再试下一个渠道）。已经交给服务商的不收回。",
            "Where a cap has one place left, the rule of the higher `priority` gets it: of the runs that are due at "
            "the same time the higher rule's go first, of two campaigns of one minute the higher one's people enter "
            "first, and a message that a lower rule still has in the queue makes room (`skipped.outranked`, with "
            "the winning rule and message; no other channel is tried). What the provider has is not called back.",
        )
    )
    page.heading(2, "limit")
    page.table(_TITLES, _rows(keywords.LIMIT))
    page.text(
        Text(
            "排队的人、排队中与结果未知的消息都算；退回的券不算。交易通知规则不受 defaults 里 of: messages 的限制，"
            "自己写的照样算。人群条件里的 `did_not … at_least` 在进入时问一次；"
            "`limit` 在发放的那一刻问，等待之后也准。",
            "Who stands in a queue counts, and so do messages that are queued or of unknown outcome; a coupon that was "
            "returned does not. A transactional rule is free of the defaults' limits of messages, and has those "
            "that it names itself. `did_not … at_least` in the audience is asked once, at entry; a limit is asked at "
            "the moment at which something is given, also after a wait.",
        )
    )
    page.code("yaml", examples.RULES["limits"])
    page.heading(2, "budget")
    page.table(_TITLES, _rows(keywords.BUDGET))
    page.text(
        Text(
            "每天按规则的时区计，消息记在它排队的那一天；交易通知也计入。花费按设置里的 `[prices]` 计算，"
            "短信按分条数乘单价。"
            "最终没有发出的消息（被拒、过期、被丢弃）退回名额与花费；结果未知的不退。放不下的人记 `skipped.budget`。",
            "A day is a day of the rule's zone, and a message counts on the day it was queued; transactional ones "
            "count too. Costs come from `[prices]` in the settings, an SMS costs its price for every segment. A "
            "message that is finally not sent (refused, expired, dropped) gives its place and its cost back; one of "
            "unknown outcome does not. For whom nothing is left, the log says `skipped.budget`.",
        )
    )
    page.code("yaml", examples.RULES["guards"])
    page.text(
        Text("交易通知（订单、验证等）不受营销守则限制：", "A transactional message is free of the marketing guards:")
    )
    page.code("yaml", examples.RULES["transactional"])
    _order(page)
    return page.markdown()


def _order(page: Page) -> None:
    page.heading(2, Text("固定的顺序", "The fixed order"))
    page.text(
        Text(
            "依次检查，遇到第一条不通过的就停，日志里记下它的原因代码。",
            "They are asked in this order; the first that refuses is the reason in the log.",
        )
    )
    titles = (Text("顺序", "order"), Text("守则", "guard"), Text("不通过时的原因代码", "reason code"))
    page.heading(3, Text("进入规则时", "At the entry"))
    enabled = (Text("规则已启用（停用的规则不触发）", "the rule is enabled (a disabled rule does not fire)"), "–")
    entry = [enabled, *((ORDER_NOTES[guard.reason], code(guard.reason.value)) for guard in ENTRY_GUARDS)]
    page.table(titles, [(str(number), *row) for number, row in enumerate(entry, 1)])
    page.heading(3, Text("每一步之前", "Before every step"))
    page.text(
        Text(
            "规则是否仍启用（停用则暂停，`held.disabled`），然后是 `exit_when`（满足则 `exited.condition`）。"
            "等待之后也查。",
            "Whether the rule is still enabled (otherwise the person waits, `held.disabled`), then `exit_when` "
            "(`exited.condition`). Also after a wait.",
        )
    )
    page.heading(3, Text("每条消息之前（每个渠道分别判断）", "Before every message (for each channel)"))
    rows = [(ORDER_NOTES[guard.reason], code(guard.reason.value)) for guard in MESSAGE_GUARDS]
    page.table(titles, [(str(number), *row) for number, row in enumerate(rows, 1)])
    page.text(
        Text(
            "真正发送前，资料、禁发名单、同意与免打扰会再查一遍：排队期间退订的人不会收到。",
            "Just before sending, the contact's data, suppression, consent and quiet hours are asked once more: "
            "somebody who unsubscribed while the message was queued gets nothing.",
        )
    )
