"""Sentences about people who were merged, split, or have identities that are doubtful."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "merged": Text(
        "联系人 #{absorbed} 已并入 #{survivor}；可用 automation contacts split '#{absorbed}' 撤销",
        "contact #{absorbed} is now part of #{survivor}; automation contacts split '#{absorbed}' undoes it",
    ),
    "split": Text(
        "#{survivor} 与 #{other} 现在是两位联系人；回到 #{other} 的：{back}",
        "#{survivor} and #{other} are two contacts now; back with #{other}: {back}",
    ),
    "mixed": Text(
        "合并之后发生的分不清属于谁，留在 #{survivor}：{mixed}；其间的拒绝和禁发对两人都有效",
        "what came since can't be told apart and stays with #{survivor}: {mixed}; denials and suppressions of that "
        "time hold for both",
    ),
    "ended": Text(
        "因合并而结束的流程不会恢复：{count} 个", "runs that ended because of the merge don't come back: {count}"
    ),
    # ---------------------------------------------------------------- what goes back or stays, by table
    "what_attributes": Text("属性", "fields"),
    "what_contact_merge": Text("合并记录", "merges"),
    "what_coupon_code": Text("券码", "coupon codes"),
    "what_event": Text("事件", "events"),
    "what_identity": Text("身份", "identities"),
    "what_message": Text("消息", "messages"),
    "what_run": Text("流程", "runs"),
    "what_suppression": Text("禁发", "suppressions"),
    "what_tags": Text("标签", "tags"),
    "what_test_message": Text("测试消息", "test messages"),
    "normalised": Text(
        "已统一 {count} 个身份的写法；另有 {doubled} 个与其他联系人的身份相同，需要人工合并",
        "{count} identities were brought to their normal form; {doubled} are another contact's too and need merging",
    ),
    "doubled": Text(
        "有 {count} 对联系人的身份只是写法不同（{pairs}）；automation contacts problems 会列出，"
        "确认后用 automation contacts merge 合并",
        "{count} pairs of contacts have the same identity, written in two ways ({pairs}): automation contacts problems "
        "lists them, automation contacts merge makes one of two",
    ),
    "suspect_doubled": Text(
        "{kind} 与联系人 #{other} 的相同（写法不同）", "the same {kind} as contact #{other} has, written otherwise"
    ),
    "suspect_unwritten": Text(
        "{kind} 的写法不统一，查不到此人", "the {kind} is not in its normal form: nobody finds them by it"
    ),
    "suspect_nobody": Text("{kind} 的值不是任何人的身份", "the {kind} is nobody's"),
    "suspect_glued": Text(
        "合并把不同的姓名或手机号并到了一起（原联系人 #{other}）",
        "a merge brought two names or two phones together (with what was contact #{other})",
    ),
    "suspect_crowded": Text("{kind} 多得不像一个人的", "more {kind} values than one person has"),
    "remedy_doubled": Text(
        "确认是同一人后执行 automation contacts merge '#{other}' '#{contact}'",
        "if they are one person: automation contacts merge '#{other}' '#{contact}'",
    ),
    "remedy_unwritten": Text("执行 automation contacts normalise", "automation contacts normalise"),
    "remedy_nobody": Text(
        "它不再用于识别；若因它并了不同的人，执行 automation contacts split '#{contact}'",
        "it identifies nobody any more; if it made strangers one: automation contacts split '#{contact}'",
    ),
    "remedy_glued": Text(
        "若不是同一人，执行 automation contacts split '#{other}'",
        "if they are two people: automation contacts split '#{other}'",
    ),
    "remedy_crowded": Text(
        "核对后用 automation contacts split '#{contact}' --identity {kind}:值 拆出；"
        "共用的默认值写入 catalog.yaml 的 nobody",
        "take out what is not theirs: automation contacts split '#{contact}' --identity {kind}:VALUE; put a default "
        "value that many share into nobody of catalog.yaml",
    ),
}
