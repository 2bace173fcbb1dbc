"""Sentences about events that could not be taken."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "not_an_event": Text("不是有效的事件：{reason}", "not a valid event: {reason}"),
    "nul": Text("含有 \\u0000 字符，无法存储；请去掉", "it holds the character \\u0000, which can't be stored"),
    "unknown_event": Text(
        "目录中没有事件 {name}；请在 catalog.yaml 的 events 中声明它，或改正名称后重试",
        "the catalogue has no event {name}; declare it under `events` in catalog.yaml or correct the name, then retry",
    ),
    "unknown_identity": Text("未知的身份类型 {kind}；可用：{known}", "unknown identity kind {kind}; known: {known}"),
    "bad_time": Text(
        "无法识别的时间 {found}；请用 ISO 8601，如 2026-08-01T10:00:00+08:00",
        "{found} is no time; write ISO 8601, for example 2026-08-01T10:00:00+08:00",
    ),
    "future": Text(
        "时间 {found} 在未来一天以后；请检查发送方的时钟",
        "the time {found} is more than a day ahead; check the sender's clock",
    ),
    "conflict": Text(
        "事件中的身份属于不同的联系人，不能确定是谁：{reason}",
        "the identities of the event belong to different people: {reason}",
    ),
    "no_contact": Text("没有联系人拥有身份 {identities}", "nobody has the identity {identities}"),
    "erased": Text("内容已随个人信息的删除而清除", "emptied, because the person it names was erased"),
    "too_old": Text(
        "早于 [retention] events = {kept} 的保留期：更早的事件可能已清理，无法识别是否重复",
        "older than [retention] events = {kept} keeps: one that was pruned could not be told from a new one",
    ),
    "failed": Text("处理时出错：{reason}", "it could not be processed: {reason}"),
}
