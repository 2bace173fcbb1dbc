"""`run --once` and `status`, in both languages. The daemon itself is tested as a process in tests/daemon."""

from __future__ import annotations

import re
from pathlib import Path

from tests.cli.conftest import Cli


def test_once_does_what_is_due_and_ends(both: Cli, folder: Path) -> None:
    assert both("ingest", str(folder / "events.jsonl")).code == 0
    done = both("run", "--once")
    assert done.code == 0
    found = re.fullmatch(r"everything due now is done: (\d+) items\n", done.out)
    assert found is not None
    assert int(found[1]) > 0
    assert both("run", "--once", lang="zh").out == "已处理完当前到期的全部工作：0 项\n"


def test_status_as_a_table_in_both_languages(busy: Cli) -> None:
    for lang, words in (
        ("en", ("daemons", "backlog", "messages, the longest overdue", "in quarantine", "birthday_coupon", "active")),
        ("zh", ("守护进程", "积压", "消息最久已迟", "隔离", "birthday_coupon", "启用")),
    ):
        said = busy("status", lang=lang)
        assert said.code == 0, said.err
        for word in words:
            assert word in said.out, word


def test_status_as_json(busy: Cli) -> None:
    status = busy("status", "--format", "json").json
    assert status.keys() == {
        "attention", "daemons",
        "run_lag", "message_lag", "rules", "messages", "quarantined", "problems", "accounts", "pauses",
        "missing_rules", "approvals", "missed", "contact_problems",
    }  # fmt: skip
    assert status["daemons"] == []
    rules = {rule["rule"]: rule for rule in status["rules"]}
    assert rules["birthday_coupon"]["state"] == "active"
    assert sum(rule["done"] + rule["active"] for rule in rules.values()) > 0
    assert {row["status"] for row in status["messages"]} == {"accepted"}


def test_a_broken_rule_is_visible_and_the_others_run(folder: Path, both: Cli) -> None:
    rules = folder / "rules.yaml"
    text = rules.read_text(encoding="utf-8")
    assert "field: contact.birthday" in text
    rules.write_text(text.replace("field: contact.birthday", "field: contact.birthdya"), encoding="utf-8")
    assert both("ingest", str(folder / "events.jsonl")).code == 0
    once = both("run", "--once")
    assert once.code == 0
    assert "contact.birthdya" in once.err  # told in the log
    status = both("status", "--format", "json").json
    states = {rule["rule"]: (rule["state"], rule["detail"]) for rule in status["rules"]}
    assert states["birthday_coupon"][0] == "broken"
    assert "did you mean contact.birthday?" in states["birthday_coupon"][1]
    assert [state for state, _ in states.values()].count("active") == len(states) - 1
    assert any("contact.birthdya" in problem for problem in status["problems"])


def test_files_that_can_not_be_used_stop_the_command(folder: Path, cli: Cli) -> None:
    (folder / "rules.yaml").write_text("rules: [oops\n", encoding="utf-8")
    for command in (["run", "--once"], ["run"], ["ingest", str(folder / "events.jsonl")]):
        said = cli(*command)
        assert said.code == 1
        assert "rules.yaml:" in said.err
        assert "Traceback" not in said.err
    assert cli("status").code == 0  # which shows the problem


def test_an_unknown_log_format_is_refused(cli: Cli) -> None:
    said = cli("run", "--log-format", "xml")
    assert said.code == 2
    assert "console | json" in said.err
