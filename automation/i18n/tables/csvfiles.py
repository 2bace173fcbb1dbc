"""Sentences about CSV files that can't be read."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "no_file": Text("无法读取 {file}：{reason}", "{file} can't be read: {reason}"),
    "bad_encoding": Text(
        "{file} 既不是 UTF-8、UTF-16 也不是 GB18030 编码；请另存为 UTF-8 再导入",
        "{file} is neither UTF-8 nor UTF-16 nor GB18030; save it as UTF-8 and import again",
    ),
    "empty_file": Text("{file} 中没有任何数据行", "{file} has no rows"),
    "bad_header": Text(
        "{file} 的表头无法读取：引号没有配对或位置不对（{reason}）",
        "the header of {file} can't be read: quotes are not closed or misplaced ({reason})",
    ),
    "column_twice": Text("{file} 的表头中列“{column}”出现了两次", "{file} has the column “{column}” twice"),
    "column_unnamed": Text("{file} 的第 {number} 列没有名称", "column {number} of {file} has no name"),
    "wrong_columns": Text(
        "这一行有 {found} 列，表头有 {expected} 列",
        "the row has {found} columns, the header has {expected}",
    ),
    "bad_quotes": Text("引号没有配对或位置不对（{reason}）", "quotes are not closed or misplaced ({reason})"),
    "huge_cell": Text(
        "第 {number} 个单元格超过 {max} 个字符，不会导入这样长的内容",
        "cell {number} has more than {max} characters, which is more than a cell may have",
    ),
    "open_quote": Text(
        "一个单元格跨多行且超过 {max} 个字符：很可能是这一行的引号没有配对",
        "a cell runs over several lines and has more than {max} characters: most likely a quote on this line is not "
        "closed",
    ),
}
