"""`automation report`: in each form, by what events came by, and what is known of events that are gone."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from automation.store.database import Database
from tests.cli.conftest import Cli

FORMS = ("table", "json", "csv")


def entered(cli: Cli, by: str) -> dict[tuple[str, str], int]:
    said = cli("report", "--by", by, "--format", "json")
    assert said.code == 0, said.err
    return {(row["rule"], row[by]): row["entered"] for row in said.json}


def test_entries_by_channel_and_source_in_each_form(busy: Cli, tmp_path: Path) -> None:
    came = [("app", "crm"), ("app", "pos"), (None, "pos")]
    lines = [
        {
            "name": "order.paid", "contact": f"M00{n}", "channel": channel, "source": source, "message_id": f"more{n}",
            "properties": {"order_id": f"more{n}", "amount": 900},
        }
        for n, (channel, source) in enumerate(came, 2)
    ]  # fmt: skip
    file = tmp_path / "more.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert busy("ingest", str(file)).code == 0
    by_channel, by_source = entered(busy, "channel"), entered(busy, "source")
    assert sum(by_channel.values()) == sum(by_source.values())
    assert {key[1] for key in by_channel} >= {"app", "–"}
    for form in FORMS:
        said = busy("report", "--by", "source", "--format", form)
        assert said.code == 0
        assert "pos" in said.out
    header, *rows = csv.reader(io.StringIO(busy("report", "--by", "source", "--format", "csv").out))
    assert header == ["rule", "name", "source", "entered"]
    assert sum(int(row[3]) for row in rows) == sum(by_source.values())


def test_a_name_that_is_none_is_refused_and_named(busy: Cli) -> None:
    said = busy("report", "--by", "chanel")
    assert said.code != 0
    assert "chanel" in said.err


def test_what_events_came_by_that_are_gone_is_said_to_be_unknown(busy: Cli, db: Database) -> None:
    total = sum(entered(busy, "source").values())
    with db.write() as conn:  # as a prune does
        conn.exec_driver_sql("DELETE FROM event")
    found = entered(busy, "source")
    assert sum(found.values()) == total
    assert any(value == "(event pruned)" for _, value in found)
    assert "（事件已清理）" in busy("report", "--by", "source", lang="zh").out
