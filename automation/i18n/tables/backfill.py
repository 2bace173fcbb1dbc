"""Sentences of backfills."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "not_running": Text(
        "规则 {rule} 没有在运行（不存在、有误或已停用），无法补入；运行 automation validate 查看",
        "the rule {rule} does not run (unknown, broken or disabled), so nobody can enter it; see `automation validate`",
    ),
    "segment": Text(
        "规则 {rule} 跟踪一个人群的进出，过去谁在其中没有记录，无法补入；可改用 schedule 触发器按条件进入",
        "the rule {rule} follows who comes into a segment and who leaves it; who was in it in the past is not known. "
        "A schedule with the same conditions as its audience can take its place",
    ),
    "future": Text("--since {since} 不在过去", "--since {since} is not in the past"),
    "paused": Text(
        "{scope} 已暂停，无法补入；恢复请用：automation resume {scope}",
        "{scope} is paused, so nobody can enter; to go on: automation resume {scope}",
    ),
    "too_many": Text(
        "规则 {rule} 在这段时间里触发超过 {max} 次；请写更近的 --since",
        "the rule {rule} fired more than {max} times since then; give a later --since",
    ),
    "too_many_people": Text(
        "将有 {count} 人次进入规则 {rule}，超过其 max_audience（{limit}），没有补入；请写更近的 --since，"
        "或调高 max_audience",
        "{count} would enter the rule {rule}, more than its max_audience of {limit}; nothing was done. Give a later "
        "--since, or raise max_audience",
    ),
    # the command
    "planning": Text("试算", "planning"),
    "working": Text("补入", "backfilling"),
    "plan": Text(
        "试算：{rule}，自 {since} 起（没有写入任何数据）", "plan: {rule}, since {since} (nothing was written)"
    ),
    "done": Text("已补入：{rule}，自 {since} 起", "done: {rule}, since {since}"),
    "events": Text("事件", "events"),
    "firings": Text("触发次数", "firings"),
    "people": Text("考察人次", "people looked at"),
    "would_enter": Text("将进入", "would enter"),
    "entered": Text("已进入", "entered"),
    "pending": Text("稍后决定（须先确认没有后续事件）", "decided later, once it is known what did not follow"),
    "held": Text("待批准（automation approve）", "wait for approval (automation approve)"),
    "unfinished": Text("触发仍在由另一进程处理", "firings that another process is working off"),
    "known": Text("先前已决定", "decided before"),
    "unused_known": Text("触发先前已处理", "firings known already"),
    "unused_not_latest": Text(
        "触发不补（不是最近一次；catch_up: all 则全部补）",
        "firings that are not the latest (catch_up: all runs them all)",
    ),
    "unused_expired": Text("触发不补（超过 expires_after）", "firings that are too old (expires_after)"),
    "unused_skipped": Text("触发不补（catch_up: skip）", "firings left out (catch_up: skip)"),
    "unused_disabled": Text("触发不补（规则已停用）", "firings left out (the rule was disabled)"),
    "to_do_it": Text("确认无误后加 --yes 执行", "if that is right, do it with --yes"),
}
