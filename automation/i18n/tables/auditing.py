"""Sentences of `audit verify`."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "whole": Text("审计记录完整：{rows} 条", "the audit is whole: {rows} rows"),
    "not_whole": Text(
        "审计记录有 {count} 处不符，共查 {rows} 条", "{count} things are wrong with the audit, of {rows} rows"
    ),
    "erased": Text(
        "其中 {count} 条的个人信息已依法删除，其余内容仍受保护",
        "{count} of them had their personal data erased; the rest of them is still held by the chain",
    ),
    "head": Text(
        "链头 {head}\n请另行保存；以后用 automation audit verify --head 核对，可发现末尾被截断或整链被重写",
        "head {head}\nNote it elsewhere: audit verify --head then finds a cut-off end, and a chain written anew",
    ),
    "found_changed": Text(
        "第 {row} 条（{action}）：时间、操作人、动作或在链中的位置被改动",
        "row {row} ({action}): its time, actor, action or place in the chain was changed",
    ),
    "found_content": Text(
        "第 {row} 条（{action}）：对象或详情被改动", "row {row} ({action}): its subject or detail was changed"
    ),
    "found_not_empty": Text(
        "第 {row} 条（{action}）：标为已删除个人信息，却仍有详情",
        "row {row} ({action}): marked as erased, and yet it has a detail",
    ),
    "found_missing": Text(
        "第 {before} 条与第 {after} 条之间缺少 {count} 条", "between rows {before} and {after}, {count} are missing"
    ),
    "found_cut_off": Text(
        "第 {before} 条之后缺少 {count} 条：末尾被截断", "after row {before}, {count} are missing: the end was cut off"
    ),
    "found_other_before": Text(
        "第 {row} 条写入时，前一条不是现在的第 {before} 条：它被替换，或被连同哈希一起改写",
        "row {row} was written after another row than {before}, which was replaced or changed together with its hash",
    ),
    "found_other_head": Text(
        "第 {row} 条（链中第 {seq} 位）与记下的链头不同：此前的链被重写",
        "row {row}, place {seq} of the chain, is not what the noted head says: the chain was written anew",
    ),
    "found_put_in": Text(
        "第 {row} 条（{action}）不在链中：是绕过程序写入的",
        "row {row} ({action}) is not in the chain: it was put in past the program",
    ),
    "found_no_publication": Text(
        "发布 {publication} 没有审计记录：该记录被删除",
        "publication {publication} has no audit row: the row was taken out",
    ),
    "bad_head": Text(
        "--head {found}：应为 audit verify 打印的 序号:哈希",
        "--head {found}: expected PLACE:HASH as audit verify prints it",
    ),
}
