"""`automation test` as it is typed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree as Xml

from tests.cli.conftest import Cli


def test_the_sample_rules_pass_and_name_what_no_test_reached(cli: Cli) -> None:
    said = cli("test", "--coverage")

    assert said.code == 0, said.out
    lines = said.out.splitlines()
    assert lines[0] == "✓ order_thanks  600 元的订单 → 打标签并致谢 / an order of 600 yuan is thanked for"
    assert "birthday_coupon: 2/2 of the steps and branches, 1/5 of the guards" in lines
    assert "  never held anybody back: the cooldown  (rules.yaml:29)" in lines
    assert lines[-1].startswith("7 passed, 0 failed; rules: 3; ")


def test_a_rule_that_was_broken_fails_with_words_and_an_exit_code(cli: Cli, folder: Path) -> None:
    rules = folder / "rules.yaml"
    rules.write_text(rules.read_text(encoding="utf-8").replace("{gte: 500}", "{gte: 5000}"), encoding="utf-8")

    said = cli("test", "order_thanks", lang="zh")

    assert said.code == 1
    told = [line.strip() for line in said.out.splitlines()]
    assert told[0].startswith("✗ order_thanks")
    assert told[1] == "rules_test.yaml:4"
    assert told[2:5] == ["动作", "期望  contact.tag, email.send", "实际  无"]
    assert "事件 order.paid 没有触发规则（名称或 where 不符）" in told
    assert told[-1].startswith("1 个通过，1 个未通过，共 1 条规则")


def test_json_and_junit_for_programs(cli: Cli, folder: Path) -> None:
    said = cli("test", "whitepaper_nurture", "--format", "json", "--coverage", "--junit", str(folder / "junit.xml"))

    assert said.json["ok"] is True
    assert [test["name"].partition(" / ")[2] for test in said.json["tests"]] == [
        "the case study comes after three days", "an order meanwhile ends it",
    ]  # fmt: skip
    assert said.json["coverage"][0]["rule"] == "whitepaper_nurture"
    assert Xml.parse(folder / "junit.xml").getroot().get("tests") == "2"


def test_a_mistake_in_a_test_file_fails_test_and_validate_alike(cli: Cli, folder: Path) -> None:
    (folder / "more_test.yaml").write_text(
        "tests:\n  - {rule: order_thank, name: x, expect: entered}\n", encoding="utf-8"
    )
    sentence = "more_test.yaml:2:12: error: there is no rule order_thank; did you mean order_thanks?"

    checked, tested = cli("validate"), cli("test", "more_test.yaml")

    assert (checked.code, tested.code) == (1, 1)
    assert sentence in checked.out
    assert sentence in tested.out


def test_nothing_to_test_and_nothing_known(cli: Cli, folder: Path) -> None:
    (folder / "rules_test.yaml").unlink()
    said = cli("test")
    assert (said.code, said.out.strip()) == (
        0, "There are no tests. They stand in `tests:` of a rule or in *_test.yaml files.",
    )  # fmt: skip

    said = cli("test", "order_thank")
    assert said.code == 1
    assert said.err.strip() == (
        "error: order_thank is neither a rule nor a file of rules or tests; did you mean order_thanks?"
    )

    said = cli("test", "--junit", str(folder / "nowhere" / "junit.xml"))
    assert said.code == 1
    assert "junit.xml" in said.err


def test_watch_runs_again_when_a_file_changes_until_it_is_interrupted(folder: Path) -> None:
    program = [sys.executable, "-m", "automation.cli.main", "--lang", "en", "--project", str(folder)]
    with subprocess.Popen(
        [*program, "test", "order_thanks", "--watch"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
        preexec_fn=_interruptible,
    ) as watching:  # fmt: skip
        assert "2 passed, 0 failed" in _until_waiting(watching)
        time.sleep(0.1)
        rules = folder / "rules.yaml"
        rules.write_text(rules.read_text(encoding="utf-8").replace("{gte: 500}", "{gte: 5000}"), encoding="utf-8")
        assert "1 passed, 1 failed" in _until_waiting(watching)
        watching.send_signal(signal.SIGINT)
        try:
            assert watching.wait(30) == 130
        finally:
            watching.kill()


def _interruptible() -> None:
    """Also where the suite runs in the background, whose children ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _until_waiting(watching: subprocess.Popen[str]) -> str:
    """What it prints until it waits for a change."""
    assert watching.stdout is not None
    lines: list[str] = []
    for line in watching.stdout:
        lines.append(line)
        if line.startswith("waiting"):
            break
    return "".join(lines)
