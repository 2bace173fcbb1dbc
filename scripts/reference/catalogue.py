"""The catalogue file, and what every project knows without one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from automation.catalogue.model import FieldType
from automation.i18n import Lang, Text
from scripts.reference.markdown import Page, code

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automation.catalogue.model import FieldDef
    from scripts.reference.surroundings import Surroundings

NAME = "catalogue"
EXAMPLE = Path(__file__).parent / "project" / "catalog.yaml"

TYPES: dict[FieldType, tuple[Text, str]] = {
    FieldType.TEXT: (Text("文字", "text"), "上海"),
    FieldType.INTEGER: (Text("整数", "a whole number"), "120"),
    FieldType.NUMBER: (Text("数字", "a number"), "4.5"),
    FieldType.MONEY: (
        Text("金额，写主单位（元），库里存最小单位（分）", "an amount: written in major units, kept in minor units"),
        "59.90",
    ),
    FieldType.BOOLEAN: (Text("是或否：true/false、是/否、1/0", "true or false, also yes/no and 1/0"), "true"),
    FieldType.DATE: (
        Text("日期，也认 1990/8/4、19900804、1990年8月4日", "a date; 1990/8/4, 19900804 and 1990年8月4日 are read too"),
        "1990-08-04",
    ),
    FieldType.DATETIME: (
        Text("日期加时刻；不带时区则按项目时区", "a date and time; without a zone it is local to the project"),
        "2026-08-04 10:00",
    ),
    FieldType.LIST: (Text("文字的列表；CSV 里用 | ; ； 、 分隔", "a list of texts; in CSV separated by | ; ； or 、"),
        "[甲, 乙]"),
}  # fmt: skip

TOP: tuple[tuple[str, Text, Text], ...] = (
    ("contact", Text("联系人字段", "contact fields"), Text("名称到字段的定义；可写成 `city: text` 或完整写法",
                                                     "names to definitions: `city: text`, or a mapping that says "
                                                     "more")),
    ("identities", Text("身份种类", "identity kinds"), Text("自定的身份，如门店卡号：label、single（一人至多一个）、"
                                                       "ignore_case（不分大小写）、nobody（不算身份的值）",
                                                       "identities of your own: label, single (a person has at most "
                                                       "one), ignore_case, nobody (values that are nobody's)")),
    ("default_identity", Text("默认 member_no", "default member_no"), Text('事件里 contact 只写一个值时指哪种身份',
                                                                        "what a bare `contact` in an event means")),
    ("country", Text("默认 CN", "default CN"), Text("没有国家码的电话号码属于哪个国家",
                                                 "the country of phone numbers written without a code")),
    ("strict_events", Text("默认 true", "default true"), Text("true：目录里没有的事件进入隔离区",
                                                           "true: an event that is not in the catalogue is "
                                                           "quarantined")),
    ("events", Text("事件", "events"), Text("名称到 label 与 properties", "names to label and properties")),
    ("coupons", Text("券批次", "coupon batches"), Text("名称到批次的定义", "names to definitions")),
    ("sources", Text("事件来源", "sources of events"), Text("系统到它的写法：时间、字段名、事件名，见“来源的键”",
                                                         "systems to how they write times, fields and events; see "
                                                         "Keys of a source")),
)  # fmt: skip

FIELD: tuple[tuple[str, Text], ...] = (
    ("type", Text("类型，见下面的“字段类型”", "its type, see Field types below")),
    ("label", Text("显示名称：一段文字，或 {zh: …, en: …}", "what people call it: a text, or {zh: …, en: …}")),
    ("choices", Text("只允许这些值（text、list）", "only these values (text, list)")),
    ("personal", Text("true 则在列表中打码", "true masks it in listings")),
    ("currency", Text("币种，默认 CNY（money）", "the currency, CNY by default (money)")),
    ("identity", Text("仅事件属性：它的值是哪种身份（指明联系人）", "event properties only: the kind of identity it "
                                               "holds")),
    ("required", Text("仅事件属性：true 则缺少它的事件进入隔离区",
                      "event properties only: true quarantines an event without it")),
)  # fmt: skip

COUPON: tuple[tuple[str, Text], ...] = (
    ("label", Text("显示名称", "what people call it")),
    ("kind", Text("generated 自动生成券码，pool 用导入的券码；必填", "generated: codes are made up; pool: codes are "
                  "imported; required")),
    ("stock", Text("generated 的总量；不写不限。pool 的库存就是未发的券码", "how many generated codes there are; "
                   "without it no limit. A pool's stock are its free codes")),
    ("per_contact", Text("每人最多几张，默认 1", "codes per person, 1 by default")),
    ("valid_for", Text("从发券起的有效期；步骤里的 valid_for 优先", "how long a code is valid; the step's goes first")),
    ("expires_at", Text("批次的最后一天：之后不再发，已发的也失效", "the last day: nothing is issued after it, no "
                                                "code valid")),
    ("prefix", Text("generated：券码前缀", "generated: the codes' prefix")),
    ("length", Text("generated：随机部分的长度，6–40，默认 10", "generated: length of the random part, 6 to 40, 10 "
                                                    "by default")),
    ("value", Text("面值", "the face value")),
    ("currency", Text("面值的币种，默认 CNY", "its currency, CNY by default")),
)  # fmt: skip

SOURCE: tuple[tuple[str, Text], ...] = (
    ("label", Text("显示名称", "what people call it")),
    ("time", Text("时间的写法：seconds、milliseconds、microseconds，或 `%Y/%m/%d %H:%M:%S` 这样的格式；"
                  "不写则 ISO 8601、秒数、毫秒数都认",
                  "how it writes times: seconds, milliseconds, microseconds, or a pattern like `%Y/%m/%d %H:%M:%S`; "
                  "without it ISO 8601, seconds and milliseconds are read")),
    ("zone", Text("不带时区的时间属于哪个时区，默认项目时区",
                  "the zone of times without one, the project's by default")),
    ("fields", Text("它的字段名到我们的：name、contact、contact.phone、occurred_at、message_id、channel、event.属性名",
                    "its fields to ours: name, contact, contact.phone, occurred_at, message_id, channel, "
                    "event.PROPERTY")),
    ("events", Text("它的事件名到我们的", "its names of events to ours")),
)  # fmt: skip

_MEANING = Text("含义", "meaning")


def page(lang: Lang, around: Surroundings) -> str:
    page = Page(lang)
    page.heading(1, Text("目录：catalog.yaml", "The catalogue: catalog.yaml"))
    page.text(
        Text(
            "目录写明规则里能用到的联系人字段、事件与券批次，校验时才认得出笔误。",
            "The catalogue names every contact field, event and coupon batch that rules may use. Without it no typo is "
            "caught.",
        )
    )
    _keys(page)
    page.code("yaml", EXAMPLE.read_text(encoding="utf-8"))
    page.heading(2, Text("字段类型", "Field types"))
    rows = [(code(kind.value), words, code(example)) for kind, (words, example) in TYPES.items()]
    page.table((Text("类型", "type"), _MEANING, Text("写法", "written")), rows)
    _built_in(page, around)
    _holidays(page)
    return page.markdown()


_HOLIDAYS = """years: [2030]                                # 这些年份的放假与调休写全了
holidays:
  - 2030-01-01
  - {from: 2030-02-02, to: 2030-02-08}       # 春节
