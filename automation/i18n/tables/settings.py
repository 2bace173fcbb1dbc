"""Sentences about settings."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "bad_file": Text("{file} 无法读取：{reason}", "{file} can't be read: {reason}"),
    "not_utf8": Text(
        "第 {line} 行不是 UTF-8；请把文件另存为 UTF-8", "line {line} is not UTF-8; save the file as UTF-8"
    ),
    "bad_value": Text("{setting} 有误：应为{reason}", "{setting} is wrong: expected {reason}"),
    "missing": Text("{setting} 没有写", "{setting} is missing"),
    "unknown": Text(
        "没有 {setting} 这个设置{hint}；可写：{known}", "there is no setting {setting}{hint}; known: {known}"
    ),
    "unknown_variable": Text(
        "环境变量 {name} 不对应任何设置{hint}（各级之间用两个下划线，如 AUTOMATION_DELIVERY__BREAKER__FAILURES）",
        "the variable {name} is no setting{hint} (two underscores between levels, as in "
        "AUTOMATION_DELIVERY__BREAKER__FAILURES)",
    ),
    "no_channel": Text("已知的渠道：{known}；没有 {found}", "one of the channels {known}; {found}: no such channel"),
    "no_table": Text(
        "一张表 [providers.{found}]，或几张 [[providers.{found}]]",
        "a table [providers.{found}], or several [[providers.{found}]]",
    ),
    "no_price": Text(
        '像 "0.045" 这样的价格，最多 4 位小数；写的是 {price}',
        'a price like "0.045", at most 4 decimals; found {price}',
    ),
    "no_zone": Text(
        "Asia/Shanghai 这样的时区；没有 {found}", "a time zone like Asia/Shanghai; {found}: no such time zone"
    ),
    "approval_needs_explicit": Text(
        'approval.required 要配合 mode = "explicit"：在 "files" 下，改动立即生效',
        'mode = "explicit" with approval.required: with "files" an edit runs at once',
    ),
    "toml_value": Text("这里的值不对；文字要加引号", "invalid value; a text needs quotes"),
    "toml_equals": Text("键的后面要写 =", "expected = after the key"),
    "toml_newline": Text("一行只写一项", "expected the end of the line: one setting a line"),
    "toml_twice": Text("同一个键或表写了两次", "a key or a table is written twice"),
    "toml_statement": Text("这一行不是“键 = 值”，也不是 [表]", "neither key = value nor a [table]"),
    "toml_string": Text("引号没有结束", "a quote is not closed"),
    "toml_unclosed": Text("括号没有结束", "a bracket is not closed"),
    "toml_character": Text("有不能出现的字符", "a character that may not stand here"),
    "no_env": Text(
        "{setting} 需要环境变量 {name}，但它没有设置",
        "{setting} needs the environment variable {name}, which is not set",
    ),
    "no_file": Text("{setting} 需要文件 {name}：{reason}", "{setting} needs the file {name}: {reason}"),
}
