"""Sentences about rule files."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    # files and keys
    "no_file": Text("找不到规则文件 {file}", "the rule file {file} does not exist"),
    "unreadable": Text("{file} 无法读取：{reason}", "{file} can't be read: {reason}"),
    "not_utf8": Text(
        "文件不是 UTF-8 编码（第 {line} 行起无法解码）；请另存为 UTF-8",
        "the file is not UTF-8 (undecodable from line {line} on); save it as UTF-8",
    ),
    "empty_file": Text("文件是空的；请至少写 rules:", "the file is empty; it needs at least `rules:`"),
    "unknown_key": Text(
        "不认识的键 {found}；可用的键：{known}{hint}", "unknown key {found}; known keys: {known}{hint}"
    ),
    "missing_key": Text("缺少 {name}", "{name} is missing"),
    "empty_value": Text("{name} 没有值；请写上值或删除此键", "{name} has no value; give it one or remove the key"),
    "empty_list": Text("列表是空的；请至少写一项，或删除此键", "the list is empty; give it an item or remove the key"),
    "duplicate_id": Text(
        "规则 id {found} 重复，{file} 第 {line} 行已用过", "the rule id {found} is already used in {file}, line {line}"
    ),
    "bad_id": Text(
        "规则 id {found} 不能用；请用小写英文字母、数字与下划线，以字母开头，如 birthday_coupon",
        "{found} can't be a rule id; use small letters, digits and _, and begin with a letter, as in birthday_coupon",
    ),
    "bad_name": Text(
        "名称 {found} 不能用；请用小写英文字母、数字与下划线，以字母开头",
        "{found} can't be a name; use small letters, digits and _, and begin with a letter",
    ),
    "consent_none": Text(
        "consent 不能写 {found}，没有人会同意这样的用途；不需要同意的消息（如订单通知）请写 consent: transactional",
        "{found} can't be a purpose, nobody would ever have agreed to it; where no consent is needed (an order notice) "
        "write consent: transactional",
    ),
    "consent_like": Text(
        "consent: {found} 是一个自定的用途，只发给同意了 {found} 的人；您是否想写 {near}？",
        "consent: {found} is a purpose of your own: only who agreed to {found} gets anything; did you mean {near}?",
    ),
    "bad_label": Text("名称 {found} 不能含空格或 /", "the name {found} can't hold spaces or /"),
    "counted_later": Text(
        "{what}：已检查并保留，以后的版本才会统计", "{what}: checked and kept; counted from a later version on"
    ),
    "stored_unusable": Text(
        "规则 {rule} 的已存版本无法再使用：{reason}",
        "a stored version of the rule {rule} can't be used any more: {reason}",
    ),
    # kinds
    "wrong_kind": Text("这里要写{expected}，现在是 {found}", "{expected} is expected here, not {found}"),
    "kind_mapping": Text("“键: 值”的形式", "a mapping of `key: value`"),
    "kind_list": Text("列表", "a list"),
    "kind_conditions": Text("条件列表", "a list of conditions"),
    "kind_text": Text("文字（数字与 true/false 请加引号）", "a text (put numbers and true/false in quotes)"),
    "kind_flag": Text(" true 或 false", "true or false"),
    "kind_integer": Text("整数", "a whole number"),
    "kind_number": Text("数字", "a number"),
    "kind_rule": Text("一条规则（id、trigger、steps 等）", "a rule (id, trigger, steps …)"),
    "kind_step": Text("一个步骤，如“do: 动作”或“wait: 3d”", "a step such as `do: action` or `wait: 3d`"),
    "kind_stop": Text(" true 或一句原因", "true or a reason"),
    "found_nothing": Text("空值", "nothing"),
    "found_list": Text("列表", "a list"),
    "found_mapping": Text("“键: 值”的形式", "a mapping"),
    # values
    "bad_count": Text(
        "这里要写 {least} 到 {most} 之间的整数，现在是 {found}",
        "a whole number from {least} to {most} is expected here, not {found}",
    ),
    "bad_choice": Text(
        "没有 {found} 这个选项；可选：{known}{hint}", "{found} is not known here; one of: {known}{hint}"
    ),
    "bad_limit_period": Text(
        "{found} 不是期限；自然日、周、月写 {known}，滑动时间窗写 30d 这样的时长{hint}",
        "{found} is no period; write {known} (of the calendar) or a duration such as 30d (sliding){hint}",
    ),
    "bad_percent": Text(
        "{found} 不是百分比；请写 0% 到 100%，最多两位小数，如 5% 或 2.5%",
        "{found} is no percentage; write 0% to 100% with at most two decimals, such as 5% or 2.5%",
    ),
    "bad_amount": Text(
        "{found} 不是金额；请写大于零的数，最多四位小数，如 500 或 12.5",
        "{found} is no amount of money; write a number above zero with at most four decimals, such as 500 or 12.5",
    ),
    "bad_duration": Text(
        "{found} 不是时长；请写数字加单位，如 30m、2h、3d、4w、6mo（月）、1y",
        "{found} is no duration; write a number and a unit, such as 30m, 2h, 3d, 4w, 6mo (months) or 1y",
    ),
    "duration_too_long": Text(
        "{found} 太长了；时长最多约一千年，请写短一些，如 1y",
        "{found} is too long, more than a thousand years; write less, such as 1y",
    ),
    "duration_no_months": Text(
        "这里不能用月或年（{found}），因为长短不一；请写天或周，按月触发请用 cron，如 0 9 1 * *",
        "months and years differ in length, so {found} can't be used here; write days or weeks, or a cron such as "
        "0 9 1 * * for every month",
    ),
    "duration_not_positive": Text("时长 {found} 必须大于零", "the duration {found} must be more than zero"),
    "bad_time": Text(
        "{found} 不是一天中的时刻；请写 00:00 到 23:59，如 09:30",
        "{found} is no time of day; write 00:00 to 23:59, such as 09:30",
    ),
    "wait_days_at": Text(
        '等到某些星期或工作日的时刻请写 {until: "10:00", days: workdays}；等几天后的时刻请写 {days: 1, at: "10:00"}',
        'to wait for a time on certain days write {until: "10:00", days: workdays}; for one in so many days write '
        '{days: 1, at: "10:00"}',
    ),
    "bad_end_time": Text(
        "{found} 不是一天中的时刻；请写 00:00 到 24:00，如 21:30",
        "{found} is no time of day; write 00:00 to 24:00, such as 21:30",
    ),
    "bad_date": Text("{found} 不是日期；请写成 2026-08-01", "{found} is no date; write it like 2026-08-01"),
    "bad_moment": Text(
        "{found} 不是日期加时刻；请写成 2026-08-01 10:00", "{found} is no date and time; write it like 2026-08-01 10:00"
    ),
    "bad_zone": Text(
        "{found} 不是时区；请写成 Asia/Shanghai 这样{hint}",
        "{found} is no time zone; write it like Asia/Shanghai{hint}",
    ),
    "not_finite": Text("{found} 不是可用的数字", "{found} is no number that can be used"),
    "bad_value": Text("{found} 不能用：{reason}", "{found} can't be used: {reason}"),
    "too_small": Text("{found} 太小，最小为 {limit}", "{found} is too small; at least {limit}"),
    "too_small_or_equal": Text("{found} 必须大于 {limit}", "{found} must be more than {limit}"),
    "too_large": Text("{found} 太大，最大为 {limit}", "{found} is too large; at most {limit}"),
    "too_large_or_equal": Text("{found} 必须小于 {limit}", "{found} must be less than {limit}"),
    "too_few": Text("项数太少，至少 {limit} 项", "too few items; at least {limit}"),
    "too_many": Text("项数太多，最多 {limit} 项", "too many items; at most {limit}"),
    "too_short": Text("{found} 太短，至少 {limit} 个字符", "{found} is too short; at least {limit} characters"),
    "too_long": Text("{found} 太长，最多 {limit} 个字符", "{found} is too long; at most {limit} characters"),
    "not_multiple": Text("{found} 必须是 {limit} 的倍数", "{found} must be a multiple of {limit}"),
    "bad_pattern": Text("{found} 的格式不对，应符合 {limit}", "{found} has the wrong form; it must match {limit}"),
    # plugins
    "unknown_trigger": Text("没有触发器 {found}{hint}{broken}", "there is no trigger {found}{hint}{broken}"),
    "unknown_action": Text("没有动作 {found}{hint}{broken}", "there is no action {found}{hint}{broken}"),
    "missing_param": Text("{type} 缺少参数 {name}（写在 with: 下）", "{type} needs {name} (under `with:`)"),
    "unknown_param": Text(
        "{type} 没有参数 {found}；可用的参数：{known}{hint}", "{type} has no parameter {found}; it has: {known}{hint}"
    ),
    "plugin_crashed": Text(
        "插件 {type} 在检查参数时出错：{reason}", "the plugin {type} failed while checking its parameters: {reason}"
    ),
    # names
    "unknown_event": Text("目录中没有事件 {found}{hint}", "the catalogue has no event {found}{hint}"),
    "unknown_field": Text("这里没有字段 {found}{hint}", "there is no field {found} here{hint}"),
    "unknown_batch": Text("目录中没有券批次 {found}{hint}", "the catalogue has no coupon batch {found}{hint}"),
    "unknown_source": Text(
        "automation.toml 中没有 [sources.{found}]{hint}；已有：{known}",
        "automation.toml has no [sources.{found}]{hint}; there are: {known}",
    ),
    "unknown_channel": Text(
        "没有渠道 {found}；可选：{known}{hint}", "there is no channel {found}; one of: {known}{hint}"
    ),
    "unknown_reason": Text("没有原因代码 {found}{hint}", "there is no reason code {found}{hint}"),
    "wrong_field_type": Text(
        "字段 {found} 的类型是 {type}，这里需要 {types}", "the field {found} is of type {type}; {types} is needed here"
    ),
    "unknown_property": Text("事件 {event} 没有属性 {found}{hint}", "the event {event} has no property {found}{hint}"),
    "missing_property": Text("事件 {event} 缺少必填属性 {name}", "the event {event} needs the property {name}"),
    "not_an_identity": Text(
        "{found} 不指向联系人；目录中指向联系人的属性：{known}",
        "{found} doesn't name a person; properties that do: {known}",
    ),
    "not_an_attribute": Text(
        "{found} 不能由规则修改；只能修改目录中的联系人属性",
        "{found} can't be changed by a rule; only attributes of the catalogue can",
    ),
    # templates
    "unknown_template": Text("没有模板 {found}{hint}", "there is no template {found}{hint}"),
    "no_template_for": Text(
        "模板 {name} 没有 {channel} 渠道的版本；已有：{known}",
        "the template {name} has no version for the channel {channel}; it has: {known}",
    ),
    "broken_template": Text(
        "模板 {name} 的 {channel} 版本有错误，因此不能使用",
        "the {channel} version of the template {name} has an error of its own",
    ),
    "unknown_variable_in": Text(
        "{file} 第 {line} 行用到 {found}，但此处没有这个变量{hint}",
        "{file}, line {line}, uses {found}, which nothing provides here{hint}",
    ),
    "unknown_variable": Text(
        "用到 {found}，但此处没有这个变量{hint}", "{found} is used, which nothing provides here{hint}"
    ),
    # guards and steps
    "empty_budget": Text(
        "budget 里要写 messages 或 cost；若不要预算请写 none",
        "a budget needs messages or cost; write `none` for no budget",
    ),
    "empty_window": Text(
        '时段的 from 与 to 相同（{found}）；整天请写 days 与 to: "24:00"，不要时段请写 none',
        'the window begins and ends at {found}; for whole days write `days` with to: "24:00", for no window `none`',
    ),
    "always_quiet": Text(
        "这些免打扰时段合起来没有任何空档，什么都发不出去",
        "these quiet hours together leave no moment of the week, so nothing would ever be sent",
    ),
    "day_kind_alone": Text(
        "{found} 不能与星期写在一起；请单独写 days: {found}",
        "{found} doesn't go into a list of weekdays; write `days: {found}`",
    ),
    "two_kinds": Text(
        "一个步骤只能做一件事，这里同时写了 {kinds}；请拆成两步",
        "a step is exactly one thing, this one is {kinds}; make it two steps",
    ),
    "no_kind": Text(
        "不认识的步骤 {found}；步骤是以下之一：{known}{hint}", "unknown step {found}; a step is one of: {known}{hint}"
    ),
    "unreachable": Text(
        "前面的步骤总会结束流程，这一步永远走不到；请删除或移到前面",
        "the steps before always end the journey, so this one is never reached; remove it or move it up",
    ),
    "only_with_date": Text(
        "{name} 只能与日期字段一起用，如 until: contact.birthday",
        "{name} goes only with a date field, as in `until: contact.birthday`",
    ),
    "only_with_time": Text(
        '{name} 只能与时刻一起用，如 until: "10:00"', '{name} goes only with a time of day, as in `until: "10:00"`'
    ),
    "days_with_at": Text(
        'days: {found} 要与 at 一起用，如 wait: {{days: {found}, at: "10:00"}}',
        'days: {found} goes with `at`, as in wait: {{days: {found}, at: "10:00"}}',
    ),
    "kind_var": Text("文字、数字或 true/false", "text, a number, or true/false"),
    "reference_in_text": Text(
        "这里的文字原样发送，不会去取 {found} 的值；要取值请写 {{{{ {found} }}}}，就是这段文字请写 {{{{ '{found}' }}}}",
        "this text is taken as it is, and {found} is not looked up; for its value write {{{{ {found} }}}}, for the "
        "text itself {{{{ '{found}' }}}}",
    ),
    "reference_in_param": Text(
        "这个参数不能引用 {found}；如果就是这段文字，请写 {{text: {found}}}",
        "this parameter can't refer to {found}; if the text itself is meant, write {{text: {found}}}",
    ),
    "template_in_param": Text(
        "这个参数不会渲染 {{{{ }}}}：{found}；请把变量写到模板或支持 {{{{ }}}} 的参数里",
        "this parameter renders no {{{{ }}}}: {found}; variables belong into a template, or into a parameter that "
        "takes them",
    ),
    "reserved_name": Text(
        "save_as 不能叫 {found}，它已有固定含义；请换一个名称",
        "save_as can't be {found}, which means something else already; choose another name",
    ),
    "digest_of_events": Text(
        "digest 收集的是同一人自己的事件：触发器须是 event 或 poll，且不写 contact、not_followed_by",
        "a digest collects a person's own events: the trigger must be event or poll, without contact and "
        "not_followed_by",
    ),
    "digest_and_mode": Text(
        "有 digest 时不写 on_again：收集期间同一人不再进入，之后的事件开始新的汇总；可以写 per",
        "with digest, on_again is not written: nobody enters while they collect, and the next event begins another "
        "digest; per may be",
    ),
    "digest_too_short": Text(
        "写了 at 时 for 至少 1d，否则可能一天也等不到那个时刻；请改长或去掉 at",
        "with at, for is 1d at least, or that time of day may not come in it; make it longer, or leave out at",
    ),
    "no_outputs": Text("{type} 没有可保存的结果；请删除 save_as", "{type} has nothing to save; remove save_as"),
    "duplicate_save_as": Text(
        "save_as 的名称 {found} 在走到这里之前已用过；请换一个（互斥的分支可以用同一个）",
        "the save_as name {found} is already used on the way here; choose another (other branches may share one)",
    ),
    "duplicate_step_id": Text(
        "步骤 id {found} 重复，第 {line} 行的 {path} 已用过；请换一个",
        "the step id {found} is already used in line {line}, by {path}; choose another",
    ),
    "cost_without_prices": Text(
        "预算限制了费用，但设置里没有任何价格，因此一条也不会发送；"
        "请在 automation.toml 的 [prices] 写上各渠道的价格，免费的写 0",
        "the budget limits the cost, but the settings know no price, so nothing is sent; write what each channel costs "
        "under [prices] in automation.toml, 0 for what is free",
    ),
    "move_without_ids": Text(
        "on_change: move 按步骤 id 移动，而这条规则的步骤都没有 id，里面的人一个也移不了；请给步骤写上 id",
        "on_change: move goes by step id, and no step of this rule has one, so nobody inside can be moved; name steps",
    ),
    "too_many_rounds": Text(
        "外层已重复 {outer} 次，再重复 {found} 次共 {total} 次；嵌套的 repeat 合起来最多 {most} 次",
        "{found} times inside {outer} makes {total} rounds; nested repeats make {most} at most",
    ),
    "duplicate_split": Text("split 的名称 {found} 已用过", "the split name {found} is already used"),
    "duplicate_arm": Text("分支 {found} 已写过", "the arm {found} is already there"),
}
