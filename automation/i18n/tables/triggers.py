"""Sentences about triggers."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "offset_days": Text(
        "offset 须为整天，如 -3d；这里是 {found}，几点触发请写在 at",
        "offset is in whole days, e.g. -3d, but this is {found}; the time of day goes into `at`",
    ),
    "schedule_one_of": Text(
        "schedule 须写 cron、every、dates、workdays 中的恰好一个；这里有：{found}",
        "a schedule has exactly one of cron, every, dates and workdays; found: {found}",
    ),
    "at_missing": Text(
        '{form} 须同时写明几点触发，如 at: "10:00"',
        '{form} also needs the time of day, e.g. at: "10:00"',
    ),
    "at_not_with": Text(
        "这里的 {form} 已决定了触发时刻，不能再写 at；请去掉其中一个",
        "{form} already says at what time this fires; remove it or `at`",
    ),
    "cron_fields": Text(
        "cron 须为五段（分 时 日 月 周），如 0 9 * * mon；{found} 有 {count} 段",
        "cron has five fields (minute hour day month weekday), e.g. 0 9 * * mon; {found} has {count}",
    ),
    "cron_minute": Text(
        "cron 的分钟段无法读取 {found}；请写 0–59，如 30、0,30、*/15",
        "cron's minute field can't be read at {found}; write 0 to 59, e.g. 30, 0,30 or */15",
    ),
    "cron_hour": Text(
        "cron 的小时段无法读取 {found}；请写 0–23，如 9、9-18、*/2",
        "cron's hour field can't be read at {found}; write 0 to 23, e.g. 9, 9-18 or */2",
    ),
    "cron_day": Text(
        "cron 的日期段无法读取 {found}；请写 1–31，如 1、1,15、*/10",
        "cron's day field can't be read at {found}; write 1 to 31, e.g. 1, 1,15 or */10",
    ),
    "cron_month": Text(
        "cron 的月份段无法读取 {found}；请写 1–12 或 jan–dec，如 6、mar-may",
        "cron's month field can't be read at {found}; write 1 to 12 or jan to dec, e.g. 6 or mar-may",
    ),
    "cron_day_of_week": Text(
        "cron 的星期段无法读取 {found}；请写 mon–sun 或 0–7（0 与 7 都是周日），如 mon、mon-fri",
        "cron's weekday field can't be read at {found}; write mon to sun or 0 to 7 (0 and 7 are Sunday), "
        "e.g. mon or mon-fri",
    ),
    "cron_two_days": Text(
        "cron {found} 同时限定了日期与星期，各家 cron 对此理解不同；请只限定一个，另一个写 *，或拆成两条规则",
        "cron {found} limits both the day of the month and the weekday, which crons read differently; "
        "limit one and write * for the other, or write two rules",
    ),
    "cron_never": Text(
        "cron {found} 永远不会触发：没有这样的日期",
        "cron {found} never fires: there is no such date",
    ),
}
