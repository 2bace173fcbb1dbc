"""Sentences of `automation test` and about the cases in `tests:`."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    # reading
    "when": Text(
        "之前的事件要写 ago（如 3d）或 at（如 2026-08-01 10:00），二者写一个",
        "an event before the test needs either `ago` (3d) or `at` (2026-08-01 10:00), and not both",
    ),
    "property_missing": Text(
        "事件 {event} 必须有属性 {name}；请写在 properties 里，或在 given 里写 event.{name}",
        "{event} needs {name}; write it in `properties`, or event.{name} in `given`",
    ),
    "not_given": Text("{found} 不能预设，由系统自己记录", "{found} can't be given; the system keeps it itself"),
    "unknown_split": Text("规则里没有名为 {found} 的分流{hint}", "the rule has no split named {found}{hint}"),
    "no_holdout": Text(
        "规则没有对照组（holdout），不能写 control_group: true",
        "the rule has no control group (`holdout`), so nobody can be in it",
    ),
    "nothing_expected": Text("expect 里什么也没有；请写期望的结果", "`expect` is empty; write what must come of it"),
    "other_reason": Text(
        "这里要写 {prefix}… 的代码，{found} 不是", "a code {prefix}… belongs here, which {found} is not"
    ),
    "needs_at": Text(
        "按时间触发的规则，用例要写 at（触发的当地时刻，如 2026-08-01 10:00）",
        "the rule fires by the clock, so the test needs `at`, the local moment at which it fires: 2026-08-01 10:00",
    ),
    "begins_with_event": Text(
        "由事件触发的规则，events 的第一项要是事件", "an event calls this rule, so `events` begins with one"
    ),
    "unknown_rule": Text("没有规则 {found}{hint}", "there is no rule {found}{hint}"),
    "unreadable": Text("{file} 无法读取：{reason}", "{file} can't be read: {reason}"),
    "empty_file": Text("文件里没有 tests:", "the file holds no `tests:`"),
    # what is asked for
    "no_such": Text(
        "{found} 既不是规则，也不是规则文件或用例文件{hint}",
        "{found} is neither a rule nor a file of rules or tests{hint}",
    ),
    # results
    "passed": Text("通过", "passed"),
    "failed": Text("未通过", "failed"),
    "expected": Text("期望", "expected"),
    "got": Text("实际", "got"),
    "happened": Text("经过", "what happened"),
    "nothing_happened": Text("（什么也没有发生）", "(nothing)"),
    "summary": Text(
        "{passed} 个通过，{failed} 个未通过，共 {rules} 条规则，用时 {seconds} 秒",
        "{passed} passed, {failed} failed; rules: {rules}; {seconds} s",
    ),
    "none": Text(
        "没有用例。规则里的 tests: 或 *_test.yaml 文件中写用例。",
        "There are no tests. They stand in `tests:` of a rule or in *_test.yaml files.",
    ),
    "untested": Text("没有用例的规则：{rules}", "rules without tests: {rules}"),
    "watching": Text("等待文件改动（Ctrl-C 结束）…", "waiting for a file to change (Ctrl-C ends it) …"),
    # differences
    "what_case": Text("用例本身", "the test itself"),
    "runs": Text("可以执行", "it can run"),
    "what_code": Text("原因代码", "the reason"),
    "what_entered": Text("是否进入", "whether the person enters"),
    "what_steps": Text("动作", "the steps"),
    "what_messages": Text("消息条数", "the messages"),
    "what_message": Text("第 {number} 条消息的{part}", "{part} of message {number}"),
    "part_channel": Text("渠道", "the channel"),
    "part_template": Text("模板", "the template"),
    "part_contains": Text("内容", "the text"),
    "what_skipped": Text("跳过的原因", "why somebody is skipped"),
    "what_exited": Text("退出的原因", "why the person leaves"),
    "what_state": Text("最终状态", "where the person stands"),
    "what_coupons": Text("券 {batch} 的张数", "the coupons of {batch}"),
    "all_batches": Text("全部批次", "all batches"),
    "enters": Text("进入", "enters"),
    "enters_not": Text("不进入", "does not enter"),
    "nothing": Text("无", "none"),
    "state_waiting": Text("在规则中等待", "waiting inside"),
    "state_done": Text("走完", "at the end"),
    "state_exited": Text("已退出", "has left"),
    "state_failed": Text("因失败结束", "broken off"),
    "state_none": Text("没有进入", "never entered"),
    "contains": Text("含“{text}”", "has “{text}”"),
    # notes
    "no_firing": Text(
        "规则在 {at} 不触发；之后最近的一次是 {next}", "the rule does not fire at {at}; it fires next at {next}"
    ),
    "never_fires": Text("规则在 {at} 之后不再触发", "the rule does not fire at {at}, nor later"),
    "not_called": Text(
        "规则触发了，但触发器没有选中此人（看 given 里的日期与事件）",
        "the rule fired, but its trigger did not name this person (see the dates and events in `given`)",
    ),
    "not_listening": Text(
        "事件 {event} 没有触发规则（名称或 where 不符）",
        "the event {event} does not call the rule (its name, or `where`)",
    ),
    "refused_event": Text("事件 {event} 未被接收：{reason}", "the event {event} was not taken: {reason}"),
    "nobody_fits": Text(
        "找不到同时属于这些分流分支与对照组的人", "nobody is in these arms and in or out of the control group at once"
    ),
    # coverage
    "coverage": Text("覆盖", "coverage"),
    "covered": Text(
        "{rule}：步骤与分支 {steps}，守则 {guards}", "{rule}: {steps} of the steps and branches, {guards} of the guards"
    ),
    "never": Text("从未走到：{what}", "never reached: {what}"),
    "guard_never": Text("从未拦住过人：{what}", "never held anybody back: {what}"),
    "branch_then": Text("条件成立", "the condition holds"),
    "branch_else": Text("条件不成立", "the condition does not hold"),
    "wait_came": Text("等到 {event}", "{event} comes"),
    "wait_missing": Text("没等到 {event}", "{event} does not come"),
    "split_arm": Text("分支 {arm}", "arm {arm}"),
    "guard_audience": Text("人群条件", "the audience"),
    "guard_holdout": Text("对照组", "the control group"),
    "guard_cooldown": Text("冷却期", "the cooldown"),
    "guard_limit": Text("每人上限", "the limits per person"),
    "guard_collected": Text("收进汇总", "collected into a digest"),
    "guard_already_inside": Text("已在规则中", "already inside"),
    "guard_restart": Text("再次进入时重新开始", "starting over"),
    "guard_queue": Text("排队", "queueing"),
    "guard_exit": Text("退出条件", "the exit conditions"),
    "guard_consent": Text("同意", "consent"),
    "guard_frequency_cap": Text("频次上限", "the frequency caps"),
    "guard_send_window": Text("发送时段", "the send window"),
    "guard_quiet_hours": Text("免打扰时段", "quiet hours"),
    "guard_budget": Text("预算", "the budget"),
}
