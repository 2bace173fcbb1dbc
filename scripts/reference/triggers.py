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
        "每条符合条件的事件触发一次；触发的“编号”就是这条事件，重复送来不会重复进入。",
        "Fires once for each matching event. The occurrence is the event itself, so a resent event enters nobody "
        "twice.",
    ),
    "anniversary": Text(
        "每天在 `at` 触发，找出当天该过纪念日的人。触发的“编号”是纪念日那天的日期，所以把 -3d 改成 -2d "
        "不会让同一个人收两次。",
        "Fires daily at `at` for those whose day it is. The occurrence is named by the date of the anniversary, so "
        "changing -3d to -2d greets nobody twice.",
    ),
    "schedule": Text(
        "`cron`、`every`、`dates`、`workdays` 恰好写一个；对 `audience` 里的所有人触发。工作日含调休，"
        "国务院尚未公布的年份会停下并在日志里说明，绝不猜。",
        "Exactly one of `cron`, `every`, `dates` and `workdays`; fires for everybody in the `audience`. Workdays know "
        "the Chinese holidays and make-up days; in a year that is not announced yet the rule stands still and says so.",
    ),
    "inactivity": Text(
        "某事件最后一次发生后，超过 `for` 没有再发生就触发。恰好 `for` 之后来的算及时。"
        "同一个人回来以后再次沉默，会再次触发。从没有过该事件的人不会触发。",
        "Fires when an event has not happened for longer than `for` since the last one; one exactly `for` later is in "
        "time. Who comes back and lapses again is called again. Who never had the event is not called.",
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
