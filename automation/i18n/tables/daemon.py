"""What the daemon says in its log and at its start."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "already_running": Text(
        "已有一个守护进程在使用 {database}；SQLite 只允许一个。请先停止它，或改用 PostgreSQL",
        "another daemon is working on {database}; SQLite allows one. Stop it first, or move to PostgreSQL",
    ),
    "no_lock": Text(
        "无法建立锁文件 {file}：{reason}；请检查文件夹的写权限",
        "can't make the lock file {file}: {reason}; check that its folder may be written to",
    ),
    "started": Text(
        "守护进程已启动：{rules} 条规则，数据库 {database}", "the daemon runs: {rules} rules, database {database}"
    ),
    "stopping": Text("正在停止：完成手上的批次", "stopping: finishing the batches in hand"),
    "stopped": Text("守护进程已停止", "the daemon has stopped"),
    "tick_failed": Text("{job} 失败，将不断重试：{reason}", "{job} failed and will be tried again and again: {reason}"),
    "reloaded": Text(
        "文件有变动，已重新载入：{rules} 条规则，{broken} 条有错误",
        "files changed, reloaded: {rules} rules, {broken} broken",
    ),
    "not_reloaded": Text(
        "文件有变动，但无法使用；继续按原来的规则运行",
        "files changed but can't be used; the rules from before go on running",
    ),
    "unusable": Text(
        "项目文件有错误，无法使用；运行 automation validate 查看全部问题",
        "the project's files can't be used; run automation validate to see every problem",
    ),
    "once_done": Text("已处理完当前到期的全部工作：{count} 项", "everything due now is done: {count} items"),
    "deferred_to_the_past": Text(
        "{what} 被推迟到已经过去的时刻 {until}（现在是 {now}）；这是缺陷，已停止它，请上报",
        "{what} was put off to {until}, which has passed (it is {now}): a fault; it was stopped, please report it",
    ),
    "firing_not_later": Text(
        "下一次触发 {at} 不晚于上一次 {after}，会无休止地重复",
        "its next firing, {at}, is not later than {after}, so it would fire without end",
    ),
    "trigger_stands_still": Text("{rule} 的触发器停止：{reason}", "the trigger of {rule} stands still: {reason}"),
    "version_unusable": Text(
        "规则 {rule} 的版本 {version} 无法使用：{reason}",
        "version {version} of the rule {rule} can't be used: {reason}",
    ),
    "action_failed": Text("动作 {action} 在 {step} 出错", "the action {action} failed at {step}"),
    "row_deferred": Text(
        "处理 {what} 时程序出错（{reason}）；它暂缓一小时，其余照常；请把下面的错误信息报给开发者",
        "the program failed over {what} ({reason}); it waits for an hour, all else goes on; report what follows",
    ),
    "runs_stay_due": Text(
        "推进 {count} 个到期流程时出错，它们保持到期、稍后再推进；这批事件照常处理",
        "moving {count} due runs failed; they stay due and are moved later, and the events are taken all the same",
    ),
    "look_up_failed": Text(
        "服务商 {provider} 查询消息结果时出错（{reason}），稍后再查",
        "the provider {provider} failed while it was asked about messages ({reason}); it is asked again later",
    ),
    "provider_failed": Text(
        "服务商 {provider} 出错（{reason}），结果未知",
        "the provider {provider} failed ({reason}); the outcomes are unknown",
    ),
    "channel_stands_still": Text(
        "渠道 {channel} 暂停：{reason}；消息留在队列中",
        "the channel {channel} stands still: {reason}; its messages stay queued",
    ),
    "channel_unusable": Text("渠道无法使用：{reason}", "a channel can't be used: {reason}"),
    "account_open": Text(
        "服务商账号 {account} 连续失败（{code}），停用 {seconds} 秒；其间消息照常排队，不计入尝试次数",
        "the provider account {account} fails again and again ({code}) and is left alone for {seconds} s; "
        "messages stay queued and use up no attempt",
    ),
    "account_paused": Text(
        "服务商账号 {account} 要求等待（{code}），{seconds} 秒内不再发送",
        "the provider account {account} asks to be left alone ({code}): nothing is sent for {seconds} s",
    ),
    "account_closed": Text("服务商账号 {account} 已恢复", "the provider account {account} works again"),
}
