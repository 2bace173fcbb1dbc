"""`publish`, `approve-plan`, `versions`, `diff`, `rollback` and `audit`, as people type them."""

from __future__ import annotations

import re
from pathlib import Path

from automation.store.audit import AuditRow, write_audit
from automation.store.database import Database
from tests.cli.conftest import Cli

RULE = """
timezone: Asia/Shanghai
rules:
  - id: thanks
    name: 谢谢
    trigger: {type: event, with: {name: order.paid}}
    guards: {cooldown: 3d}
    steps: [{do: contact.tag, with: {add: [谢过]}}]
  - id: all
    name: 所有人
    trigger: {type: schedule, with: {every: 1d}}
    steps: [{do: contact.tag, with: {add: [有]}}]
"""
EXPLICIT = '\n[publishing]\nmode = "explicit"\n'


def write(folder: Path, text: str = RULE, settings: str = "") -> None:
    (folder / "rules.yaml").write_text(text, encoding="utf-8")
    if settings:
        path = folder / "automation.toml"
        path.write_text((path.read_text(encoding="utf-8") if path.exists() else "") + settings, encoding="utf-8")


def test_from_an_edit_to_a_rollback(folder: Path, both: Cli) -> None:
    write(folder, settings=EXPLICIT)
    # nothing runs yet
    said = both("run", "--once")
    assert (said.code, said.err.startswith("error: nothing is published yet")) == (1, True)
    # when it is published
    said = both("publish", "--reason", "first", "--author", "wang")
    assert said.code == 0, said.err
    assert (
        "  rule thanks (谢谢) is new\n  rule all (所有人) is new\n"
        "3 people would enter rules that are new or have changed\n" in said.out
    )
    assert said.out.endswith(
        "published: publication 1, by wang\n"
        "the daemon takes it over within 2 seconds; people inside follow each rule's on_change\n"
    )
    assert both("run", "--once").code == 0
    # when it is edited
    write(folder, RULE.replace("3d", "30d"))
    said = both("diff", "1", "files", lang="zh")
    assert said.out == "修改规则 thanks（谢谢）\n  守则 (guards/cooldown)：由 3d 改为 30d  (rules.yaml:7)\n"
    assert both("publish", "--reason", "fewer", "--author", "li").code == 0
    # then both versions are told, and either can run
    said = both("versions", "thanks", "--format", "json")
    assert [(row["publication"], row["author"], row["reason"]) for row in said.json] == [
        (1, "wang", "first"), (2, "li", "fewer"),
    ]  # fmt: skip
    one, other = (row["version"] for row in said.json)
    assert (
        both("diff", "1", "2").out
        == "rule thanks (谢谢) changes\n  guards (guards/cooldown): from 3d to 30d  (rules.yaml:7)\n"
    )
    assert both("rollback", "1", "--reason", "too few", "--author", "wang").code == 0
    rows = both("versions", "--format", "json").json
    assert [(row["publication"], row["kind"], row["note"]) for row in rows] == [
        (1, "publish", ""), (2, "publish", ""), (3, "rollback", "back to 1, runs"),
    ]  # fmt: skip
    assert both("run", "--once").code == 0
    # a rule's own versions are known once they ran
    assert both("diff", one[:8], one[:8]).out == "they are the same\n"
    assert other[:8] in both("diff", one[:8], other[:8]).err  # publication 2 never ran


def test_versions_as_a_table_in_chinese(folder: Path, cli: Cli) -> None:
    write(folder, settings=EXPLICIT)
    cli("publish", "--reason", "上线", "--author", "王")
    lines = cli("versions", lang="zh").out.splitlines()
    assert lines[0].split() == ["发布", "时间", "类型", "作者", "原因", "规则数", "备注"]
    assert re.match(r" +1  20\d\d-.*发布  王    上线 +2  运行中", lines[1])


def test_an_approval_by_somebody_else(folder: Path, both: Cli) -> None:
    write(folder, settings=EXPLICIT + "[publishing.approval]\nrequired = true\nover = 0\n")
    said = both("publish", "--reason", "first", "--author", "wang")
    assert said.code == 1
    found = re.search(r"automation approve-plan (\S+)", said.err)
    assert found is not None, said.err
    hash_ = found[1]
    said = both("approve-plan", hash_, "--by", "li")
    assert said.out.endswith(
        f"li approved plan {hash_}. As soon as the files, what runs or the data move, the approval is void\n"
    )
    said = both("publish", "--reason", "first", "--author", "wang", "--plan", hash_, "--format", "json")
    assert (said.code, said.json["publication"], said.json["plan"]["hash"]) == (0, 1, hash_)


def test_files_with_mistakes_are_shown_and_refused(folder: Path, cli: Cli) -> None:
    write(folder, RULE.replace("order.paid", "order.piad"), EXPLICIT)
    said = cli("publish", "--reason", "first")
    assert said.code == 1
    assert said.err.startswith("rules.yaml:6:41: error: ")
    assert said.err.endswith("error: not published: 1 errors in the files, listed above\n")


