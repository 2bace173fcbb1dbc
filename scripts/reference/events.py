"""The JSON line of an event, key by key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automation.i18n import Lang, Text
from scripts.reference.markdown import Page, code

if TYPE_CHECKING:
    from scripts.reference.surroundings import Surroundings

NAME = "events"

EXAMPLE = "\n".join((
    '{"name": "order.paid", "contact": "M001", "occurred_at": "2026-08-01T12:00:00+08:00", "message_id": "A1001", '
    '"source": "shop", "properties": {"order_id": "A1001", "amount": 899.00}}',
    '{"name": "order.paid", "contact": {"phone": "13800138000"}, "occurred_at": "2026-08-01", '
    '"properties": {"order_id": "A1002"}}',
))  # fmt: skip

KEYS: tuple[tuple[str, Text, Text], ...] = (
    ("name", Text("必填", "required"), Text("事件名，须在目录中（除非 strict_events: false）",
                                         "the event's name; it must be in the catalogue unless strict_events is "
                                         "false")),
    ("contact", Text("可不写", "optional"), Text(
        "是谁：一个值（默认身份，如会员号），或 {身份种类: 值, …}，写多种身份可把它们连到同一个人。"
        "不写则事件不属于任何人，由触发器的 contact 参数指明",
        "who: a value of the default identity, or {kind: value, …}; several kinds are tied to one person. Without it "
        "the "
        "event belongs to nobody by itself, and a trigger's parameter `contact` says whom it names")),
    ("occurred_at", Text("建议写", "recommended"), Text(
        "发生时间，ISO 8601，或 1970 年以来的秒数、毫秒数，或来源在目录 sources 里声明的写法；不带时区按项目时区，"
        "只有日期算当天 00:00；不写则记为收到的时刻。比现在晚 24 小时以上的进入隔离区",
        "when it happened: ISO 8601, seconds or milliseconds since 1970, or the form that its source declares under "
        "`sources` in the catalogue; without an offset it is local to the project, a date is its 00:00; without it, "
        "the "
        "moment it came in. More than 24 hours ahead is quarantined")),
    ("message_id", Text("建议写", "recommended"), Text(
        "发送方给这条事件的编号，用来识别重复", "the sender's own number of the event; repeats are recognised by it")),
    ("source", Text("可不写", "optional"), Text("来自哪个系统，message_id 在其中唯一",
                                             "which system sent it; message_id is unique within it")),
    (
        "channel",
        Text("可不写", "optional"),
        Text(
            "发生在哪个渠道。规则看不到它；要在条件、模板中用，请在目录的 sources 里写 "
            "fields: {channel: event.channel}，"
            "并在该事件的 properties 中声明 channel",
            "the channel it happened on. Rules don't see it; for conditions and templates, write fields: {channel: "
            "event.channel} under `sources` in the catalogue, and declare channel among the event's properties",
        ),
    ),
    ("properties", Text("可不写", "optional"), Text(
        "属性，按目录的类型检查；金额写主单位。目录没有的属性照存",
        "its properties, checked by the catalogue; money in major units. Undeclared ones are kept as they are")),
)  # fmt: skip


def page(lang: Lang, around: Surroundings) -> str:
    page = Page(lang)
    page.heading(1, Text("事件数据的格式", "The form of incoming events"))
    page.text(
        Text(
            "`automation ingest` 读 UTF-8 的 JSON Lines：每行一个事件。有问题的行进入隔离区，不影响其他行。"
            "除下列键外不能有别的键。",
            "`automation ingest` reads JSON Lines in UTF-8: one event a line. A wrong line is quarantined and harms no "
            "other. There are no other keys than these.",
        )
    )
    page.table((Text("键", "key"), Text("必填吗", "required"), Text("含义", "meaning")),
               [(code(name), *words) for name, *words in KEYS])  # fmt: skip
    page.code("json", EXAMPLE)
    page.heading(2, Text("重复的事件", "Repeated events"))
    page.bullets(
        [
            Text("（occurred_at, source, message_id）相同就是同一个事件，只算一次。",
                 "Events with the same occurred_at, source and message_id are one event and count once."),
            Text("有 message_id 但没有时间：第一次收到的时刻就是它的时间，再来时认得出。",
                 "With a message_id and no time: the moment it first came is its time, also when it comes again."),
            Text("有时间但没有 message_id：按内容识别。同一文件导入两次不会重复；同一文件里的两行相同内容算两个事件。",
                 "With a time and no message_id it is recognised by its content: the same file twice changes nothing; "
                 "two equal lines of one file are two events."),
            Text("两样都没有：每次都是新事件。", "With neither, it is a new event every time."),
        ]
    )  # fmt: skip
    page.heading(2, Text("退订 contact.unsubscribed", "Opting out: contact.unsubscribed"))
    page.text(
        Text(
            "属性 channel 写退订的渠道，purpose 写用途；不写渠道就是全部渠道，不写用途就是 marketing。"
            "渠道不认识按全部渠道算，用途没有规则使用就按全部用途算。"
            "其他字段有误不会使退订被隔离：能读的部分照办；只有一个联系人也认不出时才进入隔离区。",
            "The property channel is what the person opts out of, purpose is for what; without a channel it is every "
            "channel, without a purpose marketing. A channel that nobody knows is every channel, a purpose that no "
            "rule has is all of them. Nothing else that is wrong keeps an opt-out from being heard: what can be read "
            "is done. Only one that names nobody is quarantined.",
        )
    )
    return page.markdown()
