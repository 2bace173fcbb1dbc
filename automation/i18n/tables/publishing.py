"""Sentences of publishing: versions, differences, plans that are approved, rollbacks."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "none_yet": Text(
        "还没有发布过任何内容：publishing.mode 为 explicit 时，须先运行 automation publish --reason 原因",
        "nothing is published yet: with publishing.mode = explicit, run automation publish --reason WHY first",
    ),
    "unknown": Text(
        "没有发布 {found}；现有的见 automation versions", "there is no publication {found}; see automation versions"
    ),
    "other_plugin": Text(
        "{file} 与发布 {publication} 时的内容不同：代码不随发布保存，运行的是目录里的文件",
        "{file} is not what it was when publication {publication} was made: code is not stored, the folder's file runs",
    ),
}