def test_where_files_decide_a_rollback_writes_them(folder: Path, cli: Cli) -> None:
    write(folder)
    assert cli("run", "--once").code == 0
    write(folder, RULE.replace("3d", "30d"))
    (folder / "templates" / "later.sms.j2").write_text("【店】您好，拒收请回复R", encoding="utf-8")
    assert cli("run", "--once").code == 0
    # when
    said = cli("rollback", "1", "--reason", "too few")
    # then it is only said
    assert said.code == 1
    assert "the folder's files decide what runs, so a rollback must write them. With --write-files" in said.err
    assert (folder / "rules.yaml").read_text(encoding="utf-8") == RULE.replace("3d", "30d")
    # when
    said = cli("rollback", "1", "--reason", "too few", "--write-files")
    # then
    assert said.code == 0, said.err
    assert said.err.startswith("2 files written; those before are in ")
    assert (folder / "rules.yaml").read_text(encoding="utf-8") == RULE
    assert not (folder / "templates" / "later.sms.j2").exists()
    (backup,) = (folder / "backup").iterdir()
    assert (backup / "rules.yaml").read_text(encoding="utf-8") == RULE.replace("3d", "30d")
    assert (backup / "templates" / "later.sms.j2").exists()
    assert cli("run", "--once").code == 0
    assert [row["kind"] for row in cli("versions", "--format", "json").json] == ["reload", "reload", "rollback"]


def test_a_rollback_that_cannot_be_written_publishes_nothing(folder: Path, cli: Cli) -> None:
    write(folder)
    assert cli("run", "--once").code == 0
    write(folder, RULE.replace("3d", "30d"))
    assert cli("run", "--once").code == 0
    (folder / "backup").write_text("in the way", encoding="utf-8")
    said = cli("rollback", "1", "--reason", "too few", "--write-files")
    assert said.code == 1
    assert "can't be written: " in said.err
    assert len(cli("versions", "--format", "json").json) == 2
    assert (folder / "rules.yaml").read_text(encoding="utf-8") == RULE.replace("3d", "30d")


def test_a_rollback_to_other_settings_says_which(folder: Path, cli: Cli) -> None:
    write(folder)
    assert cli("run", "--once").code == 0
    settings = (folder / "automation.toml").read_text(encoding="utf-8")
    berlin = re.sub(r"(?m)^timezone = .*\n", "", settings)
    (folder / "automation.toml").write_text('timezone = "Europe/Berlin"\n' + berlin, encoding="utf-8")
    assert cli("run", "--once").code == 0
    assert cli("rollback", "1", "--reason", "x", "--write-files").err == (
        "error: not rolled back: in publication 1 the setting timezone was Asia/Shanghai, and now it is Europe/Berlin; "
        "change it first\n"
    )


def test_a_file_beside_the_rules_is_told_key_by_key_or_line_by_line(folder: Path, cli: Cli) -> None:
    (folder / "templates" / "hello.sms.j2").write_text("【店】您好\n拒收请回复R", encoding="utf-8")
    write(folder)
    assert cli("run", "--once").code == 0
    (folder / "templates" / "hello.sms.j2").write_text("【店】你好\n拒收请回复R", encoding="utf-8")
    (folder / "brand.yaml").write_text("tone: warm\n", encoding="utf-8")
    catalog = (folder / "catalog.yaml").read_text(encoding="utf-8")
    (folder / "catalog.yaml").write_text(catalog + "\ncountry: DE\n", encoding="utf-8")
    (folder / "plugins").mkdir(exist_ok=True)
    (folder / "plugins" / "ours.py").write_text("", encoding="utf-8")
    out = cli("diff", "1", "files").out
    assert "file brand.yaml is new\n" in out
    assert "file catalog.yaml changes\n  country: added DE\n" in out
    assert "file templates/hello.sms.j2 changes\n  @@ -1 +1 @@\n  -【店】您好\n  +【店】你好\n" in out
    assert "plugin plugins/ours.py is new\n" in out


def test_versions_that_are_none(folder: Path, cli: Cli) -> None:
    write(folder)
    assert cli("diff", "1", "abcdef0123456789").err == (
        "error: compare two publications, or two versions of one rule\n"
    )
    assert "abcdef01 is no publication and no rule version" in cli("diff", "abcdef01", "abcdef02").err
    assert "there is no publication 7" in cli("diff", "7", "files").err
    assert cli("versions", "nobody").code == 1


# ---------------------------------------------------------------- audit


def test_the_audit_is_listed_masked_and_verified(db: Database, both: Cli) -> None:
    told = [
        AuditRow(1, "test", "contact.updated", "contact:1", {"name": {"from": "张小明", "to": "李小红"}}),
        AuditRow(1, "test", "suppression.added", "address:+8613800138000", {"channel": "sms", "reason": "asked"}),
    ]
    with db.write() as conn:
        write_audit(conn, told)
    listed = both("audit", "list", "--actor", "test").out + both("audit", "list", "--format", "json").out
    for secret in ("小明", "小红", "13800138000"):
        assert secret not in listed
    rows = both("audit", "list", "--action", "suppression", "--format", "json").json
    assert [(row["action"], row["detail"]) for row in rows] == [
        ("suppression.added", {"channel": "sms", "reason": "asked"})
    ]
    said = both("audit", "verify")
    assert said.code == 0
    assert said.out.startswith("the audit is whole: ")
    head = re.search(r"head (\S+)", said.out)
    assert head is not None
    assert both("audit", "verify", "--head", head[1]).code == 0
    assert "张小明" in both("audit", "list", "--reveal", "--actor", "test").out
    assert both("audit", "list", "--format", "json").json[-1]["action"] == "contact.revealed"


def test_a_changed_row_gives_exit_code_1(folder: Path, people: Cli) -> None:
    import sqlite3

    with sqlite3.connect(folder / "automation.db") as conn:
        conn.execute("UPDATE audit SET actor = 'nobody' WHERE id = 2")
    said = people("audit", "verify", lang="zh")
    assert said.code == 1
    assert said.out.startswith(
        "第 2 条（consent.granted）：时间、操作人、动作或在链中的位置被改动\n审计记录有 1 处不符，共查 3 条\n"
    )
