"""Texts of rehearsals."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "endless": Text(
        "规则通过各自产生的事件不停地互相触发（{at}）：{rules}；请给其中一条加上 cooldown，或改用 mode",
        "rules call each other without end through the events that they emit ({at}): {rules}; give one of them a "
        "cooldown, or a mode that lets nobody in twice",
    ),
}
