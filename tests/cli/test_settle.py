"""`messages settle`: what a person says of messages whose outcome is unknown."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from automation.store.audit import read_audit
from automation.store.database import Database
from automation.store.schema import message
from tests.cli.conftest import Cli


@pytest.fixture
def unknown(busy: Cli, db: Database) -> Cli:
    """The one message of the sample events, as if its answer had been lost."""
    with db.write() as conn:
        conn.execute(update(message).values(status="unknown", settled_at=None))
    return busy


def status(cli: Cli) -> str:
    return str(cli("messages", "list", "--format", "json").json[0]["status"])


@pytest.mark.parametrize(
    ("word", "left", "zh", "en"),
    [
        ("sent", "accepted", "1 条消息记为已发出", "1 message(s) settled as sent"),
        ("failed", "failed", "1 条消息记为未发出", "1 message(s) settled as not sent"),
        ("resend", "queued", "1 条消息将再发一次", "1 message(s) will be sent once more"),
    ],
)
def test_one_message(unknown: Cli, db: Database, word: str, left: str, zh: str, en: str) -> None:
    assert [row["id"] for row in unknown("messages", "list", "--status", "unknown", "--format", "json").json] == [1]
    lang, words = ("zh", zh) if word == "sent" else ("en", en)
    said = unknown("messages", "settle", "1", "--as", word, "--reason", "console", "--by", "wang", lang=lang)
    assert (said.code, said.out.strip()) == (0, words)
    assert status(unknown) == left
    with db.read() as conn:
        (row,) = read_audit(conn, "message:1")
    assert (row.actor, row.action, row.detail["as"], row.detail["reason"]) == (
        "wang", "message.settled", word, "console",
    )  # fmt: skip


def test_all_of_them(unknown: Cli) -> None:
    every = ("messages", "settle", "--all-unknown", "--as", "failed", "--reason", "x")
    assert unknown(*every, "--channel", "sms").out.startswith("0 ")
    assert unknown(*every, "--older-than", "1d").out.startswith("0 ")
    assert unknown(*every, "--channel", "email").out.startswith("1 ")
    assert status(unknown) == "failed"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("1",), "message 1 is accepted, not unknown"),
        (("99",), "there is no message 99"),
        ((), "name one message by its id, or use --all-unknown"),
        (("1", "--all-unknown"), "name one message by its id, or use --all-unknown"),
        (("1", "--channel", "email"), "--channel and --older-than go with --all-unknown only"),
    ],
)
def test_what_can_not_be_settled_is_said(busy: Cli, arguments: tuple[str, ...], words: str) -> None:
    said = busy("messages", "settle", *arguments, "--as", "sent", "--reason", "x")
    assert said.code == 1
    assert words in said.err
