"""Sentences about plugins."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "duplicate": Text(
        "插件类型 {type}（{kind}）已由 {other} 提供；请换一个 type 名称",
        "the {kind} type {type} is already provided by {other}; choose another `type` name",
    ),
    "broken": Text("插件 {where} 无法载入：{reason}", "the plugin {where} can't be loaded: {reason}"),
    "incomplete": Text("插件类 {name} 缺少 {attribute}", "the plugin class {name} lacks {attribute}"),
    "empty": Text(
        "{where} 中没有插件类；请定义 Trigger、Action 或 Provider 的子类并给出 type",
        "{where} defines no plugin class; subclass Trigger, Action or Provider and give it a `type`",
    ),
}
