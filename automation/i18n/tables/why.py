"""Sentences of `why`: what was considered, as of when, what comes next, and the story of one message."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    # as of a moment
    "asked_as_of": Text("以 {at} 为准", "as of {at}"),
    "known_then": Text(
        "截至当时：事件、进入与排队、执行日志、频次、同意与禁发名单、当时运行的规则版本",
        "as of then: events, entries, the log, caps, consent, suppressions, the version of the rule that ran",
    ),
    "known_today": Text(
        "按今天：联系人资料（审计记得的旧值已还原）、身份、标签、模板、全天预算、仍在生效的暂停",
        "as of today: the profile (old values that the audit knows are put back), identities, tags, templates, "
        "budgets of the whole day, pauses that still hold",
    ),
    "put_back": Text("已还原：{fields}", "put back: {fields}"),
    "nothing_until_then": Text(
        "数据为今天的，并假设到那时为止没有新的事件与变更", "the data of today, as if nothing happened until then"
    ),
    "ran_then": Text("当时运行的就是这个版本", "this version ran then"),
    "ran_otherwise": Text(
        "当时运行的是另一版本，以下按那一版本回答", "another version ran then; this account is about that one"
    ),
    "not_yet_published": Text("当时规则还没有发布", "the rule had not been published yet"),
    "run_inside_then": Text("当时在流程中", "was inside then"),
    # what the rule last said
    "last_time": Text("最近一次：{told}", "the last time: {told}"),
    "published_after": Text("事件到来时，规则还没有在运行", "the event came before the rule was listening"),
    "active_since": Text("规则自 {at} 起运行", "the rule has listened since {at}"),
    "never_active": Text("规则从未运行", "the rule has never run"),
    "no_decision": Text(
        "没有关于最近一次事件的记录（已清理，或事件到来时规则是另一版本）",
        "nothing is logged about the latest event (pruned, or the rule was another version when it came)",
    ),
    "decided_later": Text("要等到 {at} 才判断", "to be decided at {at}"),
    "held_for_approval": Text(
        "一次点名的人太多，等待批准（自 {at}）", "its event named too many people: waits for approval since {at}"
    ),
    "firing_of": Text("{at} 的触发：{told}", "the firing of {at}: {told}"),
    "firing_missed": Text("错过了，没有运行", "was missed"),
    "firing_held": Text("人数过多，等待批准", "reaches too many people: waits for approval"),
    "firing_entered": Text("此人进入了", "let this person in"),
    "firing_running": Text("正在进行，还没有轮到此人", "is being worked off, and has not come to this person yet"),
    "firing_others": Text("没有轮到此人（按今天的数据）", "it was not this person's turn (by the data of today)"),
    "firing_counted": Text("看过此人，只计了数", "looked at this person, and counted only"),
    "firing_unknown": Text("是否轮到此人，事后无法得知", "whether it was this person's turn can't be told afterwards"),
    "counted_as": Text("{reason}（全部：{counts}）", "{reason} (of all: {counts})"),
    "counted_unknown": Text(
        "按现有数据看不出原因：资料或事件在那之后变过", "by the data of today no reason shows: they have changed since"
    ),
    "missed_expired": Text("发现时已太旧", "too old when it was found"),
    "missed_not_latest": Text("只补最近一次", "only the latest is caught up"),
    "missed_skipped": Text("规则不补跑（catch_up: skip）", "the rule catches up nothing (catch_up: skip)"),
    "missed_disabled": Text("当时规则没有在运行", "the rule was not running"),
    "missed_rejected": Text("审批未通过", "it was rejected"),
    # the path taken, and what comes next
    "branch_then": Text("条件成立，走 then", "the condition held: then"),
    "branch_else": Text("条件不成立，走 else", "the condition did not hold: else"),
    "arm_taken": Text("{split}：分到 {arm}", "{split}: arm {arm}"),
    "goes_on": Text("{at} 继续", "goes on at {at}"),
    "collected_until": Text(
        "未单独进入：已收进 {at} 发出的汇总", "not entered by itself: collected into the digest that goes out at {at}"
    ),
    "next_act": Text("执行 {action}", "does {action}"),
    "next_collect": Text("收集此人的事件，整批走一次", "collect the person's events, then go on once for all of them"),
    "next_pause": Text("等待", "waits"),
    "next_await": Text("等待事件 {event}，最多 {within}", "waits for the event {event}, for {within} at most"),
    "next_branch": Text("看条件是否成立：{condition}", "asks whether {condition}"),
    "next_fork": Text("分流 {split}：此人固定分到 {arm}", "split {split}: always arm {arm} for this person"),
    "next_round": Text("循环，最多 {times} 轮", "a round of a loop of {times} at most"),
    "next_end": Text("到此结束", "the end"),
    # one message
    "queued_by": Text("{at} 由此步骤排队", "queued by this step at {at}"),
    "to_address": Text("{channel} → {address}", "{channel} → {address}"),
    "with_template": Text("，模板 {template}", ", template {template}"),
    "after_channel": Text("因为 {channel} 没有发成", "because it did not get through on {channel}"),
    "of_run": Text("流程 {run}，{at} 进入（{key}）", "run {run}, entered at {at} ({key})"),
    "run_now": Text("流程", "the run"),
    "being_sent": Text(
        "正交给服务商；到 {until} 仍无结果就算结果未知", "with its provider; unknown if nothing is heard by {until}"
    ),
    "look_up_at": Text("{at} 再向服务商查询", "its provider is asked about it at {at}"),
    "to_be_settled": Text(
        "不再查询，等人处理：automation messages settle {id}",
        "not asked about any more: automation messages settle {id}",
    ),
    "resent_at": Text(
        "结果未知时，{at} 又排队重发过一次", "was queued once more at {at}, because its outcome was unknown"
    ),
    "expires_at": Text("{at} 以后不再值得发送", "not worth sending after {at}"),
    "stands_still": Text("{what} 已暂停：{reason}", "{what} is paused: {reason}"),
    "not_before": Text("{at} 以前不发送", "not to be sent before {at}"),
    "account_rests": Text("账号 {account}：{state}，到 {until}", "account {account}: {state}, until {until}"),
    "effect_consent.denied": Text("因此记下：此人在该渠道不同意", "so it was noted: no consent on this channel"),
    "effect_suppression.added": Text("因此记下：列入禁发名单", "so it was noted: on the suppression list"),
    "effect_contact.bad_address": Text("因此记下：地址不可用", "so it was noted: the address can't be used"),
    "message_is": Text("消息 {id}：{status}", "message {id}: {status}"),
    "message_stands": Text("消息 {id}：{status}；{told}", "message {id}: {status}; {told}"),
    "what": Text(
        "要问的是：automation why RULE CONTACT，或 automation why --message ID",
        "ask with automation why RULE CONTACT, or automation why --message ID",
    ),
}
