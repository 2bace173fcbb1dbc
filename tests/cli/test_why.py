"""`why` on the command line; what it tells is tested in tests/insight."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Cli


def test_conditions_guards_and_history_with_marks(busy: Cli) -> None:
    said = busy("why", "order_thanks", "member_no:M001")
    assert said.code == 0
    assert said.out.startswith("order_thanks  ×  #1\n")
    assert "✓     the event's amount is at least CNY 500  〔CNY 899" in said.out
    assert "✓   has consented, or needs not" in said.out
    assert "steps/1  〔channel=email" in said.out
    assert said.out.splitlines()[-1].startswith("In short: entered on ")


def test_somebody_who_did_not_enter(busy: Cli) -> None:
    said = busy("why", "order_thanks", "M002", lang="zh")
    assert "✗" in said.out
    assert "结论：现在最先拦住的是：最近一次事件不满足触发条件" in said.out
    assert "59.90" in said.out.splitlines()[-1]


def test_for_programs(busy: Cli) -> None:
    told = busy("why", "birthday_coupon", "M003", "--format", "json").json
    assert list(told) == ["rule", "contact", "lines", "conclusion"]
    assert {line["kind"] for line in told["lines"]} == {"rule", "trigger", "audience", "entry", "message"}
    (level,) = [line for line in told["lines"] if line["path"] == "rules/birthday_coupon/audience/0"]
    assert (level["ok"], level["seen"]) == (False, "普卡")


def test_names_that_nobody_knows(busy: Cli) -> None:
    said = busy("why", "order_thank", "M001")
    assert said.code == 1
    assert "did you mean order_thanks?" in said.err
    assert "nobody is known as “M999”" in busy("why", "order_thanks", "M999").err


def test_files_that_cannot_be_read_at_all(folder: Path, cli: Cli) -> None:
    (folder / "rules.yaml").write_text("rules: [", encoding="utf-8")
    said = cli("why", "order_thanks", "M001")
    assert said.code == 1
    assert said.err.startswith("rules.yaml:1:")
