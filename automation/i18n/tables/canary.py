"""Sentences of canaries: new files for a share of the contacts, beside what the others run."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "needs_explicit": Text(
        '灰度发布须由发布决定运行什么：请在 automation.toml 中写 [publishing] mode = "explicit"，并先发布一次',
        'a canary needs publications to decide what runs: write [publishing] mode = "explicit" in automation.toml, and '
        "publish once",
    ),
    "bad_share": Text(
        "灰度比例 {found} 不对；请写 0.01% 到 99% 之间，如 5%",
        "{found} is no share; write one from 0.01% to 99%, like 5%",
    ),
    "runs": Text(
        "没有发布：发布 {publication} 正在灰度（{share}）。先 automation promote（全量）或 automation rollback"
        "（撤回），或用 publish --canary 换掉它",
        "not published: publication {publication} runs as a canary ({share}). First automation promote or automation "
        "rollback, or replace it with publish --canary",
    ),
    "no_version": Text(
        "没有正在进行的灰度发布可撤回；要回退到更早的发布，请写它的编号，见 automation versions",
        "no canary is running that could be rolled back; to go back to an earlier publication, name its number: see "
        "automation versions",
    ),
    "none": Text("没有正在进行的灰度发布", "no canary is running"),
    "other_zone": Text(
        "灰度期间时区不能不同：现在是 {now}，新文件是 {then}；请先全量发布时区",
        "a canary can't have another time zone: it is {now}, the new files say {then}; publish that for all first",
    ),
    "other_catalogue": Text(
        "灰度可以增加目录，但不能改动其他人在用的：{what}；请先全量发布目录的改动",
        "a canary may add to the catalogue, and not change what the others use: {what}; publish that for all first",
    ),
    "enables": Text(
        "规则 {rule} 现在停用或有错误，里面可能有人在等，不能只对一部分人启用；请全量发布，或另起一条规则",
        "rule {rule} is disabled or broken, and people may wait inside: it can't be switched on for some; publish it "
        "for all, or write a rule of its own",
    ),
    "other_priority": Text(
        "灰度不能改变规则 {rule} 的 priority：它与其他规则比较，对所有人是同一个；请先全量发布",
        "a canary can't change the priority of {rule}: it is compared with other rules', and the same for everybody; "
        "publish that first",
    ),
    "other_source": Text(
        "灰度不能改变规则 {rule} 所跟随的分群或外部查询：它的进度只有一份；请全量发布，或另起一条规则",
        "a canary can't change the segment or the query that {rule} follows: one state is kept of it; publish it for "
        "everybody, or write a rule of its own",
    ),
    "no_backfill": Text(
        "规则 {rule} 正在灰度，有两个版本；请先全量或撤回，再补跑",
        "rule {rule} has two versions while a canary runs: promote it or roll it back, then backfill",
    ),
    "published": Text(
        "已灰度发布：发布 {id}，{share} 的联系人运行新文件，其余仍运行发布 {of}；作者 {author}",
        "published as a canary: publication {id} for {share} of the contacts, the others go on with publication {of}; "
        "by {author}",
    ),
    "promoted": Text(
        "已全量：灰度发布 {of} 现在对所有人生效，为发布 {id}；作者 {author}",
        "promoted: what was the canary {of} runs for everybody now, as publication {id}; by {author}",
    ),
    "rolled_back": Text(
        "灰度 {of} 已撤回：所有人运行发布 {base} 的文件，为发布 {id}；作者 {author}",
        "canary {of} rolled back: everybody runs the files of publication {base}, as publication {id}; by {author}",
    ),
    "in_status": Text("灰度中，有两个版本", "a canary runs: two versions"),
    "share_of": Text("{share} 灰度，其余运行 {of}", "{share}, the others run {of}"),
    "promotes": Text("灰度 {id} 全量", "promotes {id}"),
    "title": Text(
        "灰度 {publication}：{share} 的联系人自 {since} 起运行它，其余运行发布 {of}",
        "canary {publication}: {share} of the contacts run it since {since}, the others publication {of}",
    ),
    "people": Text("联系人", "contacts"),
    "only_new": Text("只有灰度中的人遇到这条规则", "only the canary's people meet this rule"),
    "only_old": Text("灰度中的人不再遇到这条规则", "the canary's people don't meet this rule any more"),
    "entered": Text("进入人次", "entered"),
    "of_people": Text("进入占比", "entered, of the contacts"),
    "accepted": Text("已发消息", "messages sent"),
    "failed": Text("失败消息", "messages failed"),
    "failed_rate": Text("失败率", "of the messages failed"),
    "cost": Text("费用", "cost"),
    "coupons": Text("券 {batch}", "coupons {batch}"),
    "goals": Text("达成目标", "goals met"),
    "goal_rate": Text("目标达成率", "goals, of those entered"),
    "how_to_end": Text(
        "全量：automation promote --reason 原因　撤回：automation rollback --reason 原因",
        "for everybody: automation promote --reason WHY; back: automation rollback --reason WHY",
    ),
    "why_in": Text(
        "此人在灰度 {publication} 的 {share} 之中：遇到的是灰度的版本",
        "belongs to the {share} of canary {publication}: meets its version",
    ),
    "why_out": Text(
        "灰度 {publication}（{share}）进行中，此人不在其中：遇到的是原来的版本",
        "canary {publication} ({share}) is running without this contact: meets the version of the others",
    ),
    "planned": Text(
        "灰度：新文件只对 {share} 的联系人运行，推演按此计算",
        "as a canary: the new files run for {share} of the contacts, and so they do in this plan",
    ),
}
