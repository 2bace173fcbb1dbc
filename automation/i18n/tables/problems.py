"""Words around a problem."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "error": Text("错误：", "error:"),
    "warning": Text("提示：", "warning:"),
    "full_width": Text(
        "；这里有全角字符，请改用半角：{narrow}", "; it has full-width characters, type {narrow} instead"
    ),
    "did_you_mean": Text("；您是否想写 {nearest}？", "; did you mean {nearest}?"),
}
