"""The first page: what is where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automation.i18n import Lang, Text
from scripts.reference.markdown import Page

if TYPE_CHECKING:
    from scripts.reference.surroundings import Surroundings

NAME = "README"

PAGES = (
    ("rules", Text("规则文件：每个关键字", "The rule file: every keyword")),
    ("conditions", Text("条件与运算符", "Conditions and operators")),
    ("triggers", Text("触发器", "Triggers")),
    ("actions", Text("动作", "Actions")),
    ("guards", Text("守则：同意、免打扰、频次等", "Guards: consent, quiet hours, caps and others")),
    ("catalogue", Text("目录：字段、事件、券批次", "The catalogue: fields, events, coupon batches")),
    ("events", Text("事件数据的格式", "The form of incoming events")),
    ("templates", Text("模板", "Templates")),
    ("providers", Text("服务商", "Providers")),
    ("settings", Text("设置 automation.toml", "Settings: automation.toml")),
    ("reasons", Text("原因代码", "Reason codes")),
    ("commands", Text("命令", "Commands")),
    ("forms", Text("时长、时刻、日期等写法", "How durations, times and dates are written")),
)


def page(lang: Lang, around: Surroundings) -> str:
    page = Page(lang)
    page.heading(1, Text("参考手册", "Reference"))
    page.text(
        Text(
            "本手册由代码生成（`make docs`），与代码不一致时测试会失败。请勿手工修改。[English](../en/README.md)",
            "Made from the code by `make docs`; a test fails when it differs. Don't edit it by hand. "
            "[中文](../zh/README.md)",
        )
    )
    page.bullets(f"[{title.get(lang)}]({name}.md)" for name, title in PAGES)
    return page.markdown()
