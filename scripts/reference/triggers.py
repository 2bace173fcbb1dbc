"""Every trigger with its parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automation.i18n import Lang, Text
from automation.triggers.base import ClockTrigger
from scripts.reference import examples, params
from scripts.reference.markdown import Page, code

if TYPE_CHECKING:
    from scripts.reference.surroundings import Surroundings

NAME = "triggers"
TITLES = (Text("参数", "parameter"), Text("类型", "type"), Text("默认值", "default"), Text("含义", "meaning"))

NOTES: dict[str, Text] = {
    "event": Text(
        "每条符合条件的事件触发一次；触发的“编号”就是这条事件，重复送来不会重复进入。\n\n"
        "`after`：同一个人在此之前 `within` 之内须有过另一事件，否则记为 `skipped.sequence`。"
        "`not_followed_by`：先记为 `pending`，等 `within` 过去，其间另一事件没有发生才判断是否进入（人群与各项限制都按"
        "那时判断）。两者都按事件发生的时间算，同一时刻的按收到的先后算；判断之后才迟到的事件不再起作用。"
        "规则停用期间等待的人停在原处，删除规则则记为 `skipped.disabled`；重新启用时已超过 `expires_after` 的记为 "
        "`skipped.expired`。",
        "Fires once for each matching event. The occurrence is the event itself, so a resent event enters nobody "
        "twice.\n\n"
        "`after`: the same person must have had another event before it, at most `within` ago, or is logged as "
        "`skipped.sequence`. `not_followed_by`: the person is logged as `pending`; once `within` is over and the other "
        "event has not come, the entry is decided, with the audience and the guards as they are then. Both go by the "
        "times at which events happened, and in the same moment by the order in which they came in; an event that "
        "comes in after the decision changes nothing. While the rule is disabled the waiting people stay where they "
        "are; when it is removed they are logged as `skipped.disabled`; when it runs again later than `expires_after` "
        "allows, as `skipped.expired`.",
    ),
    "anniversary": Text(
        "每天在 `at` 触发，找出当天该过纪念日的人。触发的“编号”是纪念日那天的日期，所以把 -3d 改成 -2d "
        "不会让同一个人收两次。",
        "Fires daily at `at` for those whose day it is. The occurrence is named by the date of the anniversary, so "
        "changing -3d to -2d greets nobody twice.",
    ),
    "schedule": Text(
        "`cron`、`every`、`dates`、`workdays` 恰好写一个；对 `audience` 里的所有人触发。工作日含调休，"
        "国务院尚未公布的年份会停下并在日志里说明，绝不猜；把该年写进 `holidays.yaml` 即可，不必升级。",
        "Exactly one of `cron`, `every`, `dates` and `workdays`; fires for everybody in the `audience`. Workdays know "
        "the Chinese holidays and make-up days; in a year that is not announced yet the rule stands still and says so; "
        "write that year into `holidays.yaml`, no upgrade is needed.",
    ),
    "inactivity": Text(
        "某事件最后一次发生后，超过 `for` 没有再发生就触发。恰好 `for` 之后来的算及时。"
        "同一个人回来以后再次沉默，会再次触发；晚到的、发生在触发之前的事件不会再触发一次。从没有过该事件的人不会触发。",
        "Fires when an event has not happened for longer than `for` since the last one; one exactly `for` later is in "
        "time. Who comes back and lapses again is called again; an event that comes late, from before the call, calls "
        "nobody a second time. Who never had the event is not called.",
    ),
    "segment": Text(
        "`name` 是规则文件 `segments:` 里的一个条件列表。规则启用时（以及分群的条件改动、规则停用后再启用时）已在其中的"
        "人只记下来，不触发：新规则不会一下子找上所有人。此后每次进入（或离开）触发一次，离开后再进入会再触发。"
        "分群的 `did` 所写的事件一到、流程里的动作改了某人的资料，当场就判断；时间推移（`within: 30d` 到期）、"
        "导入等其他变化由每 `sweep` 一次的核对发现。"
        "多条规则看同一个分群，看到的变化相同（与先后、sweep 无关），各触发一次。",
        "`name` is one of the condition lists under `segments:`. Who is in it when the rule begins (or when the "
        "segment's conditions change, or the rule runs again after it was disabled) is noted and not called: a new "
        "rule does not reach everybody at once. From then on each coming (or leaving) fires once; who leaves and "
        "comes back is called again. An event that the segment's `did` names, and an action of a rule that "
        "changes a person, are seen at once; what time changes (`within: 30d` falls off) and imports are seen by a "
        "sweep every `sweep`. Several rules on one segment see the same changes, "
        "whatever their order and their `sweep`, and each fire once.",
    ),
    "poll": Text(
        "数据源写在 automation.toml：`[sources.erp]` 与 `url = {env = \"ERP_URL\"}`（SQLAlchemy 的地址格式）；"
        "连接只读，用完即断，查询有时限。查询结果的每一行成为一条事件，列名就是属性名（用 `AS` 改名），"
        "与其他途径来的事件一样校验、去重、隔离；`key` 相同的行只算一次。\n\n"
        "查询须按 `watermark` 列排序，建议写 `LIMIT`。每次都会再问一遍最后那个值的行，所以同一时刻的行跨页或晚到都不会"
        "漏；但同一个值的行不能占满一页。来源事务提交较晚的，请在 WHERE 里留出余量，如 "
        "`changed_at < now() - interval '1 minute'`。`start` 之后的行全部会读，请写成启用的时刻。"
        "几条规则要用同样的行时，只让一条轮询，其余用 `event` 触发器，否则同一行会成为两条事件。"
        "出错时日志里说一次，`automation status` 一直显示，逐渐拉长间隔重试（最长 1 小时），不影响其他规则。",
        "The source is in automation.toml: `[sources.erp]` with `url = {env = \"ERP_URL\"}`, an address as SQLAlchemy "
        "writes it. It is only read, over a connection that is closed after each question, with a limit to its time. "
        "Each row becomes an event, its columns the properties (rename with `AS`), checked, deduplicated and "
        "quarantined like any other; rows with the same `key` are one event.\n\n"
        "The rows must come in the order of `watermark`; a `LIMIT` is wise. The last value is always asked about once "
        "more, so rows of the same moment are not lost between two pages or when they come late; only they must not "
        "fill a whole page. Where transactions end late, leave room in the WHERE, e.g. "
        "`changed_at < now() - interval '1 minute'`. Everything after `start` is read: write the moment at which you "
        "begin. If several rules need the same rows, let one poll and the others use the trigger `event`, or a row "
        "becomes two events. An error is told once in the log and stays in `automation status`; it is tried again, "
        "less and less often (at least once an hour), and harms no other rule.",
    ),
}  # fmt: skip


def page(lang: Lang, around: Surroundings) -> str:
    page = Page(lang)
    page.heading(1, Text("触发器", "Triggers"))
    page.text(
        Text(
            "写在规则的 `trigger:` 下：`type` 是触发器的类型，参数放在 `with:` 里。时刻都是规则所在时区的当地时间。",
            "They stand under a rule's `trigger:`: `type` names one, its parameters go under `with:`. Times are "
            "local to "
            "the rule's time zone.",
        )
    )
    for name, plugin in sorted(around.registry.of("trigger").items()):
        page.heading(2, code(name))
        page.text(Text(f"{plugin.title.zh}。", f"{_capital(plugin.title.en)}."))
        if name in NOTES:
            page.text(NOTES[name])
        page.table(TITLES, params.cells(plugin.Params))
        if issubclass(plugin, ClockTrigger):
            page.text(_missed(plugin))
        if name in examples.TRIGGERS:
            page.code("yaml", examples.TRIGGERS[name])
    return page.markdown()


def _missed(plugin: type[ClockTrigger]) -> Text:
    if plugin.missed == "all":
        return Text(
            "停机期间错过的触发：三天以内的全部补跑，更早的记为错过。",
            "After downtime: every firing of the last three days is run, older ones are recorded as missed.",
        )
    return Text(
        "停机期间错过的触发：只补跑最近一次（三天以内），其余记为错过。",
        "After downtime: only the latest firing, if not older than three days, is run; the others are recorded as "
        "missed.",
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
