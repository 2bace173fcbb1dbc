"""`messages`: the ledger, and one message exactly as it was sent."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from pathlib import Path

from tests.cli.conftest import Cli


def test_list(busy: Cli) -> None:
    (row,) = busy("messages", "list", "--format", "json").json
    assert row["rule"] == "order_thanks"
    assert row["status"] == "accepted"
    assert row["address"] == "l***@example.com"
    assert row["queued_at"].endswith("+08:00")
    assert busy("messages", "list", "--format", "json", "--reveal").json[0]["address"] == "lilei@example.com"
    assert "l***@example.com" in busy("messages", "list", lang="zh").out


def test_filters(busy: Cli) -> None:
    def count(*arguments: str) -> int:
        return len(busy("messages", "list", "--format", "json", *arguments).json)

    assert count("--rule", "order_thanks", "--contact", "M001", "--status", "accepted", "--channel", "email") == 1
    assert count("--contact", "M002") == 0
    assert count("--status", "failed") == 0
    assert count("--channel", "sms") == 0
    assert count("--since", "1d") == 1
    assert busy("messages", "list", "--status", "sent").code == 2
    assert "did you mean order_thanks?" in busy("messages", "list", "--rule", "order_thank").err


def test_show_gives_the_content_as_it_was_sent(folder: Path, busy: Cli) -> None:
    # given a template and a person that have changed since
    sent = busy("messages", "show", "1", "--format", "json", "--reveal").json["content"]
    (folder / "templates" / "order_thanks.email.html.j2").write_text(
        "{% block subject %}new{% endblock %}{% block html %}new{% endblock %}", encoding="utf-8"
    )
    (folder / "renamed.csv").write_text("member_no,name\nM001,李四\n", encoding="utf-8")
    assert busy("contacts", "import", str(folder / "renamed.csv")).code == 0
    # then it still shows what the provider got
    said = busy("messages", "show", "1", "--reveal")
    assert "subject: 李雷，感谢您的订单 A1001" in said.out
    assert "订单 A1001（899.00 元）" in said.out
    again = busy("messages", "show", "1", "--format", "json", "--reveal").json
    assert again["content"] == sent
    mail = message_from_bytes(next((folder / "outbox" / "email").rglob("*.eml")).read_bytes(), policy=default)
    assert mail["subject"] == sent["subject"]
    assert "订单 A1001（899.00 元）" in mail.get_body(("plain",)).get_content()
    # with what happened to it
    assert [entry["code"] for entry in again["log"]] == ["message.queued", "message.accepted"]
    assert "the provider accepted the message" in said.out
    # and, unless asked for, with the person masked
    masked = busy("messages", "show", "1").out
    assert "subject: 李*，感谢您的订单 A1001" in masked
    assert "李雷" not in masked
    assert "lilei@example.com" not in masked
    assert "lilei@example.com" in said.out


def test_a_message_that_is_not_sent_yet(folder: Path, both: Cli) -> None:
    both("ingest", str(folder / "events.jsonl"))
    from automation.engine.engine import Engine
    from automation.rules.project import Project
    from automation.settings import Settings
    from automation.store.database import Database

    settings = Settings.load(folder)
    engine = Engine(Project.load(settings), Database(settings.database_url))
    engine.advance()
    engine.close()
    engine.database.close()
    said = both("messages", "show", "1")
    assert "not rendered yet" in said.out
    assert both("messages", "show", "1", "--format", "json").json["content"] is None


def test_no_such_message(cli: Cli) -> None:
    for lang, words in (("en", "there is no message 99"), ("zh", "没有编号为 99 的消息")):
        said = cli("messages", "show", "99", lang=lang)
        assert said.code == 1
        assert words in said.err
