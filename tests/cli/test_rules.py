"""Other people's databases, files that can't be read, and rules that are taken out: as somebody types it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from automation.store.database import Database
from automation.store.schema import rule, run
from tests.cli.conftest import Cli, Said

WAITING = """rules:
  - id: other
    trigger: {type: event, with: {name: order.paid}}
    steps: [{wait: 1d}]
  - id: wait
    trigger: {type: event, with: {name: order.paid}}
    mode: {on_again: parallel, per: contact}
    steps: [{wait: 30d}]
"""
WITHOUT = WAITING.partition("  - id: wait")[0]
EVENT = '{{"name": "order.paid", "contact": "W{0}", "properties": {{"order_id": "{0}", "amount": 1}}}}\n'
EVENTS = "".join(EVENT.format(number) for number in range(11))
COMMANDS = (
    ("ingest", "-events"), ("run", "--once"), ("quarantine", "retry"), ("status",), ("contacts", "import", "-people"),
    ("rules", "remove", "wait", "--people", "exit"), ("migrate",), ("pause", "all"), ("publish", "--reason", "x"),
)  # fmt: skip


@pytest.fixture
def waiting(both: Cli, folder: Path) -> Cli:
    """Eleven people inside one rule, of which another project's folder knows nothing."""
    (folder / "rules.yaml").write_text(WAITING, encoding="utf-8")
    (folder / "eleven.jsonl").write_text(EVENTS, encoding="utf-8")
    assert both("ingest", str(folder / "eleven.jsonl")).code == 0
    return both


def states(db: Database) -> tuple[dict[str, str], set[str]]:
    with db.read() as conn:
        found = {row.key: row.status for row in conn.execute(select(rule.c.key, rule.c.status))}
        inside = select(run.c.status).join(rule, rule.c.id == run.c.rule_id).where(rule.c.key == "wait")
        return {key: found[key] for key in ("other", "wait")}, set(conn.scalars(inside))


def another(tmp_path: Path, run: Cli) -> Path:
    assert run("init", str(tmp_path / "another")).code == 0
    return tmp_path / "another"


def missing(tmp_path: Path, _run: Cli) -> Path:
    (tmp_path / "nothing").mkdir()
    return tmp_path / "nothing"


@pytest.mark.parametrize("made", [another, missing])
def test_a_database_of_another_project_is_left_alone(
    waiting: Cli, run: Cli, folder: Path, tmp_path: Path, db: Database, made: Callable[[Path, Cli], Path]
) -> None:
    wrong, before = made(tmp_path, run), states(db)
    for command in COMMANDS:
        paths = {"-events": folder / "events.jsonl", "-people": folder / "contacts.csv"}
        said = run("-p", str(wrong), "--lang", "en", *(str(paths.get(word, word)) for word in command))
        assert said.code == 1, command
        assert "rules.yaml" in said.err or "this database belongs to the project project-" in said.err, command
        assert states(db) == before, command
    assert waiting("run", "--once").code == 0


def test_a_project_that_is_renamed_adopts_its_database(waiting: Cli, folder: Path) -> None:
    settings = folder / "automation.toml"
    text = settings.read_text(encoding="utf-8")
    (line,) = (line for line in text.splitlines() if line.startswith("project_id"))
    settings.write_text(text.replace(line, 'project_id = "shop"'), encoding="utf-8")
    assert "automation migrate --adopt" in waiting("run", "--once").err
    assert "belongs to the project shop now" in waiting("migrate", "--adopt").out
    assert waiting("run", "--once").code == 0
    # and without an identity there is nothing to adopt it by
    settings.write_text(text.replace(line, ""), encoding="utf-8")
    assert 'project_id = "shop"' in waiting("migrate", "--adopt").err


def test_without_an_identity_rules_of_which_none_is_known_give_it_away(
    run: Cli, tmp_path: Path, folder: Path, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Projects that were made before there were identities."""
    monkeypatch.setenv("AUTOMATION_DATABASE_URL", db.url.render_as_string(hide_password=False))
    other = another(tmp_path, run)
    for each in (folder, other):
        toml = (each / "automation.toml").read_text(encoding="utf-8")
        (each / "automation.toml").write_text(toml.replace("project_id", "# project_id"), encoding="utf-8")
    (folder / "rules.yaml").write_text(WAITING, encoding="utf-8")
    assert run("-p", str(folder), "run", "--once").code == 0
    said = run("-p", str(other), "--lang", "en", "run", "--once")
    assert said.code == 1
    assert "the database has 2 rules (other, wait …) and the files have none of them" in said.err
    assert states(db)[0] == {"other": "active", "wait": "active"}


def test_removing_with_eleven_inside_asks_and_status_says_so(waiting: Cli, folder: Path, db: Database) -> None:
    (folder / "rules.yaml").write_text(WITHOUT, encoding="utf-8")
    assert waiting("run", "--once").code == 0
    assert states(db) == ({"other": "active", "wait": "absent"}, {"held"})
    (row,) = waiting("status", "--format", "json").json["missing_rules"]
    assert (row["rule"], row["status"], row["inside"]) == ("wait", "absent", 11)
    assert "automation rules remove wait --people exit|finish" in row["remedy"]
    assert "文件里已没有它，里面有 11 人，等待确认" in waiting("rules", "missing", lang="zh").out
    # when somebody decides, it can be undone, and the other way too
    assert "11 people inside stand still and leave at" in waiting("rules", "remove", "wait", "--people", "exit").out
    assert states(db) == ({"other": "active", "wait": "removed"}, {"held"})
    assert "11 people inside wait stand still" in waiting("rules", "restore", "wait").out
    assert "go on to the end and nobody enters" in waiting("rules", "remove", "wait", "--people", "finish").out
    assert waiting("run", "--once").code == 0
    assert states(db) == ({"other": "active", "wait": "finishing"}, {"active"})
    assert "have left" in waiting("rules", "remove", "wait", "--people", "exit", "--now").out
    assert states(db) == ({"other": "active", "wait": "removed"}, {"exited"})
    assert "can't be undone any more" in waiting("rules", "restore", "wait").err


def test_a_published_removal_asks_too(waiting: Cli, folder: Path, db: Database) -> None:
    toml = (folder / "automation.toml").read_text(encoding="utf-8")
    (folder / "automation.toml").write_text(toml + '\n[publishing]\nmode = "explicit"\n', encoding="utf-8")
    (folder / "rules.yaml").write_text(WITHOUT, encoding="utf-8")
    assert said_ok(waiting("publish", "--reason", "weg"))
    # a file in the folder that nobody published changes nothing, nor does a list that names another
    (folder / "rules.yaml").write_text("", encoding="utf-8")
    assert waiting("run", "--once").code == 0
    assert states(db) == ({"other": "active", "wait": "absent"}, {"held"})


def said_ok(said: Said) -> bool:
    assert said.code == 0, said.err
    return True
