"""`contacts problems` lists whom wrong data hold back, with the remedy; `contacts retry` forgets it."""

from __future__ import annotations

from pathlib import Path

from automation.store.database import Database
from automation.store.problems import Problem, note_problems
from tests.cli.conftest import Cli


def note(database: Database, cli: Cli) -> int:
    """Two problems of M001: a phone that the provider refused, and a time zone of an older import."""
    anna = int(cli("contacts", "show", "M001", "--format", "json").json["id"])
    with database.write() as conn:
        conn.exec_driver_sql('UPDATE contact SET attributes = \'{"timezone": "Mars/Olympus"}\' WHERE id = ' + str(anna))
        note_problems(
            conn,
            [
                Problem(anna, "sms", "21211", "+8613800138001", 1_785_556_800_000),
                Problem(anna, "*", "timezone", "Mars/Olympus", 1_785_556_700_000),
            ],
        )
    return anna


def test_problems_are_listed_with_the_remedy_and_forgotten(folder: Path, db: Database, both: Cli) -> None:
    anna = note(db, both)
    said = both("contacts", "problems")
    assert said.code == 0
    assert "refused by the provider (21211)" in said.out
    assert "138****8001" in said.out
    assert "13800138001" not in said.out
    assert "correct the timezone of contact #" in said.out
    rows = both("contacts", "problems", "--channel", "sms", "--format", "json", "--reveal").json
    assert [(row["contact_id"], row["channel"], row["value"]) for row in rows] == [(anna, "sms", "+8613800138001")]
    assert f"automation contacts retry '#{anna}'" in rows[0]["remedy"]
    assert "服务商拒收（21211）" in both("contacts", "problems", lang="zh").out
    # when somebody has looked into it
    said = both("contacts", "retry", f"#{anna}", "--channel", "sms")
    assert f"#{anna}: 1 problem(s) forgotten" in said.out
    assert "21211" not in both("contacts", "problems").out
    assert "nothing changed" in both("contacts", "retry", f"#{anna}", "--channel", "sms").out


def test_an_unknown_channel_is_refused(folder: Path, cli: Cli) -> None:
    said = cli("contacts", "problems", "--channel", "pigeon")
    assert said.code == 2
    assert "sms" in said.err
