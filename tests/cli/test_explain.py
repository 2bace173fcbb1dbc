"""`automation explain` on the command line; what it tells is tested in tests/insight/explain."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Cli


def test_prose_in_both_languages(cli: Cli) -> None:
    assert "  Every year at 10:00, 3 days before the contact's birthday\n" in cli("explain", "birthday_coupon").out
    assert "  每年生日前 3 天的 10:00\n" in cli("explain", "birthday_coupon", lang="zh").out


def test_no_database_is_made_or_asked(cli: Cli, folder: Path) -> None:
    before = sorted(folder.iterdir())
    assert cli("explain", "birthday_coupon").code == 0
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize(
    ("form", "start"),
    [
        ("text", "生日前 3 天送券 / A coupon three days before the birthday (birthday_coupon)\n\nAt a glance\n"),
        ("markdown", "# 生日前 3 天送券 / A coupon"),
        ("mermaid", "%%{init:"),
        ("svg", "<svg "),
        ("json", '{\n  "rule": "birthday_coupon",'),
    ],
)
def test_every_form_can_be_printed(cli: Cli, form: str, start: str) -> None:
    said = cli("explain", "birthday_coupon", "--format", form)
    assert (said.code, said.out.startswith(start)) == (0, True)


@pytest.mark.parametrize(
    ("name", "start"), [("a.md", "# "), ("a.mmd", "%%"), ("a.svg", "<svg"), ("a.json", "{"), ("a.txt", "生日前")]
)
def test_the_ending_of_the_file_says_the_form(cli: Cli, tmp_path: Path, name: str, start: str) -> None:
    said = cli("explain", "birthday_coupon", "--output", str(tmp_path / "new" / name))
    assert said.out == f"written to {tmp_path / 'new' / name}\n"
    assert (tmp_path / "new" / name).read_text(encoding="utf-8").startswith(start)


def test_json_has_prose_and_diagram(cli: Cli) -> None:
    found = json.loads(cli("explain", "whitepaper_nurture", "--format", "json").out)
    assert [part["key"] for part in found["parts"]] == [
        "about", "trigger", "audience", "entry", "steps", "message", "exit",
    ]  # fmt: skip
    assert found["diagram"]["arrows"][0] == {"source": "n1", "target": "n2", "label": ""}


def test_a_png_is_not_for_a_terminal(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr("automation.cli.explaining._made", lambda *_: b"png")
    said = cli("explain", "birthday_coupon", "--format", "png")
    assert (said.code, said.err) == (1, "error: a PNG can't be shown in a terminal; add --output FILE.png\n")


def test_a_rule_that_nobody_knows_and_one_with_a_mistake(cli: Cli, folder: Path) -> None:
    said = cli("explain", "birthday")
    assert said.code == 1
    assert "there is no rule birthday" in said.err
    rules = folder / "rules.yaml"
    rules.write_text(
        rules.read_text(encoding="utf-8").replace("name: order.paid", "name: order.payd"), encoding="utf-8"
    )
    said = cli("explain", "order_thanks")
    assert said.code == 1
    assert "the rule order_thanks has a mistake and can't be explained: rules.yaml:" in said.err
    assert "order.payd" in said.err


def test_a_file_that_cannot_be_written(cli: Cli, tmp_path: Path) -> None:
    said = cli("explain", "birthday_coupon", "--output", str(tmp_path))
    assert said.code == 1
    assert f"can't write {tmp_path}" in said.err
