"""Sentences about the catalogue and about values."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    # the file
    "unknown_key": Text(
        "不认识的键 {found}；可用的键：{known}{hint}", "unknown key {found}; known keys: {known}{hint}"
    ),
    "not_mapping": Text("这里要写成“键: 值”的形式", "this must be a mapping of `key: value`"),
    "bad_name": Text(
        "名称 {found} 不能用；请用字母、汉字、数字与下划线，不以数字开头",
        "{found} can't be a name; use letters, digits and _, and begin with a letter",
    ),
    "taken": Text(
        "名称 {found} 已被内置项占用；请换一个名称", "the name {found} belongs to a built-in; choose another one"
    ),
    "hides_event_field": Text(
        "属性 {found} 遮住了每个事件自带的 event.{found}：规则与模板里的 event.{found} 指此属性；都要用时请给属性换名",
        "the property {found} hides the event.{found} that every event has: rules and templates that name it get the "
        "property; to name both, call the property something else",
    ),
    "expected_text": Text("这里要写文字，现在是 {found}", "a text is expected here, not {found}"),
    "expected_list": Text(
        "这里要写成列表，如 [甲, 乙]，现在是 {found}", "a list like [a, b] is expected here, not {found}"
    ),
    "expected_flag": Text("这里要写 true 或 false，现在是 {found}", "true or false is expected here, not {found}"),
    "expected_whole": Text(
        "这里要写 {least} 到 {most} 之间的整数，现在是 {found}",
        "a whole number from {least} to {most} is expected here, not {found}",
    ),
    "expected_duration": Text(
        "这里要写时长，如 30m、2h、14d、4w，现在是 {found}",
        "a duration like 30m, 2h, 14d or 4w is expected here, not {found}",
    ),
    "expected_date": Text(
        "这里要写日期，如 2026-12-31，现在是 {found}", "a date like 2026-12-31 is expected here, not {found}"
    ),
    "no_years": Text(
        "缺少 years：写明哪些年份的放假与调休已经写全，如 years: [2027]",
        "years is missing: say which years are complete here, e.g. years: [2027]",
    ),
    "not_in_years": Text(
        "{day} 不在 years 所列的年份里；把该年写进 years，并写全它的放假与调休",
        "{day} is in none of the years; add its year to years, with all its holidays and make-up days",
    ),
    "bad_range": Text(
        "{first} 到 {last} 不是 1 到 {most} 天的区间；请检查日期",
        "{first} to {last} is no range of 1 to {most} days; check the dates",
    ),
    "holiday_and_workday": Text(
        "{day} 既写成放假又写成上班；删去一处", "{day} is a holiday and a workday here; remove one of them"
    ),
    "workday_anyway": Text(
        "{day} 不是周末，本来就上班；workdays 只写调休上班的周末",
        "{day} is no weekend and worked anyway; workdays holds only weekend days that are worked",
    ),
    "expected_money": Text(
        "这里要写 {currency} 的正金额，如 50.00，现在是 {found}",
        "an amount of {currency} like 50.00 is expected here, not {found}",
    ),
    "expected_field": Text(
        "字段要写成类型（如 text）或 {{type: text, label: …}}，现在是 {found}",
        "a field is a type like `text`, or {{type: text, label: …}}, not {found}",
    ),
    "not_an_option": Text(
        "没有 {found} 这个选项；可选：{known}{hint}", "{found} is not known here; one of: {known}{hint}"
    ),
    "no_type": Text("缺少 type；可选：{known}", "the type is missing; one of: {known}"),
    "choices_need_text": Text(
        "只有 text 和 list 字段可以写 choices，这里是 {type}", "only text and list fields have choices, this is {type}"
    ),
    "duplicate_choice": Text("选项 {found} 重复", "the choice {found} stands twice"),
    "currency_needs_money": Text(
        "只有 money 字段可以写 currency，这里是 {type}", "only money fields have a currency, this is {type}"
    ),
    "bad_currency": Text(
        "{found} 不是币种代码；请写三个大写字母，如 CNY", "{found} is no currency code; write three capitals like CNY"
    ),
    "identity_needs_text": Text(
        "identity 只能用于 text 或 list 属性，这里是 {type}", "identity needs a text or list property, this is {type}"
    ),
    "bad_country": Text(
        "{found} 不是国家代码；请写两个大写字母，如 CN", "{found} is no country code; write two capitals like CN"
    ),
    "no_kind": Text(
        "缺少 kind；请写 generated（自动生成券码）或 pool（导入券码）",
        "the kind is missing; write generated (codes are made up) or pool (codes are imported)",
    ),
    "not_a_time_form": Text(
        "{found} 不是时间的写法；可选：{known}，或 %Y/%m/%d %H:%M:%S 这样的格式{hint}",
        "{found} is no form of times; one of: {known}, or a pattern like %Y/%m/%d %H:%M:%S{hint}",
    ),
    "bad_time_pattern": Text(
        "{found} 读不出年月日；请写 %Y/%m/%d %H:%M:%S 这样的格式",
        "{found} reads no year, month and day; write a pattern like %Y/%m/%d %H:%M:%S",
    ),
    "unknown_zone": Text(
        "没有时区 {found}；请写 Asia/Shanghai 这样的名称",
        "there is no time zone {found}; write a name like Asia/Shanghai",
    ),
    "no_such_target": Text(
        "来源的字段不能对应到 {found}{hint}；可写 name、contact、contact.phone、occurred_at、message_id、channel "
        "或 event.属性名",
        "a source's field can't stand for {found}{hint}; write name, contact, contact.phone, occurred_at, message_id, "
        "channel or event.PROPERTY",
    ),
    "target_twice": Text("{found} 已由字段 {other} 提供", "{found} is what the field {other} stands for already"),
    "no_such_event": Text("目录中没有事件 {found}{hint}", "the catalogue has no event {found}{hint}"),
    "not_for_pool": Text(
        "导入的券码（pool）不能写 {found}；库存就是未发的券码", "a pool has no {found}; its stock are its free codes"
    ),
    "bad_prefix": Text(
        "券码前缀 {found} 不能用；请用字母、数字与 -，最多 20 个",
        "{found} can't be a prefix; use up to 20 letters, digits and -",
    ),
    # values
    "required": Text("缺少必填属性 {field}", "the property {field} is missing"),
    "not_text": Text("{field} 要是文字，现在是 {found}", "{field} must be text, not {found}"),
    "unstorable_text": Text(
        "{field} 含有无法保存的字符：{found}", "{field} holds characters that can't be stored: {found}"
    ),
    "not_integer": Text("{field} 要是整数，现在是 {found}", "{field} must be a whole number, not {found}"),
    "not_number": Text("{field} 要是数字，现在是 {found}", "{field} must be a number, not {found}"),
    "not_money": Text(
        "{field} 要是金额，如 59.90，现在是 {found}", "{field} must be an amount like 59.90, not {found}"
    ),
    "money_too_fine": Text(
        "{field} 的小数位超出 {currency} 的最小单位：{found}",
        "{field} is finer than the smallest unit of {currency}: {found}",
    ),
    "not_boolean": Text(
        "{field} 要是 true 或 false（是/否），现在是 {found}", "{field} must be true or false, not {found}"
    ),
    "not_date": Text(
        "{field} 要是日期，如 1990-08-04，现在是 {found}", "{field} must be a date like 1990-08-04, not {found}"
    ),
    "not_datetime": Text(
        "{field} 要是日期时间，如 2026-08-04 10:00，现在是 {found}",
        "{field} must be a date and time like 2026-08-04 10:00, not {found}",
    ),
    "not_windows": Text(
        "{field} 要是一天中的时段，如 22:00-08:00，可写多个（用逗号隔开），现在是 {found}",
        "{field} must be times of day like 22:00-08:00, several with commas between them, not {found}",
    ),
    "not_list": Text("{field} 要是列表，现在是 {found}", "{field} must be a list, not {found}"),
    "not_a_choice": Text(
        "{field} 没有 {found} 这个选项；可选：{choices}{hint}", "{field} has no choice {found}; one of: {choices}{hint}"
    ),
}
