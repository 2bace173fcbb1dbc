"""Conditions and the operator table."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from automation.catalogue.loader import load_catalogue
from automation.catalogue.model import FieldType
from automation.i18n import Lang, Text
from automation.rules.conditions.operators import OPERATORS
from automation.rules.conditions.parse import parse_conditions
from automation.rules.conditions.scope import Scope
from automation.rules.conditions.sentence import sentence
from automation.yamltree import parse
from scripts.reference import examples
from scripts.reference.markdown import Page, code, codes

if TYPE_CHECKING:
    from automation.catalogue.model import Catalogue
    from automation.rules.conditions.operators import Operator
    from automation.rules.conditions.tree import Condition
    from scripts.reference.surroundings import Surroundings

NAME = "conditions"
PROJECT = Path(__file__).parent / "project"
ZONE = ZoneInfo("Asia/Shanghai")

OPERANDS: dict[str, Text] = {
    "value": Text("一个值", "one value"),
    "list": Text("列表", "a list"),
    "pair": Text("两个值，小的在前", "two values, the smaller first"),
    "flag": Text("true 或 false", "true or false"),
    "duration": Text("时长", "a duration"),
}

HISTORY: tuple[tuple[str, Text, Text], ...] = (
    ("event", Text("事件名，必填", "an event's name, required"), Text("发生过的事件", "the event that happened")),
    ("where", Text("条件", "conditions"), Text("该事件的属性须满足的条件；这里的属性名不用写 event.",
                                             "what its properties must satisfy; names go without `event.` here")),
    ("within", Text("时长", "duration"), Text("最近多久之内；不写则不限", "within the last; without it, ever")),
    ("since", Text("entry", "entry"), Text("自进入本规则以来（不能与 within 同时写）",
                                           "since the person entered this rule (not together with within)")),
    ("at_least", Text("正整数，默认 1", "whole number, 1 by default"), Text("至少几次", "at least so many times")),
)  # fmt: skip

GROUPS: tuple[tuple[str, Text], ...] = (
    ("all", Text("全部成立", "all of them hold")),
    ("any", Text("至少一条成立", "at least one holds")),
    ("none", Text("一条都不成立", "none of them holds")),
    ("did", Text("发生过某事件", "an event has happened")),
    ("did_not", Text("没有发生过（与 did 完全相反）", "it has not: the exact opposite of did")),
    (
        "reachable",
        Text(
            "现在能用这个渠道（或其中一个）联系到：有地址、不在禁发名单、地址没有问题，并同意这个用途；"
            "`purpose` 默认 marketing，transactional 不看同意",
            "one of these channels may reach the person now: an address that is neither suppressed nor "
            "known to be wrong, and consent for the purpose; `purpose` is marketing by default, transactional "
            "needs no consent",
        ),
    ),
    ("has_identity", Text("有这种身份（或其中一种）", "the person has an identity of this kind, or of one of these")),
    ("segment", Text("属于本文件 segments 里的这个分群", "the person belongs to this one of the file's segments")),
)


def page(lang: Lang, around: Surroundings) -> str:
    page = Page(lang)
    page.heading(1, Text("条件与运算符", "Conditions and operators"))
    _lists(page)
    _values(page)
    _operators(page, lang)
    _histories(page)
    return page.markdown()


def example_of(name: str) -> Condition:
    """The condition of an operator's example, as the checker reads it."""
    field, value = examples.OPERATORS[name]
    node, problems = parse(f"- {field}: {{{name}: {value}}}\n", "example")
    found = parse_conditions(node, _scope(), problems, "example", "example")
    assert found is not None, [problem.text("en") for problem in problems]
    return found


@cache
def _catalogue() -> Catalogue:
    return load_catalogue((PROJECT / "catalog.yaml").read_text(encoding="utf-8"), "catalog.yaml")[0]


def _scope() -> Scope:
    return Scope(_catalogue(), None, namespaces=frozenset({"contact", "history"}), zone=ZONE)


def _lists(page: Page) -> None:
    page.text(
        Text(
            "`audience`、`if`、`until`、`exit_when`、`segments`、各处的 `where` 用的是同一种条件列表。"
            "列表里的各行须全部成立；分组用下面的词：",
            "`audience`, `if`, `until`, `exit_when`, `segments` and every `where` are all the same kind of list. Its "
            "lines must all hold; these words make groups:",
        )
    )
    page.table((Text("词", "word"), Text("含义", "meaning")), [(code(name), words) for name, words in GROUPS])
    page.code("yaml", examples.CONDITIONS["groups"])
    page.text(
        Text(
            "常用的条件可以写在文件的 `segments:` 里起个名字，再用 `segment` 引用；它等于把那些条件原样写在这里。",
            "Conditions in common use get a name in the file's `segments:`; `segment` means just what is written "
            "there.",
        )
    )
    page.code("yaml", examples.CONDITIONS["segment"])
    page.code("yaml", examples.CONDITIONS["people"])


