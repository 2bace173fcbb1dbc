"""`automation move`: after it nothing begins afresh."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from automation.clock import SystemClock, to_ms
from automation.store.daemons import register_daemon
from automation.store.database import Database
from tests.cli.conftest import Cli, Said

COMPARED = (
    ("contacts", "show", "M002", "--reveal", "--format", "json"), ("messages", "list", "--format", "json", "--reveal"),
    ("log", "--format", "json", "--reveal"), ("report",), ("pauses", "--format", "csv"), ("coupons", "list"),
)  # fmt: skip


def seen(said: Said) -> Any:
    """What was said; of JSON what it means, for PostgreSQL keeps the members of an object in an order of its own."""
    assert said.code == 0
    return said.json if said.out[:1] in "[{" else said.out


@pytest.fixture
def moved(folder: Path, run: Cli, postgres_db: Database, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """A project lived on SQLite, with people inside rules, and moved."""

    def call(*arguments: str) -> Any:
        return run("--project", str(folder), "--lang", "en", *arguments)

    for words in (
        ("contacts", "import", str(folder / "contacts.csv")), ("ingest", str(folder / "events.jsonl")),
        ("run", "--once"), ("contacts", "suppress", "M002", "--reason", "complaint", "--channel", "sms"),
        ("contacts", "erase", "M003", "--yes"), ("pause", "sms", "--reason", "tariff"),
    ):  # fmt: skip
        assert call(*words).code == 0
    url = postgres_db.url.render_as_string(hide_password=False)
    call.before = {words: seen(call(*words)) for words in COMPARED}  # type: ignore[attr-defined]
    said = call("move", url)
    assert said.code == 0, said.err
    assert "set database_url to it" in said.out
    monkeypatch.setenv("AUTOMATION_DATABASE_URL", url)
    return call


def test_nothing_begins_afresh_after_the_move(folder: Path, moved: Cli) -> None:
    for words, before in moved.before.items():  # type: ignore[attr-defined]
        assert seen(moved(*words)) == before, words
    assert moved("audit", "verify").code == 0
    # the events are known, nobody enters again, and who is inside goes on
    assert "0 stored, 3 known already" in moved("ingest", str(folder / "events.jsonl")).out
    assert moved("run", "--once").code == 0
    assert seen(moved("report")) == moved.before["report",]  # type: ignore[attr-defined]
    # an erased person's addresses are still recognised by their hashes
    moved("contacts", "import", str(folder / "contacts.csv"))
    assert "erased" in moved("contacts", "show", "M003", "--format", "json").out


def test_a_running_daemon_and_the_same_database_are_refused(folder: Path, people: Cli, tmp_path: Path) -> None:
    here = f"sqlite:///{folder / 'automation.db'}"
    assert people("move", here).code == 2
    database = Database(here)
    with database.write() as conn:
        register_daemon(conn, "d1", 77, "host", to_ms(SystemClock().now()))
    database.close()
    said = people("move", f"sqlite:///{tmp_path / 'new.db'}")
    assert (said.code, "a daemon is running (host, process 77)" in said.err) == (1, True)
