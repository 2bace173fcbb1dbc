"""Sentences about events that could not be taken."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "not_an_event": Text("不是有效的事件", "this is no valid event"),
    "not_utf8": Text("第 {at} 个字节不是 UTF-8；请用 UTF-8 编码", "byte {at} is not UTF-8; send UTF-8"),
    "not_json": Text("第 {at} 个字符处不是有效的 JSON：{near}", "this is no valid JSON at character {at}: {near}"),
    "not_object": Text("事件要是 {{…}}，现在是{found}", "an event is a mapping {{…}}, this is {found}"),
    "too_deep": Text("嵌套太深，无法读取", "it is nested too deeply to be read"),
    "no_name": Text("缺少 name（事件名）", "`name`, the event's name, is missing"),
    "unknown_field": Text(
        "{of_source}没有字段 {field}{hint}（已知：{known}）；请改正名称，或在 catalog.yaml 的 sources 中写明它对应什么",
        "{of_source}there is no field {field}{hint} (known: {known}); correct its name, or say under `sources` "
        "in catalog.yaml what it stands for",
    ),
    "lacks": Text(
        "{of_source}事件 {name} 缺少必填属性 {field}{hint}（未声明的属性：{known}）；请改正名称，"
        "或在 catalog.yaml 的 sources 中写明哪个字段是它",
        "{of_source}the event {name} lacks the required property {field}{hint} (undeclared ones: {known}); "
        "correct the name, or say under `sources` in catalog.yaml which field it is",
    ),
    "wrong_type": Text("{field} 要是{expected}，现在是{kind}", "{field} must be {expected}, this is {kind}"),
    "too_long": Text(
        "{field} 有 {length} 个字符，最多 {max} 个", "{field} has {length} characters, at most {max} are possible"
    ),
    "empty": Text("{field} 是空的", "{field} is empty"),
    "nul": Text("含有 \\u0000 字符，无法存储；请去掉", "it holds the character \\u0000, which can't be stored"),
    "unknown_event": Text(
        "{of_source}目录中没有事件 {name}；请在 catalog.yaml 的 events 中声明它，或改正名称后重试{hint}",
        "{of_source}the catalogue has no event {name}; declare it under `events` in catalog.yaml or "
        "correct the name, then retry{hint}",
    ),
    "unknown_identity": Text("未知的身份类型 {kind}；可用：{known}", "unknown identity kind {kind}; known: {known}"),
    "bad_time": Text(
        "无法识别的时间 {found}；请用 ISO 8601（如 2026-08-01T10:00:00+08:00），或 1970 年以来的秒数、毫秒数；"
        "其他写法请在 catalog.yaml 的 sources 中用 time 声明",
        "{found} is no time; write ISO 8601, for example 2026-08-01T10:00:00+08:00, or seconds or milliseconds since "
        "1970; declare another form as `time` under `sources` in catalog.yaml",
    ),
    "bad_time_form": Text(
        "来源 {source} 声明的时间写法是 {form}，{found} 不是这样的时间",
        "the times of source {source} are declared to be {form}, and {found} is none",
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
