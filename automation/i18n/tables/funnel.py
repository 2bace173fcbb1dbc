"""Sentences of `funnel`."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "no_rule": Text(
        "没有规则 {found} 的记录{hint}；发布过的规则：{known}",
        "nothing is known of a rule {found}{hint}; published so far: {known}",
    ),
    "looked_at": Text("看过", "looked at"),
    "entered": Text("进入", "entered"),
    "before": Text("还没到任何一步", "have not come to any step"),
    "completed": Text("走完", "through"),
    "goal": Text("达成目标", "met the goal"),
    "left": Text("中途离开", "left before the end"),
    "inside": Text("还在流程中", "still inside"),
    "no_bar": Text("无人", "nobody"),
    "inside_active": Text("进行中", "under way"),
    "inside_sending": Text("等待消息结果", "waiting for a message's outcome"),
    "inside_held": Text("暂停中", "held"),
    "inside_queued": Text("排队中", "in the queue"),
    "undecided_waiting": Text("稍后判断", "to be decided later"),
    "undecided_disabled": Text("规则停用，判断停住", "to be decided, but the rule is disabled"),
    "undecided_held": Text("等待批准", "waiting for approval"),
}
