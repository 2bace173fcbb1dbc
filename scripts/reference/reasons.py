"""Every reason code with its sentence."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from automation.i18n import Lang, Text
from automation.reasons import Reason
from scripts.reference.markdown import Page, code

if TYPE_CHECKING:
    from scripts.reference.surroundings import Surroundings

NAME = "reasons"


def page(lang: Lang, around: Surroundings) -> str:
    page = Page(lang)
    page.heading(1, Text("原因代码", "Reason codes"))
    page.text(
        Text(
            "执行日志的每一行都有一个原因代码，名称不会改变，可用于查询与统计。"
            "`automation log --reason skipped.consent` 只看一种，`--reason skipped` 看一类。",
            "Every row of the execution log has one. The names never change, so queries may rely on them. "
            "`automation log --reason skipped.consent` shows one, `--reason skipped` a whole group.",
        )
    )
    titles = (Text("代码", "code"), Text("含义", "meaning"))
    for group, found in groupby(sorted(Reason, key=_group), key=_group):
        page.heading(2, code(group))
        page.table(titles, [(code(reason.value), reason.sentence(lang)) for reason in found])
    return page.markdown()


def _group(reason: Reason) -> str:
    return reason.value.partition(".")[0]
