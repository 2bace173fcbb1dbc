"""`cli("validate", …)` runs a command in this process on a project made by `init`, on each database."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer

from automation.cli.context import failing_clearly, remember
from automation.cli.main import app
from automation.i18n import set_language
from automation.store.database import Database


@dataclass
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Cli = Callable[..., Said]

COMMAND = typer.main.get_command(app)
"""What `main` makes anew each time; test_startup.py drives the installed program itself."""


@pytest.fixture(autouse=True)
def plain_surroundings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AUTOMATION_LANG", "AUTOMATION_PROJECT", "AUTOMATION_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    remember(None, "en")
    yield
    set_language("en")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Cli:
    """A command with its global options written out."""

    def call(*arguments: str) -> Said:
        capsys.readouterr()
        code: Any = 0
        try:
            with failing_clearly():
                COMMAND(args=list(arguments))
        except SystemExit as end:
            code = end.code
        captured = capsys.readouterr()
        return Said(int(code or 0), captured.out, captured.err)

    return call


@pytest.fixture
def folder(tmp_path: Path, run: Cli) -> Path:
    """A project as `init` makes it."""
    made = tmp_path / "project"
    assert run("--lang", "en", "init", str(made)).code == 0
    return made


@pytest.fixture
def cli(folder: Path, run: Cli) -> Cli:
    """Commands on that project and its own SQLite file, in English unless `lang` says otherwise."""
    return lambda *arguments, lang="en": run("--project", str(folder), "--lang", lang, *arguments)


@pytest.fixture
def people(folder: Path, cli: Cli, sqlite_template: Path) -> Cli:
    """With the sample people imported, where the kind of database does not matter."""
    shutil.copy(sqlite_template, folder / "automation.db")
    assert cli("contacts", "import", str(folder / "contacts.csv")).code == 0
    return cli


@pytest.fixture
def both(folder: Path, run: Cli, db: Database, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The same on each kind of database, with the sample people imported."""
    monkeypatch.setenv("AUTOMATION_DATABASE_URL", db.url.render_as_string(hide_password=False))

    def call(*arguments: str, lang: str = "en") -> Said:
        return run("--project", str(folder), "--lang", lang, *arguments)

    assert call("contacts", "import", str(folder / "contacts.csv")).code == 0
    return call


@pytest.fixture
def busy(both: Cli, folder: Path) -> Cli:
    """With the sample events taken and everything due done."""
    assert both("ingest", str(folder / "events.jsonl")).code == 0
    assert both("run", "--once").code == 0
    return both
