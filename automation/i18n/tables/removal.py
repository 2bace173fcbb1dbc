"""Sentences about rules that the files do not have: absent, finishing, removed."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "unknown": Text("没有名为 {found} 的规则{hint}；已有：{known}", "there is no rule {found}{hint}; known: {known}"),
    "in_file": Text(
        "规则 {rule} 还在文件 {file} 里；请先从文件中删去", "the rule {rule} stands in {file}; take it out there first"
    ),
    "gone": Text(
        "规则 {rule} 已经删除，里面没有人了", "the rule {rule} is removed already, and nobody is inside any more"
    ),
    "too_late": Text(
        "规则 {rule} 里面的人已经退出，不能再撤销", "those inside {rule} have left: that can't be undone any more"
    ),
    "absent_already": Text(
        "规则 {rule} 里面的人仍在等待；把规则放回文件即可继续",
        "those inside {rule} wait already; put the rule back into the files and they go on",
    ),
    "removed_exit": Text(
        "规则 {rule} 已删除：里面的 {inside} 人停在原处，{leaves_at} 退出；"
        "在此之前可撤销：automation rules restore {rule}",
        "{rule} is removed: the {inside} people inside stand still and leave at {leaves_at}; "
        "until then it can be undone: automation rules restore {rule}",
    ),
    "removed_now": Text(
        "规则 {rule} 已删除：里面的 {inside} 人已退出", "{rule} is removed: the {inside} people inside have left"
    ),
    "removed_finish": Text(
        "规则 {rule} 已删除：里面的 {inside} 人走完流程，不再有人进入；撤销：automation rules restore {rule}",
        "{rule} is removed: the {inside} people inside go on to the end and nobody enters; to undo it: "
        "automation rules restore {rule}",
    ),
    "restored": Text(
        "已撤销删除：规则 {rule} 里面的 {inside} 人停在原处；把规则放回文件后继续",
        "the removal is undone: the {inside} people inside {rule} stand still, and go on once the files have the rule "
        "again",
    ),
    "people_needed": Text(
        "请写 --people exit（退出）或 --people finish（走完）", "write --people exit (they leave) or --people finish"
    ),
    # ---------------------------------------------------------------- what status and `rules list` say
    "why_unread": Text(
        "它所在的文件 {file} 不在读取的文件之列", "its file {file} is not among those that are read"
    ),
    "why_unsure": Text(
        "文件 {file} 中有规则出错，可能就是它", "a rule in {file} is broken, and it may be this one"
    ),
    "why_many": Text(
        "文件里已没有它，里面有 {inside} 人，等待确认", "its file has it no more, and {inside} people are inside"
    ),
    "why_restored": Text("删除已撤销", "its removal was undone"),
    "why_removed": Text("已删除，里面的人到时退出", "removed; those inside leave when the time is over"),
    "why_finishing": Text("已删除，里面的人走完为止", "removed; those inside go on to the end"),
    "do_absent": Text(
        "放回文件，或 automation rules remove {rule} --people exit|finish",
        "put it back, or automation rules remove {rule} --people exit|finish",
    ),
    "do_removed": Text("撤销：automation rules restore {rule}", "to undo it: automation rules restore {rule}"),
    "do_finishing": Text("撤销：automation rules restore {rule}", "to undo it: automation rules restore {rule}"),
}  # fmt: skip
