"""Sentences about personal data: masking, what is known of a person, erasing, and what is pruned."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    # masking
    "content_hidden": Text(
        "（含个人信息，打码后模板无法渲染；加 --reveal 查看，将记入审计）",
        "(it holds personal data, and the template can't take them masked; --reveal shows it, and is audited)",
    ),
    "content_gone": Text("（内容已不再保留）", "(the content is no longer kept)"),
    "characters": Text("（{count} 个字符；加 --reveal 查看）", "({count} characters; --reveal shows them)"),
    # export-data
    "exported": Text(
        "联系人 #{contact} 的全部数据已写入 {file}", "everything known of contact #{contact} is in {file}"
    ),
    # erase
    "not_confirmed": Text(
        "删除不可撤销：联系人 #{contact} 的个人信息将被清除，进行中的流程会结束，之后不会再联系此人。确认请加 --yes；"
        "如需留存，请先运行 automation contacts export-data '#{contact}'",
        "this can't be undone: the personal data of contact #{contact} will go, its runs will end, and it will not be"
        " written to again. Add --yes to do it; for a copy run automation contacts export-data '#{contact}' first",
    ),
    "looking": Text("查找提及此人的记录", "looking for what mentions the person"),
    "erased": Text(
        "联系人 #{contact} 的个人信息已删除：结束流程 {runs} 个，清理事件 {events} 条、其他记录 {mentions} 条；"
        "已设为永久不再联系",
        "the personal data of contact #{contact} are erased: {runs} run(s) ended, {events} event(s) and {mentions}"
        " other record(s) emptied; nothing will be sent to this person again",
    ),
    "outside": Text(
        "数据库之外的副本需另行处理：outbox 文件夹、导入与被拒文件、数据库备份、各服务商",
        "copies outside the database are yours to remove: the outbox folder, import and rejects files, backups, what"
        " providers keep",
    ),
    # prune
    "no_retention": Text(
        '没有设置保留期，什么都不会清理；请在 automation.toml 的 [retention] 中设置，例如 events = "400d"',
        "nothing is pruned, because no retention is set; write in automation.toml for example [retention]"
        ' events = "400d"',
    ),
    "too_short": Text(
        "[retention] {setting} = {kept} 短于规则 {rule} 所需的 {wanted}（{path}）；没有清理任何内容。"
        "请延长保留期，或缩短规则回看的时长",
        "[retention] {setting} = {kept} is shorter than the {wanted} that the rule {rule} needs ({path}); nothing was"
        " pruned. Keep longer, or let the rule look back less",
    ),
    "for_ever": Text("全部历史（没有写 within）", "whole history (no `within`)"),
    "times_too_short": Text(
        "[retention] event_times = {kept} 短于事件的保留期（events：{events}）；没有清理任何内容。"
        "没有自带时间的事件靠它识别，请设得不短于 events",
        "[retention] event_times = {kept} is shorter than events are kept ({events}); nothing was pruned. Events"
        " without a time of their own are recognised by it: keep it as long as events, or longer",
    ),
    "for_ever_kept": Text("永久", "for ever"),
    "pruning": Text("清理", "pruning"),
    "what_events": Text("事件", "events"),
    "what_log": Text("执行日志", "execution log"),
    "what_content": Text("消息内容", "contents of messages"),
    "what_messages": Text("消息记录", "messages"),
    "what_quarantine": Text("隔离区条目", "quarantined items"),
    "what_event_times": Text("给定的事件时间", "times given to events"),
    "what_merges": Text("合并记录", "merges of contacts"),
    "dry_run": Text("这是试运行，没有清理任何内容", "this was a dry run; nothing was pruned"),
    "pruned_by_daemon": Text("已按保留期清理：{counts}", "pruned by retention: {counts}"),
}
