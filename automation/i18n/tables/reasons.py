"""The sentence of every reason code."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "entered": Text("进入规则", "entered the rule"),
    "skipped.disabled": Text("未进入：规则已停用", "not entered: the rule is disabled"),
    "skipped.audience": Text("未进入：不符合人群条件", "not entered: outside the audience"),
    "skipped.holdout": Text("未进入：属于对照组", "not entered: in the control group"),
    "skipped.cooldown": Text("未进入：仍在冷却期内", "not entered: still cooling down since the last entry"),
    "skipped.already_inside": Text("未进入：此人已在该规则中", "not entered: already inside this rule"),
    "skipped.repeated": Text(
        "未进入：这次触发已让此人进入过", "not entered: this occurrence has entered this person before"
    ),
    "skipped.unknown_contact": Text(
        "未进入：找不到事件所指的联系人", "not entered: nobody has the identity that the event names"
    ),
    "skipped.error": Text("未进入：判断时出错，按不发送处理", "not entered: the decision failed, so nothing is sent"),
    "step.done": Text("步骤已完成", "the step is done"),
    "step.branched": Text("条件分支已选定", "a branch was taken"),
    "step.split": Text("分流已选定", "an arm of the split was taken"),
    "step.failed": Text("步骤失败，流程继续", "the step failed, the journey goes on"),
    "step.skipped": Text(
        "等待的日期缺失或已过，跳过到下一个等待",
        "the date to wait for is missing or past: the steps up to the next wait are left out",
    ),
    "waiting": Text("等待中", "waiting"),
    "held.quiet_hours": Text("推迟：处于免打扰时段", "held back: quiet hours"),
    "held.do_not_disturb": Text("推迟：处于本人设的免打扰时段", "held back: this person's own do-not-disturb time"),
    "held.version_unusable": Text(
        "暂停：此人所在的规则版本无法载入", "held: the rule version this run entered can't be loaded"
    ),
    "held.disabled": Text("暂停：规则已停用或有错误", "held: the rule is disabled or broken"),
    "held.absent": Text("暂停：文件里没有这条规则", "held: the files do not have this rule"),
    "released": Text("恢复：规则重新启用", "released: the rule runs again"),
    "completed": Text("流程走完", "reached the end"),
    "stopped": Text("流程在 stop 步骤结束", "ended at a stop step"),
    "exited.condition": Text("退出：满足退出条件", "left: an exit condition holds"),
    "exited.restarted": Text("退出：同一人再次进入，重新开始", "left: entered again and started over"),
    "exited.removed": Text("退出：规则已删除", "left: the rule was removed"),
    "failed.deferral": Text(
        "停止：被推迟到已经过去的时刻，这是程序或插件的缺陷，请上报",
        "stopped: it was put off to a moment that has passed, which is a fault of the engine or a plugin: report it",
    ),
    "failed.step": Text("流程因步骤失败而结束", "ended because a step failed"),
    "skipped.suppression": Text("未发送：在禁发名单中", "not sent: on the suppression list"),
    "skipped.consent": Text("未发送：没有该渠道的同意", "not sent: no consent for this channel"),
    "skipped.limit": Text(
        "达到每人上限 limit：未进入、未发券或未发送", "a limit per person is reached: not entered, issued or sent"
    ),
    "skipped.frequency_cap": Text("未发送：达到频次上限", "not sent: a frequency cap is reached"),
    "skipped.quiet_hours": Text("未发送：处于免打扰时段", "not sent: quiet hours"),
    "skipped.do_not_disturb": Text("未发送：处于本人设的免打扰时段", "not sent: this person's own do-not-disturb time"),
    "skipped.unreachable": Text("未发送：没有可用的渠道地址", "not sent: no address on any of the channels"),
    "skipped.no_template": Text(
        "未发送：该渠道没有可用的模板", "not sent: the template has no version for this channel"
    ),
    "message.queued": Text("消息已排队", "the message is queued"),
    "message.accepted": Text("服务商已接收", "the provider accepted the message"),
    "message.retrying": Text("暂时失败，稍后重试", "a transient failure; it will be tried again"),
    "message.unknown": Text("结果未知：不会自动重发", "the outcome is unknown: it is not sent again by itself"),
    "failed.permanent": Text("服务商永久拒绝", "the provider refused it for good"),
    "failed.attempts": Text("多次尝试后仍失败", "still failing after the last attempt"),
    "failed.render": Text("未发送：模板无法渲染", "not sent: the template can't be rendered"),
    "failed.expired": Text("未发送：已过期", "not sent: it expired"),
    "failed.out_of_stock": Text("未发券：库存已空", "no coupon: out of stock"),
    "failed.coupon_limit": Text("未发券：达到每人上限", "no coupon: the limit per person is reached"),
    "failed.coupon_expired": Text("未发券：券批次已过期", "no coupon: the batch has expired"),
    "occurrence.done": Text("一次触发处理完毕", "an occurrence is complete"),
    "occurrence.missed": Text("一次触发已错过", "an occurrence was missed"),
    "skipped.endless": Text(
        "未进入：规则通过各自产生的事件不停地互相触发，到此停住",
        "not entered: rules called each other on and on through the events that they emit, and were stopped",
    ),
    "skipped.sequence": Text("未进入：事件顺序不符", "not entered: the events did not come in that order"),
    "skipped.expired": Text(
        "未进入：轮到时已超过 expires_after", "not entered: its turn came later than expires_after allows"
    ),
    "pending": Text("稍后再判断是否进入", "the entry is decided later"),
    "queued_behind": Text("排队：等此人前一次流程结束", "queued behind this person's earlier run"),
    "step.repeated": Text("开始新一轮重复", "a new round begins"),
    "waiting.for_event": Text("等待事件发生", "waiting for an event"),
    "waiting.event_came": Text("等到了事件", "the event came"),
    "waiting.event_missing": Text("等待超时：事件没有发生", "the time is over: the event did not come"),
    "held.paused": Text("暂停：已被人工或自动暂停", "held: paused by hand or by the engine"),
    "held.approval": Text("等待批准：人数超出限额", "held for approval: it would reach more people than allowed"),
    "held.outranked": Text("让行：先处理优先级更高的规则", "held back: a rule of higher priority goes first"),
    "exited.goal": Text("退出：目标已达成", "left: the goal is met"),
    "exited.changed": Text("退出：规则已修改", "left: the rule was changed"),
    "exited.merged": Text(
        "退出：两个联系人合并为一人后，此流程不应再继续（同一时机、已在其中、冷却期内或属于对照组）",
        "left: two contacts became one person, and this run is one too many (the same occurrence, inside already, "
        "within the cooldown, or of the control group)",
    ),
    "held.fault": Text(
        "暂缓：处理此人时程序出错，见守护进程日志；一小时后再试，别人不受影响",
        "put off: the program stumbled over this person, see the daemon's log; tried again in an hour",
    ),
    "exited.empty_digest": Text(
        "退出：汇总收集的事件都已不在（已清理或抹除），不发送",
        "left: the events that the digest collected are all gone (pruned or erased), nothing is sent",
    ),
    "exited.by_hand": Text("退出：人工让其退出", "left: somebody let them out by hand"),
    "step.skipped_by_hand": Text("人工跳过当前等待", "somebody let them go on by hand, over what they waited for"),
    "skipped.collected": Text(
        "未单独进入：已收进此人正在进行的汇总", "not entered by itself: collected into the digest that is under way"
    ),
    "exited.erased": Text("退出：个人信息已删除", "left: the person's data were erased"),
    "goal.met": Text("目标达成", "the goal is met"),
    "moved": Text("已转到规则的新版本", "moved to the rule's new version"),
    "not_moved": Text("未能转到新版本，按原版本走完", "could not be moved to the new version, finishes on the old one"),
    "skipped.bad_contact": Text("未发送：联系人资料有误", "not sent: the contact's data can't be used"),
    "skipped.outranked": Text("未发送：让位给优先级更高的规则", "not sent: a rule of higher priority took the place"),
    "skipped.budget": Text("未发送：预算已用完", "not sent: the budget is used up"),
    "skipped.ended": Text("未发送：流程在发送前已结束", "not sent: the run ended before it was sent"),
    "message.settled": Text("结果已查明", "the outcome was found out"),
    "message.resent": Text(
        "结果未知，按规则设置重新发送", "the outcome was unknown; it is sent again as the rule says"
    ),
    "message.routed": Text("改由另一个服务商账号发送", "routed to another provider account"),
    "coupon.returned": Text("优惠券已退回", "the coupon was returned"),
    "occurrence.approved": Text("一次触发已获批准", "an occurrence was approved"),
    "occurrence.rejected": Text("一次触发未获批准", "an occurrence was rejected"),
    "paused": Text("已暂停", "paused"),
    "paused.failures": Text("失败率过高，已自动暂停", "paused by itself: too many failures"),
    "resumed": Text("已恢复", "resumed"),
}