workdays: [2030-02-09]                       # 调休上班的周末"""


def _holidays(page: Page) -> None:
    page.heading(2, Text("节假日：holidays.yaml", "Holidays: holidays.yaml"))
    page.text(
        Text(
            "软件自带历年公布的放假与调休；新一年公布以后，写进规则旁边的 `holidays.yaml` 就行，不必升级，也不用联网。"
            "`years` 里的年份完全以此文件为准：`holidays` 写放假的日子（区间含首尾，里面的周末可以一并写上），"
            "`workdays` 写要上班的周末。文件里有错误时，没有一天算作已知：按工作日走的规则停下，绝不猜。"
            "它和规则一样校验、推演、发布与回退；`automation lint` 会指出与软件自带的日历不同之处，"
            "并在已知的年份快用完时提醒。",
            "The package knows the holidays and make-up workdays that have been announced. When a new year is, write "
            "it into `holidays.yaml` beside the rules: no upgrade, no network. In the years under `years` this file "
            "alone counts: `holidays` are the days off (a range includes both ends and may cover weekends), `workdays` "
            "the weekend days that are worked. While the file has a mistake no day is known: rules that go by workdays "
            "stand still, nothing is guessed. It is checked, planned, published and rolled back like the rules; "
            "`automation lint` names what differs from the package's calendar, and warns when the known years run out.",
        )
    )
    page.code("yaml", _HOLIDAYS)


