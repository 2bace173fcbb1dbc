"""Texts of plans."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "fatal": Text(
        "规则文件无法读取，不能生成计划；请先运行 automation validate 并改正",
        "the rule files can't be read, so there is nothing to plan; run `automation validate` and correct them first",
    ),
    "errors": Text(
        "文件有 {count} 处错误（见上），没有推演；请先改正",
        "{count} errors in the files, listed above: nothing was rehearsed; correct them first",
    ),
    "bad_horizon": Text(
        "时长 {found} 不对；请写 1d 到 90d 之间，如 14d", "{found} is no horizon; write one from 1d to 90d, like 14d"
    ),
    "inside": Text(
        "流程中 {now} 人：{move} 人在新版本上继续，{finish} 人按原版本走完，{exit} 人退出",
        "{now} people inside: {move} go on with what is published, {finish} finish on their version, {exit} leave",
    ),
    "title": Text("计划 {hash}", "Plan {hash}"),
    "span": Text("{begin} 至 {end}", "{begin} to {end}"),
    "reach": Text(
        "新增或改动的规则将有 {reach} 人进入", "{reach} people would enter rules that are new or have changed"
    ),
    "unforeseen": Text(
        "推演期内看不出会有谁进入：{rules}（事件从未来过，或日期在推演期之外）",
        "nobody can foresee who would enter {rules}: an event that never came, or a date beyond the horizon",
    ),
    "changes": Text("改动", "Changes"),
    "no_changes": Text("规则没有改动", "no rule changes"),
    "together": Text("规则之间", "Between the rules"),
    "overlap": Text(
        "{one} 与 {two}：{people} 人会收到两者的消息", "{one} and {two}: {people} people get messages of both"
    ),
    "circle": Text("循环触发：{rules}", "in a circle: {rules}"),
    "assumed_title": Text("前提", "Assumed"),
    "assumed": Text(
        "将来的事件无法预知：假定刚过去的同样长的时间里的事件再来一遍；档案、标签与同意按现在；不查询外部数据库；暂停视为已恢复",
        "events to come can't be known: those of the time just past, as long as this, come again; profiles, tags and "
        "consents are as they are now; other databases are not polled; pauses are taken to be over",
    ),
    "entered": Text("进入 {count} 人次", "{count} enter"),
    "beside": Text("{told}（现在 {other}）", "{told} (as it is now: {other})"),
    "by_day": Text("逐日：{days}", "by day: {days}"),
    "messages": Text("{channel}：{count} 条", "{channel}: {count} messages"),
    "cost": Text("费用 {count}", "cost {count}"),
    "skipped": Text("{reason}：{count}", "{reason}: {count}"),
    "unsent": Text("{reason}：{count}", "{reason}: {count}"),
    "left": Text("{reason}：{count}", "{reason}: {count}"),
    "coupons": Text("券 {batch}：{count} 张", "coupons {batch}: {count}"),
    "goals": Text("达成目标 {count}", "goals met: {count}"),
    "still_inside": Text("期末仍在流程中 {count} 人", "{count} still inside at the end"),
    "newcomers": Text("新进入 {count} 人，例如 {some}", "{count} people newly enter, such as {some}"),
    "leavers": Text("不再进入 {count} 人，例如 {some}", "{count} people no longer enter, such as {some}"),
    "working": Text("推演中", "rehearsing"),
}
