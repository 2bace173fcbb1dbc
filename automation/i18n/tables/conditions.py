"""Sentences about conditions: what is wrong with one, and the words around one that is told."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    # problems
    "expected_list": Text("条件要写成列表，每行以 - 开头", "conditions are a list; begin each line with -"),
    "expected_condition": Text(
        "条件要写成“字段: 值”，如 contact.level: 金卡", "a condition is `field: value`, like contact.level: gold"
    ),
    "unknown_field": Text("没有字段 {found}{hint}", "there is no field {found}{hint}"),
    "not_here": Text("这里不能用 {root}，所以不能写 {found}", "{root} can't be used here, so {found} can't"),
    "event_unknown": Text("这里没有触发事件，不能用 {found}", "no event is at hand here, so {found} can't be used"),
    "unknown_event": Text("目录里没有事件 {found}{hint}", "the catalogue has no event {found}{hint}"),
    "unknown_key": Text(
        "不认识的键 {found}；可用的键：{known}{hint}", "unknown key {found}; known keys: {known}{hint}"
    ),
    "unknown_operator": Text(
        "没有运算符 {found}；这个字段可用：{known}{hint}",
        "there is no operator {found}; this field takes: {known}{hint}",
    ),
    "wrong_operator": Text(
        "{field} 的类型是 {type}，不能用 {found}；可用：{known}",
        "{field} is of type {type}, which has no {found}; it takes: {known}",
    ),
    "no_operator": Text("{field} 后面没有写条件", "nothing is said about {field}"),
    "no_relative_here": Text(
        "这里只看事件本身，不知道“现在”，不能用 {found}",
        "only the event itself is looked at here, without a now, so {found} can't be used",
    ),
    "expected_value": Text("{found} 后面要写一个值", "{found} takes one value"),
    "expected_values": Text("{found} 后面要写列表，如 [甲, 乙]", "{found} takes a list like [a, b]"),
    "expected_pair": Text(
        "{found} 后面要写两个值，小的在前，如 [1, 9]", "{found} takes two values, the smaller first, like [1, 9]"
    ),
    "expected_flag": Text("{found} 后面要写 true 或 false", "{found} takes true or false"),
    "no_value": Text(
        "{found} 后面没有值；若要找没有值的人，请写 exists: false",
        "{found} has no value; for a missing value write exists: false",
    ),
    "empty_text": Text("{found} 后面不能是空文字", "{found} can't look for an empty text"),
    "bad_duration": Text(
        "时长要写成 30m、2h、3d、4w、6mo（月）、1y，现在是 {found}",
        "a duration is written like 30m, 2h, 3d, 4w, 6mo (months) or 1y, not {found}",
    ),
    "date_needs_days": Text(
        "日期字段的时长要以天或周为单位（d、w），现在是 {found}",
        "a date field takes a duration in days or weeks (d, w), not {found}",
    ),
    "needs_zone": Text(
        "这里要写明时区，如 2026-08-04T10:00+08:00，现在是 {found}",
        "a time zone is needed here, as in 2026-08-04T10:00+08:00, not {found}",
    ),
    "no_history": Text("这里不能用 {found}（查历史事件）", "{found} (past events) can't be used here"),
    "expected_history": Text("{found} 后面要写 {{event: …}}", "{found} takes {{event: …}}"),
    "no_event": Text("{found} 里缺少 event", "{found} needs an event"),
    "bad_since": Text("since 只能写 entry", "since takes only: entry"),
    "no_entry_here": Text(
        "分群不属于某次流程，不能写 since: entry；请写 within",
        "a segment belongs to no run, so `since: entry` can't be used; write `within`",
    ),
    "no_segment_here": Text("这里不能用 segment（分群）", "segment can't be used here"),
    "expected_segment": Text("segment 后面要写一个分群的名称", "segment takes the name of one segment"),
    "unknown_segment": Text("本文件的 segments 里没有分群 {found}{hint}", "this file's segments hold no {found}{hint}"),
    "broken_segment": Text("分群 {found} 有错误，因此不能使用", "the segment {found} has an error of its own"),
    "segments_too_deep": Text(
        "分群一层套一层，最多 {most} 层；请把其中几层合并",
        "segments stand on each other at most {most} deep; join some of them",
    ),
    "segment_circle": Text(
        "分群互相引用成圈：{chain}；请去掉其中一处", "segments use each other in a circle: {chain}; remove one link"
    ),
    "two_windows": Text("within 与 since 只能写一个", "write either within or since"),
    "bad_at_least": Text("at_least 要写大于 0 的整数", "at_least takes a whole number above 0"),
    "unknown_reference": Text(
        "没有可以引用的值 {found}；如果就是这段文字，请写 {{text: {found}}}{hint}",
        "there is no value {found} to refer to; if the text itself is meant, write {{text: {found}}}{hint}",
    ),
    "reference_not_here": Text(
        "这里不能引用 {found}；如果就是这段文字，请写 {{text: {found}}}",
        "{found} can't be referred to here; if the text itself is meant, write {{text: {found}}}",
    ),
    "reference_without_event": Text(
        "这里没有触发事件，不能引用 {found}；如果就是这段文字，请写 {{text: {found}}}",
        "no event is at hand here, so {found} can't be referred to; if the text itself is meant, write "
        "{{text: {found}}}",
    ),
    "reference_to_list": Text(
        "{found} 是列表，不能引用；请引用单个值的字段",
        "{found} is a list, which can't be referred to; refer to a field of one value",
    ),
    "reference_type": Text(
        "{found} 的类型是 {type}，不能与 {wanted} 类型的字段比较",
        "{found} is of type {type}, which can't be compared with a field of type {wanted}",
    ),
    "reference_value_type": Text(
        "{found} 的类型是 {type}，不能写入 {wanted} 类型的字段；需要换算时请写成 {{{{ {found} }}}}",
        "{found} is of type {type}, which does not fit a field of type {wanted}; to convert it write {{{{ {found} }}}}",
    ),
    # limits of a place
    "no_sql": Text("{field} 不能在数据库里查询", "{field} can't be asked of the database"),
    "no_relative_time": Text("这里不知道“现在”，不能用相对时间", "relative times can't be used here: there is no now"),
    # telling
    "and": Text("，并且", ", and "),
    "or": Text("，或者", ", or "),
    "list": Text("、", ", "),
    "none_of": Text("以下都不成立：（{items}）", "none of these holds: ({items})"),
    "bracket": Text("（{items}）", "({items})"),
    "everyone": Text("所有人", "everyone"),
    "no_one": Text("没有人", "no one"),
    "no_people_here": Text("这里不能用 {found}：它问的是联系人", "{found} asks about a person, and can't be used here"),
    "no_channel": Text(
        "缺少 channel；写成 reachable: {channel: sms, purpose: marketing}",
        "the channel is missing; write reachable: {channel: sms, purpose: marketing}",
    ),
    "unknown_channel": Text(
        "没有能联系到人的渠道 {found}；可用：{known}{hint}", "no channel {found} reaches people; known: {known}{hint}"
    ),
    "unknown_kind": Text(
        "没有身份种类 {found}；可用：{known}{hint}", "there is no identity kind {found}; known: {known}{hint}"
    ),
    "bad_purpose": Text(
        "purpose 要写用途的名称，如 marketing；不需要同意时写 transactional",
        "purpose is the name of a purpose, such as marketing; where no consent is needed it is transactional",
    ),
    "of_event": Text("事件的{field}", "the event's {field}"),
    "boolean_is": Text("{field}为“{value}”", "{field} is {value}"),
    "boolean_is_not": Text("{field}不为“{value}”", "{field} is not {value}"),
    "has_value": Text("{field}有值", "{field} has a value"),
    "has_no_value": Text("{field}没有值", "{field} has no value"),
    "did": Text("{window}发生过“{event}”{where}", "“{event}” happened{where}{window}"),
    "did_times": Text(
        "{window}发生过“{event}”{where}至少 {count} 次", "“{event}” happened{where} at least {count} times{window}"
    ),
    "did_not": Text("{window}没有发生“{event}”{where}", "“{event}” did not happen{where}{window}"),
    "did_not_times": Text(
        "{window}发生“{event}”{where}不到 {count} 次", "“{event}” happened{where} fewer than {count} times{window}"
    ),
    "within": Text("最近 {duration}内", " within the last {duration}"),
    "since_entry": Text("进入规则以来", " since entering the rule"),
    "where": Text("（{items}）", " (where {items})"),
    "ref_event": Text("触发事件的{field}", "the triggering event's {field}"),
    "ref_contact": Text("此人的{field}", "this person's {field}"),
    "ref_var": Text("已保存的 {field}", "the saved {field}"),
    "either": Text("或", " or "),
    "reachable": Text("能用{channels}联系到（用途 {purpose}）", "can be reached by {channels} (purpose {purpose})"),
    # tracing
    "group_all": Text("以下全部成立", "all of these hold"),
    "group_any": Text("以下至少一条成立", "at least one of these holds"),
    "group_none": Text("以下都不成立", "none of these holds"),
    "seen_group": Text("{count} 条中 {holding} 条成立", "{holding} of {count} hold"),
    "seen_nothing": Text("没有值", "no value"),
    "seen_wrong": Text("{value}（类型不符，按没有值处理）", "{value} (of another type, so it counts as no value)"),
    "seen_count": Text("{count} 次", "counted {count}"),
    "seen_refs": Text("{seen}；{refs}", "{seen}; {refs}"),
    "seen_ref": Text("{ref} 为 {value}", "{ref} is {value}"),
}
