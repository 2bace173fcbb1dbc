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


def test_each_line_names_its_place_and_programs_get_it_too(busy: Cli, folder: Path) -> None:
    written = (folder / "rules.yaml").read_text(encoding="utf-8").splitlines()
    told = busy("why", "birthday_coupon", "M003", "--format", "json").json
    (level,) = [line for line in told["lines"] if line["path"] == "rules/birthday_coupon/audience/0"]
    file, _, line = level["place"].partition(":")
    assert file == "rules.yaml"
    assert written[int(line) - 1].strip().startswith("- contact.level")


def test_as_of_a_moment(busy: Cli) -> None:
    said = busy("why", "order_thanks", "M001", "--at", "2020-01-01 10:00")
    assert "\nAs of when\n  · as of 2020-01-01 10:00\n" in said.out
    assert said.out.splitlines()[-1].endswith("the rule had not been published yet")
    assert "2020-99-01" in busy("why", "order_thanks", "M001", "--at", "2020-99-01").err


def test_one_message_and_what_must_be_asked(busy: Cli) -> None:
    said = busy("why", "--message", "1")
    assert said.out.startswith("order_thanks  ×  #1  ·  message 1\n")
    assert "l***@example.com" in said.out
    assert said.out.splitlines()[-1] == "In short: message 1: accepted by the provider"
    for wrong in (("why",), ("why", "order_thanks"), ("why", "order_thanks", "M001", "--message", "1")):
        refused = busy(*wrong)
        assert refused.code == 1
        assert "ask with automation why RULE CONTACT, or automation why --message ID" in refused.err
    assert busy("why", "--message", "99").code == 1


def test_a_funnel_as_bars_as_rows_and_as_data(busy: Cli) -> None:
    bars = busy("funnel", "order_thanks")
    lines = bars.out.splitlines()
    assert lines[1].split() == ["1", "█" * 24, "looked", "at"]
    assert any("· 1  the provider accepted the message" in line for line in lines)
    rows = busy("funnel", "order_thanks", "--format", "csv").out.splitlines()
    assert rows[:3] == ["part,path,depth,what,code,people", "audience,,0,looked at,,1", "entry,,0,entered,,1"]
    told = busy("funnel", "order_thanks", "--since", "1d", "--format", "json").json
    assert (told["looked_at"], told["entered"], told["done"]) == (1, 1, {"completed": 1})
    assert busy("funnel", "order_thanks", "--until", "1d", "--format", "json").json["entered"] == 0
    assert "nothing is known of a rule" in busy("funnel", "nobody").err
