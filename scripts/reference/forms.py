"""How durations, times, dates, percentages and names are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automation.i18n import Lang, Text
from scripts.reference.markdown import Page, code

if TYPE_CHECKING:
    from scripts.reference.surroundings import Surroundings

NAME = "forms"

FORMS: tuple[tuple[Text, str, Text], ...] = (
    (Text("时长", "duration"), "30m 2h 3d 4w 6mo 1y", Text(
        "分钟、小时按实际经过的时间；天、周按当地日历日，换夏令时也不会偏一小时；mo（月）、y（年）按当地日历，"
        "没有的日子取当月最后一天。m 是分钟，不是月。`every` 与 `sweep` 不能用月、年",
        "minutes and hours are elapsed time; days and weeks are local calendar days, so a change of clocks moves "
        "nothing; mo (months) and y (years) are those of the local calendar, and a day that a month lacks is its "
        "last. m is minutes, not months. `every` and `sweep` take neither months nor years")),
    (Text("可为负的时长", "signed duration"), "-3d +1w", Text(
        "只在 offset 里用：负为提前，正为推后", "only in `offset`: negative is before, positive after")),
    (Text("时刻", "time of day"), '"09:30"', Text(
        "00:00–23:59，规则的当地时间；加不加引号都可以", "00:00 to 23:59, local to the rule; quotes are optional")),
    (Text("日期", "date"), "2026-08-04", Text("年-月-日", "year-month-day")),
    (Text("日期加时刻", "date and time"), "2026-08-04 10:00", Text(
        "规则的当地时间，也可写明时区：2026-08-04T10:00+08:00",
        "local to the rule; or with its offset: 2026-08-04T10:00+08:00")),
    (Text("金额", "money"), "59.90", Text("主单位（元），最多到币种的最小单位", "major units, as fine as the "
                                                             "currency allows")),
    (Text("百分比", "percentage"), "5% 2.5%", Text("0% 到 100%，最多两位小数", "0% to 100%, at most two decimals")),
    (Text("时区", "time zone"), "Asia/Shanghai", Text("IANA 名称", "an IANA name")),
    (Text("标识", "name"), "birthday_coupon", Text(
        "小写字母、数字、下划线，字母开头", "small letters, digits and _, a letter first")),
    (Text("cron", "cron"), '"0 9 * * mon"', Text(
        "五段：分 时 日 月 周；星期用 mon–sun 或 0–7（0 与 7 都是周日）。日写 L 为每月最后一天，"
        "LW 为最后一个周一至周五；mon#2 为第二个周一，friL 为最后一个周五。日期与星期不能同时限定",
        "five fields: minute hour day month weekday, by name or 0 to 7 (0 and 7 are Sunday). The day L "
        "is the month's last, LW its last Monday to Friday; mon#2 is the second Monday, friL the last Friday. "
        "Day of month and weekday can't both be limited")),
)  # fmt: skip


def page(lang: Lang, around: Surroundings) -> str:
    page = Page(lang)
    page.heading(1, Text("各种值的写法", "How values are written"))
    titles = (Text("种类", "kind"), Text("写法", "written"), Text("说明", "notes"))
    page.table(titles, [(name, code(written), note) for name, written, note in FORMS])
    page.heading(2, Text("YAML 里要留意的", "Mind in YAML"))
    page.bullets(
        [
            Text("只有 true/false、数字、空值有特殊含义；`no`、`09:30`、`012345`、日期与电话都是文字，不会被改写。",
                 "Only true/false, numbers and nothing mean something special; `no`, `09:30`, `012345`, dates and "
                 "phone "
                 "numbers stay text."),
            Text("冒号、逗号、引号要用半角；写成全角时，报错会指出来。",
                 "Colons, commas and quotes are half-width; a full-width one is named in the error."),
            Text("重复的键、制表符缩进、锚点与别名会被拒绝。", "Duplicate keys, tabs, anchors and aliases are "
                                          "refused."),
        ]
    )  # fmt: skip
    return page.markdown()
