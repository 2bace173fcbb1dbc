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
    "zone_not_with_every": Text(
        "every: {found} 没有当地时刻，不能用 zone: contact；请改用以天、周计的 every，或 cron、dates、workdays",
        "every: {found} has no local time of day, so `zone: contact` means nothing; use every in days or weeks, cron, "
        "dates or workdays",
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
        "cron 的日期段无法读取 {found}；请写 1–31，如 1、1,15、*/10，L 为最后一天，LW 为最后一个周一至周五",
        "cron's day field can't be read at {found}; write 1 to 31, e.g. 1, 1,15 or */10; L is the last day, "
        "LW the last Monday to Friday",
    ),
    "cron_month": Text(
        "cron 的月份段无法读取 {found}；请写 1–12 或 jan–dec，如 6、mar-may",
        "cron's month field can't be read at {found}; write 1 to 12 or jan to dec, e.g. 6 or mar-may",
    ),
    "cron_day_of_week": Text(
        "cron 的星期段无法读取 {found}；请写 mon–sun 或 0–7（0 与 7 都是周日），如 mon、mon-fri，"
        "mon#2 为第二个周一，friL 为最后一个周五",
        "cron's weekday field can't be read at {found}; write mon to sun or 0 to 7 (0 and 7 are Sunday), "
        "e.g. mon or mon-fri; mon#2 is the second Monday, friL the last Friday",
    ),
    "cron_two_days": Text(
        "cron {found} 同时限定了日期与星期，各家 cron 对此理解不同；请只限定一个，另一个写 *，或拆成两条规则",
        "cron {found} limits both the day of the month and the weekday, which crons read differently; "
        "limit one and write * for the other, or write two rules",
    ),
    "poll_select": Text(
        "query 须为一条 SELECT（可以 WITH 开头），中间不能有分号",
        "query must be one SELECT (WITH … SELECT is fine), without a semicolon inside",
    ),
    "poll_watermark": Text(
        "query 里没有 :watermark；请写成 … WHERE changed_at > :watermark ORDER BY changed_at LIMIT 500",
        "query has no :watermark; write … WHERE changed_at > :watermark ORDER BY changed_at LIMIT 500",
    ),
    "poll_no_source": Text(
        "automation.toml 中没有 [sources.{source}]；请补上，再重启守护进程",
        "automation.toml has no [sources.{source}]; add it and restart the daemon",
    ),
    "poll_failed": Text("数据源 {source} 无法读取：{reason}", "the source {source} can't be read: {reason}"),
    "poll_no_column": Text(
        "查询结果中没有列 {columns}；已有：{known}。请在 SELECT 里补上，或用 AS 改名",
        "the query gives no column {columns}, but: {known}. Add it to the SELECT, or rename one with AS",
    ),
    "poll_null": Text(
        "列 {column} 有空值，无法判断读到了哪里；请在 WHERE 里排除",
        "the column {column} has a NULL, which tells nothing of how far the rows were read; leave it out in the WHERE",
    ),
    "poll_order": Text(
        "结果没有按 {column} 从小到大排列；请加 ORDER BY {column}",
        "the rows do not come in the order of {column}; add ORDER BY {column}",
    ),
    "poll_stuck": Text(
        "{column} = {value} 的行占满了一页的 {limit} 行，可能还有更多，无法继续；请加大 LIMIT（以及 "
        "ingest.batch_size），或换一个更细的列",
        "rows with {column} = {value} fill a whole page of {limit}, and there may be more, so there is no way past "
        "them; raise LIMIT (and ingest.batch_size), or use a finer column",
    ),
    "poll_kind": Text(
        "watermark 列的值是 {kind}，无法保存；请用数字、时间或文字列",
        "the watermark's values are {kind}, which can't be kept; use a column of numbers, times or texts",
    ),
    "poll_stands_still": Text(
        "{rule} 的轮询失败，稍后自动重试：{reason}", "the polling of {rule} fails and is tried again later: {reason}"
    ),
    "poll_status": Text("规则 {rule} 的轮询失败：{reason}", "the polling of rule {rule} fails: {reason}"),
    "cron_never": Text(
        "cron {found} 永远不会触发：没有这样的日期",
        "cron {found} never fires: there is no such date",
    ),
}
