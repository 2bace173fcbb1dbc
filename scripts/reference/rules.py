"""The rule file: every keyword with its type, its default and an example."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automation.i18n import Lang, Text
from scripts.reference import examples, keywords
from scripts.reference.markdown import Page, code

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scripts.reference.keywords import Keyword
    from scripts.reference.surroundings import Surroundings

NAME = "rules"

_TITLES = (Text("键", "key"), Text("类型", "type"), Text("默认值", "default"), Text("含义", "meaning"))

SECTIONS: tuple[tuple[Text, tuple[Keyword, ...], str | None], ...] = (
    (Text("文件", "The file"), keywords.FILE, "file"),
    (Text("规则", "A rule"), keywords.RULE, "rule"),
    (Text("给模板的值 `vars`", "`vars`"), keywords.VARS, "vars"),
    (Text("触发 `trigger`", "`trigger`"), keywords.TRIGGER, None),
    (Text("再次触发 `mode`", "`mode`"), keywords.MODE, "mode"),
    (Text("汇总 `digest`", "`digest`"), keywords.DIGEST, "digest"),
    (Text("步骤共有的键", "Keys of every step"), keywords.STEP, None),
    (Text("做 `do`", "`do`"), keywords.DO, "do"),
    (Text("等 `wait`", "`wait`"), keywords.WAIT, "wait"),
    (Text("等事件 `wait_for`", "`wait_for`"), keywords.WAIT_FOR, "wait_for"),
    (Text("如果 `if`", "`if`"), keywords.IF, "if"),
    (Text("分流 `split`", "`split`"), keywords.SPLIT, "split"),
    (Text("重复 `repeat`", "`repeat`"), keywords.REPEAT, "repeat"),
    (Text("结束 `stop`", "`stop`"), keywords.STOP, "stop"),
    (Text("目标 `goal`", "`goal`"), keywords.GOAL, "goal"),
    (Text("归因 `attribution`", "`attribution`"), keywords.ATTRIBUTION, "attribution"),
    (Text("用例 `tests`", "`tests`"), keywords.TESTS, "tests"),
)
"""Title, keywords, and the example's name."""


def page(lang: Lang, around: Surroundings) -> str:
    page = Page(lang)
    page.heading(1, Text("规则文件", "The rule file"))
    page.text(
        Text(
            "规则写成 YAML。关键字是英文，名称与内容用中文即可。下面的示例都通过校验。`automation schema` 输出的 "
            "JSON Schema "
            "可让编辑器自动补全并即时检查。",
            "Rules are YAML. Every example on this page validates. The JSON Schema that `automation schema` prints "
            "lets "
            "an editor complete and check the file.",
        )
    )
    page.text(
        Text(
            "规则里的每一处都有一个固定的路径，如 `rules/birthday_coupon/steps/1`：报错、日志与 why 都用它指明位置。",
            "Every place in a rule has one path, such as `rules/birthday_coupon/steps/1`: errors, the log and `why` "
            "all "
            "name it that way.",
        )
    )
    for title, words, example in SECTIONS:
        page.heading(2, title)
        page.table(_TITLES, _rows(words))
        if example is not None:
            page.code("yaml", examples.RULES[example])
    _steps(page)
    return page.markdown()


def _rows(words: Iterable[Keyword]) -> list[tuple[str, Text, Text, Text]]:
    return [(code(word.name), word.type, word.default, word.meaning) for word in words]


def _steps(page: Page) -> None:
    page.text(
        Text(
            "一个步骤只能是 `do`、`wait`、`wait_for`、`if`、`split`、`repeat`、`stop` 之一。"
            "前面必定结束时，后面永远走不到的步骤会报错。",
            "A step is exactly one of `do`, `wait`, `wait_for`, `if`, `split`, `repeat` and `stop`. Steps that can "
            "never be reached are errors.",
        )
    )
