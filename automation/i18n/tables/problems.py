"""Words around a problem."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "error": Text("错误：", "error:"),
    "warning": Text("提示：", "warning:"),
    "did_you_mean": Text("；您是否想写 {nearest}？", "; did you mean {nearest}?"),
}