def _values(page: Page) -> None:
    page.heading(2, Text("字段", "Fields"))
    page.bullets(
        [
            Text("`contact.…`：联系人字段与身份，见“目录”", "`contact.…`: fields and identities of the contact"),
            Text("`event.…`：触发事件的属性，以及每个事件都有的 `event.occurred_at`（发生的时间）、"
                 "`event.channel`（渠道）、`event.source`（来自哪个系统）；目录里声明了同名属性时，指的是该属性（定时类触发器没有）",
                 "`event.…`: properties of the trigger's event, and what every event has: `event.occurred_at`, when it "
                 "happened, `event.channel`, by which it came, and `event.source`, the system it comes from; a "
                 "property of the same name in the catalogue goes before (clock triggers have none)"),
            Text("`coupon.code` 这样的变量：前面步骤 `save_as` 保存的结果",
                 "variables like `coupon.code`: outputs that an earlier step saved with `save_as`"),
        ]
    )  # fmt: skip
    page.text(
        Text(
            "`字段: 值` 是 `is` 的简写，`字段: [甲, 乙]` 是 `in` 的简写：",
            "`field: value` is short for `is`, and `field: [a, b]` for `in`:",
        )
    )
    page.code("yaml", examples.CONDITIONS["short"])
    page.heading(3, Text("引用", "References"))
    page.text(
        Text(
            "写在运算符后面的 `contact.…`、`event.…`、`coupon.code` 是**引用**：与那个值比较，而不是与这几个字比较。"
            "在 `wait_for`、`did`、`exit_when`、`goal`、`after`、`not_followed_by` 的 `where` 里，`event.…` 指"
            "让此人进入规则的那个事件。两边类型须相同（整数与数字可以互比，金额只与金额比）。被引用的值没有时，任何肯定的比较都不成立，"
            "任何否定的比较都成立。触发器自己的 `where` 里不能引用；如果就是这段文字，请写 `{text: event.x}`。",
            "`contact.…`, `event.…` and `coupon.code` behind an operator are **references**: what is compared with is "
            "the value, not the words. In the `where` of `wait_for`, `did`, `exit_when`, `goal`, `after` and "
            "`not_followed_by`, `event.…` is the event that let the person in. Both sides must be of one type (whole "
            "numbers compare with numbers, money with money only). Where the value referred to is missing, no positive "
            "comparison holds, and every negative one does. A trigger's own `where` can't refer to anything. Where the "
            "text itself is meant, write `{text: event.x}`.",
        )
    )
    page.code("yaml", examples.RULES["references"])
    page.text(
        Text(
            "**没有值怎么算**：没有值（或类型不符）的人，任何肯定的比较都不成立，任何否定的比较（`is_not`、`not_in`、"
            "`has_none`、`none`、`did_not` 等）都成立。每个否定都与对应的肯定完全互补：一个人要么满足这一边，"
            "要么满足那一边。",
            "**Missing values.** Whoever has no value (or one of another type) matches no positive comparison and "
            "every "
            "negative one (`is_not`, `not_in`, `has_none`, `none`, `did_not` …). A negative is the exact complement of "
            "its positive: everybody matches one of the two.",
        )
    )


def _operators(page: Page, lang: Lang) -> None:
    page.heading(2, Text("运算符", "Operators"))
    titles = (Text("运算符", "operator"), Text("含义", "meaning"), Text("后面写", "takes"),
              Text("可用于", "types"), Text("示例", "example"), Text("读作", "reads"))  # fmt: skip
    page.table(titles, [_row(row, lang) for row in OPERATORS.values()])
    page.text(
        Text(
            "`within_last`、`within_next`、`older_than` 与“现在”比较；日期字段按当地的日历日算。"
            "触发器的 `where` 与 `did` 的 `where` 只看事件本身，不能用它们。",
            "`within_last`, `within_next` and `older_than` compare with now; date fields count in local calendar days. "
            "They can't be used in a trigger's `where` or the `where` of `did`, which look at the event alone.",
        )
    )


def _row(row: Operator, lang: Lang) -> tuple[str, Text, Text, str, str, str]:
    field, value = examples.OPERATORS[row.name]
    types = "–" if not row.types else codes(t.value for t in FieldType if t in row.types)
    example = code(f"{field}: {{{row.name}: {value}}}")
    told = sentence(example_of(row.name), _catalogue(), lang, zone=ZONE)
    return code(row.name), row.label, OPERANDS[row.operand], types, example, told


def _histories(page: Page) -> None:
    page.heading(2, Text("发生过什么：did 与 did_not", "What happened: did and did_not"))
    page.table((Text("键", "key"), Text("类型", "type"), Text("含义", "meaning")),
               [(code(name), *words) for name, *words in HISTORY])  # fmt: skip
    page.code("yaml", examples.CONDITIONS["history"])
    page.text(
        Text("`exit_when` 里常用 `since: entry`：让人进入的那个事件之后发生的才算（按各自的发生时间 `occurred_at`，"
             "不按处理时间；定时触发则从应触发的时刻算起）。那个事件本身不算。",
             "`exit_when` often says `since: entry`: what happened after the event that let the person in counts, by "
             "their own times (`occurred_at`), whenever they were taken in; for what fires by the clock, after it was "
             "due. The event itself does not count."),
    )  # fmt: skip
    page.code("yaml", examples.CONDITIONS["exit"])
