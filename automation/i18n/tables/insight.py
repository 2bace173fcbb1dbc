"""Sentences of `why` and `status`."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    # status
    "attention": Text("!!! 需要处理", "!!! somebody must act"),
    "shout_held": Text(
        "规则 {rule} 有 {count} 次触发等待批准（共 {people} 人），批准之前没有人由此进入："
        "automation approve --rule {rule} --all",
        "{count} firings of {rule} wait for approval ({people} people), and nobody enters by them until somebody says: "
        "automation approve --rule {rule} --all",
    ),
    "shout_absent": Text(
        "规则 {rule}：{why}；里面 {inside} 人停在原处", "{rule}: {why}; the {inside} people inside stand still"
    ),
    "shout_type": Text(
        "字段 {field}：至少 {count} 人的值不是目录所说的类型，按没有值处理"
        "（contacts problems、contacts recast {field}）",
        "field {field}: at least {count} people hold a value of another type than the catalogue says; it counts as "
        "none (contacts problems, contacts recast {field})",
    ),
    "pauses": Text("已暂停（恢复：automation resume）", "paused (to go on: automation resume)"),
    "approvals": Text("等待批准（处理：automation approve）", "waiting for approval (to decide: automation approve)"),
    "missed": Text(
        "近 7 天错过的触发（详情：automation missed）", "missed in the last 7 days (more: automation missed)"
    ),
    "contact_problems": Text("资料有误的联系人", "contacts with data that can't be used"),
    "daemons": Text("守护进程", "daemons"),
    "backlog": Text("积压", "backlog"),
    "rules": Text("规则", "rules"),
    "messages": Text("消息", "messages"),
    "problems": Text("文件中的错误", "mistakes in the files"),
    "run_lag": Text("流程最久已迟", "runs, the longest overdue"),
    "message_lag": Text("消息最久已迟", "messages, the longest overdue"),
    "quarantined": Text("隔离区条目", "items in quarantine"),
    "daemon_running": Text("运行中", "running"),
    "daemon_stopped": Text("已停止", "stopped"),
    "daemon_dead": Text("无心跳", "no heartbeat"),
    "rule_active": Text("启用", "active"),
    "rule_paused": Text("已暂停", "paused"),
    "rule_disabled": Text("停用", "disabled"),
    "rule_broken": Text("有错误", "broken"),
    "rule_absent": Text("不在文件里", "absent"),
    "rule_finishing": Text("已删除，走完为止", "finishing"),
    "missing_rules": Text(
        "文件里没有、但还有人或可恢复的规则（处理：automation rules）",
        "rules that the files do not have (to decide: automation rules)",
    ),
    "rule_removed": Text("已删除", "removed"),
    "accounts": Text("服务商账号", "provider accounts"),
    "account_closed": Text("正常", "working"),
    "account_paused": Text("对方要求等待", "asked to wait"),
    "account_open": Text("断开（连续失败）", "left alone (keeps failing)"),
    "account_half_open": Text("待试探", "about to be tried"),
    "account_probing": Text("试探中", "being tried"),
    # why: headings
    "kind_rule": Text("规则", "The rule"),
    "kind_trigger": Text("触发", "The trigger"),
    "kind_audience": Text("人群条件", "The audience"),
    "kind_entry": Text("进入前的守则", "Guards at entry"),
    "kind_message": Text("发送前的守则（假设现在发送）", "Guards before a message (were it sent now)"),
    "kind_history": Text("经过", "What has happened"),
    "kind_asof": Text("以何时为准", "As of when"),
    "kind_considered": Text("规则对此人的最近判断", "What the rule last made of this person"),
    "kind_queued": Text("为何排队", "Why it was queued"),
    "kind_guards": Text("发送前的守则（以排队时为准）", "Guards before the message (as of when it was queued)"),
    "kind_ledger": Text("现状", "Where it stands"),
    "kind_onward": Text("流程后来如何", "What the run did"),
    "kind_next": Text("接下来", "What comes next"),
    "conclusion": Text("结论：", "In short: "),
    # why: the rule
    "is_active": Text("规则已启用", "the rule is active"),
    "is_paused": Text("{what} 已暂停：可以进入，但先等着", "{what} is paused: people enter, and wait"),
    "is_disabled": Text("规则已停用（enabled: false）", "the rule is disabled (enabled: false)"),
    "is_broken": Text("规则有错误，未运行", "the rule has a mistake and doesn't run"),
    "is_removed": Text("规则文件中已没有这条规则", "the rule is no longer in the files"),
    "unpublished": Text("还没有引擎载入过这条规则", "no engine has loaded this rule yet"),
    "published_otherwise": Text(
        "数据库中仍是另一版本，等待重新载入", "the database has it otherwise, until the next reload"
    ),
    "no_rule": Text("没有规则 {found}{hint}；已有：{known}", "there is no rule {found}{hint}; known: {known}"),
    # why: the trigger
    "no_event": Text("此人没有事件“{event}”", "this person has no event “{event}”"),
    "no_event_naming": Text(
        "没有指明此人且满足触发条件的事件“{event}”", "no event “{event}” that fits the trigger has named this person"
    ),
    "event_seen": Text("最近一次事件“{event}”", "the latest event “{event}”"),
    "occurred": Text("{at}，编号 {id}", "{at}, message id {id}"),
    "where_fails": Text(
        "最近一次事件不满足触发条件：{condition}", "the latest event doesn't fit the trigger: {condition}"
    ),
    "fires": Text("下一次触发", "the next firing"),
    "never_fires": Text("以后不再触发", "it never fires again"),
    "at": Text("{at}", "{at}"),
    "own_turn": Text("轮到此人", "this person's own turn"),
    "no_own_turn": Text("不会轮到此人（缺少所需的值）", "this person's turn never comes (a value is missing)"),
    "turn_unknown": Text("何时轮到此人，要到触发时才知道", "whose turn it is shows only when it fires"),
    "trigger_stands_still": Text("触发器停住了", "the trigger stands still"),
    # why: the audience and the guards
    "everybody": Text("没有人群条件，人人可进", "no audience: everybody may enter"),
    "unmet": Text("{condition}，实际为 {seen}", "{condition}; seen: {seen}"),
    "not_set": Text("未设置", "not set"),
    "never_entered": Text("从未进入", "never entered"),
    "last_entry": Text("上次进入 {at}", "last entry {at}"),
    "cooldown_of": Text("冷却期 {duration}，{told}", "cooldown {duration}, {told}"),
    "holdout_of": Text("本规则 {rule}，全局 {everything}", "this rule {rule}, all rules {everything}"),
    "passes_skipped.audience": Text("符合人群条件", "inside the audience"),
    "passes_skipped.holdout": Text("不在对照组", "not in a control group"),
    "limit_used": Text("{period} {count}/{max}", "{count} of {max} {period}"),
    "passes_skipped.limit": Text("未达到每人上限", "below the limits per person"),
    "passes_coupons": Text("未达到每人领券上限", "below the limit of coupons per person"),
    "other_runs": Text("（另有 {count} 次，见下）", " ({count} more below)"),
    "passes_skipped.cooldown": Text("不在冷却期内", "not cooling down"),
    "passes_skipped.already_inside": Text("没有因已在其中而被拦下", "not held back by being inside already"),
    "channel": Text("{channel}，模板 {template}", "{channel}, template {template}"),
    "passes_skipped.unreachable": Text("有该渠道的地址", "has an address on this channel"),
    "passes_skipped.no_template": Text("模板可用", "the template is there"),
    "passes_skipped.bad_contact": Text("联系人资料可用", "the contact's data can be used"),
    "passes_skipped.suppression": Text("不在禁发名单中", "not on the suppression list"),
    "passes_skipped.consent": Text("已同意或无需同意", "has consented, or needs not"),
    "passes_skipped.frequency_cap": Text("未达到频次上限", "below the frequency caps"),
    "passes_held.do_not_disturb": Text("不在本人设的免打扰时段", "not in this person's own do-not-disturb time"),
    "passes_held.quiet_hours": Text("不在免打扰时段", "not in quiet hours"),
    "passes_skipped.budget": Text("预算未用完，或没有预算", "within the budget, or without one"),
    # why: what has happened
    "entered_on": Text("{at} 进入", "entered on {at}"),
    "run_now": Text("即将执行下一步", "about to take its next step"),
    "run_active": Text("进行中，{due} 继续", "under way, goes on at {due}"),
    "run_sending": Text("等待消息结果", "waiting for its message's outcome"),
    "run_held": Text("暂停中", "held"),
    "run_queued": Text("排队中，等此人前一次流程结束", "in the queue, behind this person's earlier run"),
    "run_waiting": Text("等待事件 {event}，最迟到 {due}", "waiting for the event {event}, until {due} at the latest"),
    "run_held_waiting": Text("暂停中，在等待事件 {event}", "held, waiting for the event {event}"),
    "would_queue": Text("on_again: queue，会排在流程 {run} 之后", "on_again: queue, would wait behind run {run}"),
    "run_ended": Text("{at} 结束：{reason}", "ended on {at}: {reason}"),
    # why: the conclusion
    "was_entered": Text("{at} 已进入，{outcome}", "entered on {at}, {outcome}"),
    "obstacle": Text("现在最先拦住的是：{sentence}", "the first thing that stands in the way: {sentence}"),
    "obstacle_again": Text(
        "再次进入时最先拦住的是：{sentence}", "the first thing that stands in the way of entering again: {sentence}"
    ),
    "would_enter": Text("此刻若有这样的事件，就会进入", "would enter now, with the next such event"),
    "would_enter_at": Text("轮到时（{at}）就会进入", "would enter at the next turn, on {at}"),
    "would_enter_by_clock": Text("触发时若轮到此人，就会进入", "would enter when the trigger names this person"),
    "unsent": Text("但步骤 {step} 的消息现在发不出：{reason}", "but the message of {step} could not go now: {reason}"),
    "then": Text("；", "; "),
    "goes_to": Text("发往 {address}", "goes to {address}"),
    "address_behind": Text("{address} 排在后面", "{address} comes after it"),
    "address_listed": Text("{address} 在勿扰名单上", "{address} is on the do-not-contact list"),
    "address_wrong": Text("{address} 有误", "{address} is wrong"),
    "address_hearsay": Text("{address} 只在事件里出现过，不用", "{address}: only events mention it, so it is not used"),
    # report
    "report_rule": Text("{rule}（{name}）：进入 {entered:,} 人次", "{rule} ({name}): {entered:,} entries"),
    "report_messages": Text("    {count:>7,}  {channel}：{status}", "    {count:>7,}  {channel}: {status}"),
    "status_queued": Text("已排队", "queued"),
    "status_sending": Text("发送中", "being sent"),
    "status_accepted": Text("服务商已接收", "accepted by the provider"),
    "status_failed": Text("失败", "failed"),
    "status_unknown": Text("结果未知", "outcome unknown"),
    "status_dropped": Text("未发送", "not sent"),
}
