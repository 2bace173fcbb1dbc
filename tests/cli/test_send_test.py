"""`send-test`, and how `messages list` and `messages show` tell of tests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Cli

ALLOWED = '\n[testing]\nallowed = ["me@example.com", "+8613900139000"]\n'


@pytest.fixture
def testers(folder: Path, busy: Cli) -> Cli:
    """The sample project, busy already, with two allowed testers."""
    settings = folder / "automation.toml"
    settings.write_text(settings.read_text("utf-8") + ALLOWED, encoding="utf-8")
    return busy


def test_a_rules_message_as_a_contact_would_get_it(testers: Cli, folder: Path) -> None:
    said = testers(
        "send-test", "rule:order_thanks", "--to", "ME@example.com", "--as", "M001", "--by", "anna", "--reveal"
    )
    assert said.code == 0
    assert said.out.startswith("test t1 → m***@example.com (email)  rules/order_thanks/steps/1\n")
    assert "subject: [Test] 李雷，感谢您的订单 A1001\n" in said.out
    assert said.out.endswith("the provider has it\nsee it: automation messages show t1\n")
    assert "李雷" not in testers("send-test", "rule:order_thanks", "--to", "me@example.com", "--as", "M001").out
    assert [path.name for path in sorted((folder / "outbox" / "email").rglob("*.eml"))] == [
        "m1.eml",
        "t1.eml",
        "t2.eml",
    ]


def test_it_is_listed_as_a_test_and_counted_nowhere(testers: Cli) -> None:
    report = testers("report", "--format", "json").out
    assert testers("send-test", "rule:order_thanks", "--to", "me@example.com", "--as", "M001", "--by", "anna").code == 0
    # then the list shows it, marked
    table = testers("messages", "list").out.splitlines()
    assert table[1].startswith("t1")
    assert "[test] order_thanks" in table[1]
    test, message = testers("messages", "list", "--format", "json").json
    assert (test["id"], test["test"], test["rule"], test["actor"]) == ("t1", True, "order_thanks", "anna")
    assert (message["id"], message["test"], message["actor"]) == (1, False, None)
    assert test["address"] == "m***@example.com"
    # by the same filters
    for filters, count in (
        (("--rule", "order_thanks"), 2),
        (("--rule", "birthday_coupon"), 0),
        (("--channel", "sms"), 0),
        (("--contact", "M001"), 2),
        (("--contact", "M002"), 0),
        (("--status", "unknown"), 0),
        (("--limit", "1"), 1),
        (("--since", "1d"), 2),
    ):
        assert len(testers("messages", "list", "--format", "json", *filters).json) == count, filters
    # and no sum has changed
    assert testers("report", "--format", "json").out == report


def test_one_test_is_shown_as_it_was_sent(testers: Cli, folder: Path) -> None:
    testers(
        "send-test",
        "template:order_thanks",
        "--to",
        "me@example.com",
        "--as",
        "M001",
        "--set",
        "event.order_id=B7",
        "--set",
        "event.amount=12.5",
    )
    (folder / "templates" / "order_thanks.email.html.j2").write_text(
        "{% block subject %}new{% endblock %}{% block html %}new{% endblock %}", encoding="utf-8"
    )
    said = testers("messages", "show", "t1", "--reveal", lang="zh")
    assert "【测试】–" in said.out
    assert "主题： [Test] 李雷，感谢您的订单 B7" in said.out
    assert "订单 B7（12.50 元）" in said.out
    assert "me@example.com" not in testers("messages", "show", "t1").out
    shown = testers("messages", "show", "t1", "--format", "json", "--reveal").json
    assert shown["content"]["subject"] == "[Test] 李雷，感谢您的订单 B7"
    assert (shown["id"], shown["test"], shown["log"]) == ("t1", True, [])
    assert "there is no message t9" in testers("messages", "show", "t9").err
    assert testers("messages", "show", "x1").code == 2


def test_an_event_from_a_file(testers: Cli, folder: Path) -> None:
    event = {"name": "order.paid", "properties": {"order_id": "C3", "amount": 5}}
    (folder / "event.json").write_text(json.dumps(event), encoding="utf-8")
    said = testers(
        "send-test",
        "template:order_thanks",
        "--to",
        "me@example.com",
        "--as",
        "M002",
        "--event",
        str(folder / "event.json"),
        "--set",
        "event.order_id=D4",
        "--format",
        "json",
        "--reveal",
    )
    (test,) = said.json
    assert test["content"]["subject"] == "[Test] 韩梅梅，感谢您的订单 D4"
    assert "5.00" in test["content"]["text"]
    assert (
        "can't read"
        in testers(
            "send-test", "template:order_thanks", "--to", "me@example.com", "--as", "M002", "--event", "nowhere.json"
        ).err
    )


def test_a_coupon_is_a_placeholder_and_nothing_is_issued(testers: Cli) -> None:
    before = testers("coupons", "list").out
    said = testers("send-test", "birthday_coupon", "--to", "13900139000", "--as", "M001")
    assert "BDAY-TEST000000" in said.out
    assert testers("coupons", "list").out == before


def test_what_goes_wrong_is_a_sentence_and_exit_code_1(testers: Cli) -> None:
    for arguments, words in (
        (("rule:order_thanks", "--to", "you@example.com", "--as", "M001"), "not on the list of allowed testers"),
        (("rule:order_thanks", "--to", "me@example.com", "--as", "M009"), "nobody is known as “M009”"),
        (("template:birthday", "--to", "me@example.com", "--as", "M001"), ""),
    ):
        said = testers("send-test", *arguments)
        assert said.code == 1
        assert words in said.err
    assert "nothing to send: " in said.out
    assert "--set VARIABLE.NAME=…" in said.out
    assert testers("send-test", "rule:order_thanks", "--to", "me@example.com", "--as", "M001", "--set", "x").code == 2
    assert testers("messages", "list", "--format", "json").json[0]["test"] is False


def test_testers_from_the_environment(testers: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOMATION_TESTING__ALLOWED", "you@example.com, openid:oYou")
    assert testers("send-test", "rule:order_thanks", "--to", "you@example.com", "--as", "M001").code == 0
    assert testers("send-test", "rule:order_thanks", "--to", "me@example.com", "--as", "M001").code == 1
