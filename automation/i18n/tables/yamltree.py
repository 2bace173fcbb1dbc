"""Sentences about the form of YAML files."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "duplicate_key": Text(
        "键 {found} 重复（第一次在第 {first} 行）；同一层里一个键只能写一次，请删去或改名",
        "the key {found} stands twice (first in line {first}); remove or rename one of them",
    ),
    "tag": Text(
        "不允许使用标签 {found}；请直接写值，文字可加引号", "the tag {found} is not allowed; write the plain value"
    ),
    "anchor": Text(
        "不允许使用锚点或引用 {found}；请把内容写全（若本意是文字，请加引号）",
        "anchors and aliases like {found} are not allowed; write the content out (or quote it, if it is text)",
    ),
    "merge_key": Text("不允许使用合并键 <<；请把内容写全", "the merge key << is not allowed; write the content out"),
    "several_documents": Text(
        "一个文件里只能有一份内容；请删去第二个 ---，或拆成两个文件",
        "a file holds one document; remove the second ---, or make it two files",
    ),
    "too_deep": Text("嵌套超过 {limit} 层；请减少层次", "nested more than {limit} levels deep; write it flatter"),
    "key_not_text": Text(
        "键必须是文字，这里是 {found}；请加引号", "a key must be text, but this is {found}; put it in quotes"
    ),
    "tab": Text("缩进用了制表符（Tab）；请改用空格", "a tab in the indentation; use spaces"),
    "wide_space": Text(
        "缩进用了全角空格或不换行空格；请改用普通空格",
        "a full-width or non-breaking space in the indentation; use plain spaces",
    ),
    "control_character": Text(
        "有不可见的控制字符 {code}；请删除它", "an invisible control character {code}; delete it"
    ),
    "full_width": Text(
        '用了全角符号 {found}；请改成半角 {instead}（若本意是文字，请把整段文字用引号 " 括起来）',
        'the full-width {found} is no YAML; write {instead} (or, if it is text, put the whole text in " quotes)',
    ),
    "syntax": Text(
        "YAML 语法错误：{reason}；请检查缩进、冒号与引号",
        "not valid YAML: {reason}; check the indentation, colons and quotes",
    ),
    "syntax_colon": Text(
        "这里不能出现“键: 值”；请检查缩进，或给含有冒号的文字加引号",
        "a `key: value` can't stand here; check the indentation, or quote a text that holds a colon",
    ),
    "syntax_unclosed_quote": Text("从这里开始的引号没有结束；请补上引号", "the quote that opens here is never closed"),
    "syntax_unclosed_bracket": Text(
        "从这里开始的括号没有正确结束；请检查逗号与右括号",
        "the bracket that opens here is not closed properly; check its commas and the closing bracket",
    ),
    "syntax_no_colon": Text(
        "此行缺少冒号；请写成“键: 值”（冒号后有空格）",
        "a colon is missing; write `key: value`, with a space after the colon",
    ),
    "syntax_bad_start": Text(
        "文字不能以这个字符开头；请给它加引号", "a text can't begin with this character; put it in quotes"
    ),
    "syntax_escape": Text(
        "双引号里有无法识别的反斜杠转义；请写 \\\\，或改用单引号",
        "an unknown backslash escape in double quotes; write \\\\, or use single quotes",
    ),
    "syntax_indent": Text(
        "缩进与上文对不上，或前面有引号没有结束；请与同一层的其它行对齐",
        "the indentation does not fit, or a quote above is not closed; align it with its neighbours",
    ),
}
