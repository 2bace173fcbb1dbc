"""Texts of plans."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "fatal": Text(
        "规则文件无法读取，不能生成计划；请先运行 automation validate 并改正",
        "the rule files can't be read, so there is nothing to plan; run `automation validate` and correct them first",
    ),
    "inside": Text(
        "流程中 {now} 人：{move} 人在新版本上继续，{finish} 人按原版本走完，{exit} 人退出",
        "{now} people inside: {move} go on with what is published, {finish} finish on their version, {exit} leave",
    ),
}
