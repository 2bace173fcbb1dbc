"""Sentences of the command line."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "ingesting": Text("导入事件", "taking events"),
    "ingested": Text(
        "共 {total} 条：新存 {stored}，重复 {duplicates}，隔离 {quarantined}；进入规则 {entered} 人次，未进入 {skipped} 人次",
        "{total} items: {stored} stored, {duplicates} known already, {quarantined} quarantined;"
        " {entered} entries into rules, {skipped} skipped",
    ),
    "see_quarantine": Text(
        "被隔离的条目可用 automation quarantine list 查看，改正后用 automation quarantine retry 重试",
        "see the quarantined items with `automation quarantine list`, and take them again with `automation quarantine retry`",
    ),
    "retried": Text(
        "重试 {total} 条：已接收 {stored}，仍被隔离 {still}", "{total} items tried again: {stored} taken, {still} still wrong"
    ),
    "dropped": Text("已放弃 {count} 条", "{count} items put aside"),
    "cannot_read": Text("无法读取 {file}：{reason}", "can't read {file}: {reason}"),
}
