"""`log`: filters, forms, both languages, and following."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from tests.cli.conftest import Cli


def test_the_oldest_first_with_sentences_in_both_languages(busy: Cli) -> None:
    lines = busy("log").out.splitlines()
    assert lines[0].split() == ["time", "rule", "contact", "reason", "step", "detail"]
    assert "order_thanks" in lines[1]
    assert "#1" in lines[1]
    assert "entered the rule" in lines[1]
    assert any("the message is queued" in line and "steps/1" in line and "channel=email" in line for line in lines)
    out = busy("log", lang="zh").out
    assert out.splitlines()[0].split() == ["时间", "规则", "联系人", "原因", "步骤", "详情"]
    assert "进入规则" in out


def test_filters(busy: Cli) -> None:
    def found(*arguments: str) -> list[dict[str, object]]:
        rows: list[dict[str, object]] = busy("log", "--format", "json", *arguments).json
        return rows

    assert {row["rule"] for row in found("--rule", "order_thanks")} == {"order_thanks"}
    assert {row["contact_id"] for row in found("--contact", "email:hanmeimei@example.com")} == {2}
    assert {row["code"] for row in found("--reason", "entered")} == {"entered"}
    assert {str(row["code"]).split(".")[0] for row in found("--reason", "message")} == {"message"}
    assert len(found("--limit", "2")) == 2
    assert found("--limit", "2") == found()[-2:]
    assert found("--since", "1h") == found()
    assert found("--since", "2999-01-01") == []


def test_rows_for_programs(busy: Cli) -> None:
    first = busy("log", "--format", "json").json[0]
    assert list(first) == [
        "id", "at", "code", "reason", "rule", "version", "contact_id", "run_id", "event_id", "message_id", "step",
        "detail",
    ]  # fmt: skip
    assert datetime.fromisoformat(first["at"]).utcoffset() is not None
    table = busy("log", "--format", "csv", "--bom").out
    assert table.startswith("\ufeffid,at,code")
    rows = list(csv.DictReader(io.StringIO(table.removeprefix("\ufeff"))))
    assert rows[0]["code"] == "entered"
    assert rows[0]["at"] == first["at"]


def test_an_identity_that_an_event_named_is_masked(folder: Path, both: Cli) -> None:
    rules = folder / "rules.yaml"
    rules.write_text(
        "rules:\n  - id: visit\n    trigger: {type: event, with: {name: visit, contact: event.who}}\n"
        "    steps: [{do: contact.tag, with: {add: [x]}}]\n",
        encoding="utf-8",
    )
    catalogue = folder / "catalog.yaml"
    text = catalogue.read_text(encoding="utf-8")
    named = "events:\n  visit: {label: visit, properties: {who: {type: text, identity: phone}}}\n"
    catalogue.write_text(text.replace("events:\n", named), encoding="utf-8")
    events = folder / "visits.jsonl"
    events.write_text(
        '{"name": "visit", "message_id": "v", "properties": {"who": "+8613900139000"}}\n', encoding="utf-8"
    )
    assert both("ingest", str(events)).code == 0
    assert "phone:139****9000" in both("log").out
    assert "+8613900139000" not in both("log", "--format", "json").out
    assert "+8613900139000" in both("log", "--format", "json", "--reveal").out


def test_names_that_nobody_knows(busy: Cli) -> None:
    for arguments, words in (
        (("--rule", "order_thank"), "did you mean order_thanks?"),
        (("--reason", "skipped.consnt"), "did you mean skipped.consent?"),
        (("--contact", "M999"), "nobody is known as “M999”"),
        (("--since", "yesterday"), "“yesterday” is no time"),
        (("--contact", "phone:12"), "no valid phone number"),
    ):
        said = busy("log", *arguments)
        assert said.code == 1
        assert words in said.err


def test_nothing_to_show(cli: Cli) -> None:
    assert cli("log").out == "(nothing)\n"
    assert cli("log", "--format", "json").json == []


def test_following_until_interrupted(folder: Path, cli: Cli) -> None:
    # given a second process that follows the log
    cli("contacts", "import", str(folder / "contacts.csv"))
    program = str(Path(sys.executable).with_name("automation"))
    command = [program, "-p", str(folder), "--lang", "en", "log", "-f", "--format", "json"]
    follower = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {
        "PYTHONUNBUFFERED": "1"
    }, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))  # fmt: skip
    try:
        # when something is decided meanwhile
        assert cli("ingest", str(folder / "events.jsonl")).code == 0
        assert follower.stdout is not None
        rows = [json.loads(follower.stdout.readline()) for _ in range(2)]
        follower.send_signal(signal.SIGINT)
        _, errors = follower.communicate(timeout=20)
    finally:
        follower.kill()
    # then each row comes once, and Ctrl-C ends it without a complaint
    assert [row["code"] for row in rows] == ["entered", "entered"]
    assert (follower.returncode, errors) == (0, "")
