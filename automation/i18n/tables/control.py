"""Sentences about what is stopped, held for approval or missed."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "nothing_named": Text(
        "没有名为 {found} 的规则或渠道{hint}；可写：{known}",
        "there is no rule or channel {found}{hint}; write one of: {known}",
    ),
    "ambiguous": Text(
        "{found} 既是规则也是渠道；请写 rule:{found} 或 channel:{found}",
        "{found} is a rule and a channel; write rule:{found} or channel:{found}",
    ),
    "paused": Text(
        "已暂停 {what}。恢复请用：automation resume {what}", "{what} is paused. To go on: automation resume {what}"
    ),
    "paused_already": Text("{what} 先前已暂停", "{what} is paused already"),
    "resumed": Text("已恢复 {what}", "{what} goes on"),
    "not_paused": Text("{what} 没有被暂停", "{what} is not paused"),
    "no_reason": Text("（未说明原因）", "(no reason given)"),
    "too_many_failures": Text(
        "{attempts} 次发送中 {failures} 次失败，超过 {limit}",
        "{failures} of {attempts} messages failed, more than {limit}",
    ),
    "paused_by_itself": Text(
        "{what} 已自动暂停：{reason}。查明原因后用 automation resume {what} 恢复",
        "{what} has paused by itself: {reason}. Once the cause is found: automation resume {what}",
    ),
    "no_occurrence": Text(
        "没有编号为 {id} 的待批准项；待批准的有：{known}",
        "nothing with the id {id} waits for approval; what does: {known}",
    ),
    "approved": Text(
        "已批准 {id}（{rule}，{key}），由守护进程继续处理",
        "{id} ({rule}, {key}) is approved; the daemon goes on with it",
    ),
    "rejected": Text("已否决 {id}（{rule}，{key}），不会执行", "{id} ({rule}, {key}) is rejected and won't run"),
    "why_max_audience": Text(
        "将进入 {would_enter} 人，超过限额 {limit} 人", "it would enter {would_enter} people, more than {limit}"
    ),
    "why_usual": Text(
        "将进入 {would_enter} 人，超过平常（{usual} 人）的 3 倍",
        "it would enter {would_enter} people, over 3 × the usual {usual}",
    ),
    "why_planned": Text(
        "将进入 {would_enter} 人，超过发布时方案所示（{planned} 人）",
        "it would enter {would_enter} people; the plan that was published showed {planned}",
    ),
    "why_first": Text(
        "将进入 {would_enter} 人，而这条规则还没有先例（不写 max_audience 时最多 {most} 人）",
        "it would enter {would_enter} people, and the rule has no precedent (without max_audience: at most {most})",
    ),
    "nothing_held": Text(
        "规则 {rule} 没有待批准的触发；有的是：{known}",
        "nothing of the rule {rule} waits for approval; what does: {known}",
    ),
    "held_now": Text(
        "规则 {rule} 的一次触发等待批准：将进入 {count} 人，不经批准最多 {most} 人；处理：automation approve {id}",
        "a firing of {rule} waits for approval: it would enter {count} people, without a word at most {most}; to "
        "decide: automation approve {id}",
    ),
    "approve_all_of": Text("--all 要和 --rule 一起写", "write --rule with --all"),
    "why_list": Text(
        "一个事件一次点名 {would_enter} 人，超过规则限额",
        "one event names {would_enter} people at once, more than the rule may reach",
    ),
    # what became of a firing that no daemon saw in time
    "fate_expired": Text("已错过：太迟，已过有效期", "missed: too late, it had expired"),
    "fate_not_latest": Text("已错过：只补最近一次", "missed: only the latest is caught up"),
    "fate_skipped": Text("已错过：规则不补（catch_up: skip）", "missed: the rule catches nothing up (catch_up: skip)"),
    "fate_rejected": Text("已错过：未获批准", "missed: not approved"),
    "fate_disabled": Text("已错过：规则已停用", "missed: the rule was disabled"),
    "fate_caught_up": Text("已补做", "caught up"),
    "fate_running": Text("待补做", "to be caught up"),
    "fate_held": Text("等待批准", "waits for approval"),
}
