"""The written pages: links lead somewhere, both languages say the same things, what they name exists."""

from __future__ import annotations

import re
import shlex
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

import pytest
import typer.main

from automation.cli.messages import STATUSES
from automation.settings import Settings
from automation.store.schema import metadata
from tests.docs.tutorials import blocks

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"])
OPERATIONS = {"en": DOCS / "operations.md", "zh": DOCS / "operations.zh-CN.md"}
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in _LINK.findall(read(page)):
        if not target.startswith(("https://", "http://", "#")):
            assert (page.parent / target.partition("#")[0]).exists(), f"{page.name} links to {target}"


def test_every_page_is_in_the_index() -> None:
    index = read(DOCS / "README.md")
    for page in DOCS.rglob("*.md"):
        name = page.relative_to(DOCS).as_posix()
        if not name.startswith("reference/") and name != "README.md":
            assert f"({name})" in index, name


def test_operations_in_both_languages_have_the_same_parts() -> None:
    parts = {lang: [block.words for block in blocks(read(page))] for lang, page in OPERATIONS.items()}
    assert parts["en"] == parts["zh"]
    shape = {
        lang: [line[:2] for line in read(page).splitlines() if line.startswith(("## ", "| "))]
        for lang, page in OPERATIONS.items()
    }
    assert shape["en"] == shape["zh"]


def test_operations_name_every_state_of_a_message_and_only_settings_that_exist() -> None:
    for page in OPERATIONS.values():
        text = read(page)
        for status in STATUSES:
            assert f"\n| `{status}` |" in text
        for section, name in re.findall(r"`(ingest|delivery|daemon)\.(\w+)`", text):
            assert name in type(getattr(Settings(), section)).model_fields, f"{section}.{name}"


def test_the_unit_starts_a_command_that_exists() -> None:
    from automation.cli.main import app

    command = typer.main.get_command(app)
    for page in OPERATIONS.values():
        (unit,) = [block.body for block in blocks(read(page)) if block.words == ["ini"]]
        parser = RawConfigParser(strict=True)
        parser.optionxform = str  # type: ignore[assignment,method-assign]
        parser.read_string(unit)
        words = parser["Service"]["ExecStart"].split()
        context = command.make_context("automation", words[1:4], resilient_parsing=True)
        assert context.params["folder"] == Path("/srv/shop")
        run = command.commands[words[3]]  # type: ignore[attr-defined]
        assert words[4] in [name for parameter in run.params for name in parameter.opts]


def test_the_commands_that_operations_show_can_be_typed() -> None:
    from automation.cli.main import app

    for page in OPERATIONS.values():
        typed = re.findall(r"^\$ automation (.+)$", read(page), re.MULTILINE)
        assert len(typed) > 10
        for line in typed:
            _parse(typer.main.get_command(app), shlex.split(line))


def _parse(command: Any, words: list[str]) -> None:
    """UsageError when a command, an option or an argument does not exist."""
    context = command.make_context(command.name, words)
    if hasattr(command, "commands"):
        name, below, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        assert name is not None
        _parse(below, rest)


def test_the_commands_in_the_written_pages_exist() -> None:
    from scripts.reference.commands import commands

    known = {command.name for command in commands()} | {"--help", "--version"}
    for page in PAGES:
        for found in re.findall(r"`automation ((?:--\w+|[\w-]+)(?: [\w-]+)?)", read(page)):
            first = found.split()[0]
            assert found in known or first in known, f"{page.name}: automation {found}"


def test_the_files_and_tables_that_decisions_name_exist() -> None:
    for page in (DOCS / "decisions").glob("*.md"):
        text = read(page)
        for name in re.findall(r"`((?:automation|tests)/[\w/.]+)`", text):
            assert (ROOT / name).exists(), f"{page.name} names {name}"
    assert "event_time" in metadata.tables