def _keys(page: Page) -> None:
    page.heading(2, Text("文件的键", "Keys of the file"))
    page.table((Text("键", "key"), Text("是什么", "what"), _MEANING), [(code(name), *words) for name, *words in TOP])
    page.heading(2, Text("字段与事件属性的键", "Keys of a field or an event property"))
    page.table((Text("键", "key"), _MEANING), [(code(name), words) for name, words in FIELD])
    page.heading(2, Text("券批次的键", "Keys of a coupon batch"))
    page.table((Text("键", "key"), _MEANING), [(code(name), words) for name, words in COUPON])
    page.heading(2, Text("来源的键", "Keys of a source"))
    page.text(
        Text(
            "事件写明来源（`source`），或用 `automation ingest --source` 指明。声明过的来源里，谁也不认识的字段会使事件"
            "进入隔离区，并指出来源、字段和最接近的名称：什么都不会丢，声明之后 `automation quarantine retry` 即可。",
            "An event says its `source`, or `automation ingest --source` does. In a declared source a field that "
            "nobody knows puts the event into quarantine, naming source, field and the nearest known name: nothing is "
            "lost, and once it is declared `automation quarantine retry` takes it.",
        )
    )
    page.table((Text("键", "key"), _MEANING), [(code(name), words) for name, words in SOURCE])
    page.heading(2, Text("示例", "Example"))


def _built_in(page: Page, around: Surroundings) -> None:
    known = around.catalogue
    titles = (Text("名称", "name"), Text("类型", "type"), Text("说明", "label"))
    page.heading(2, Text("身份", "Identities"))
    page.text(
        Text(
            "身份也是联系人字段（有多个时取最早的）。手机号存成 +86 的国际格式，邮箱存成小写；全角字符存成半角，"
            "去掉空格；写了 ignore_case 的身份不分大小写。undefined、NULL、0、-、无、#N/A 这类空缺时写的值不算身份，"
            "nobody 可以补充。“单一”"
            "的身份一人至多一个，"
            "两个不同的值说明是两个人。",
            "An identity is a contact field too (the oldest, where there are several). Phones are kept in "
            "international "
            "form, e-mail addresses in small letters; full-width characters become half-width, blanks go, and kinds "
            "with ignore_case are kept in small letters. What is written for nothing (undefined, NULL, 0, -, 无, #N/A) "
            "is no identity; nobody lists further values. A person has at most one of a single kind: two values mean "
            "two people.",
        )
    )
    page.table(
        (Text("种类", "kind"), Text("说明", "label"), Text("单一", "single")),
        [(code(kind), label, "✓" if kind in known.single_identities else "") for kind, label in
         known.identity_kinds.items()],
    )  # fmt: skip
    page.heading(2, Text("联系人字段", "Contact fields"))
    page.table(titles, _fields(field for field in known.fields.values() if field.storage != "identity"))
    page.heading(2, Text("事件", "Events"))
    for event in known.events.values():
        page.heading(3, code(event.name))
        page.text(event.label)
        if event.properties:
            page.table(titles, _fields(event.properties.values()))


def _fields(fields: Iterable[FieldDef]) -> list[tuple[str, str, Text]]:
    return [(code(field.name), field.type.value, field.label) for field in fields]
