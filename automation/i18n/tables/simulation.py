"""Texts of simulations."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "no_time": Text(
        "时间段有误：{begin} 不早于 {end}；请让 --from 早于 --to",
        "there is no time between {begin} and {end}; --from must be before --to",
    ),
    "title": Text("模拟 {begin} 至 {end}", "Simulation {begin} to {end}"),
    "events": Text("重放了 {events} 个事件；未发送，未写入", "{events} events replayed; nothing was sent or written"),
    "assumed": Text(
        "档案、标签与同意按现在；开始时无人在流程中；不查询外部数据库，已存下的事件照常重放",
        "profiles, tags and consents are as they are now; nobody is inside when it begins; other databases are not "
        "polled, what they brought then is replayed",
    ),
}
