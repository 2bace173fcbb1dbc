"""The frame: help comes fast, errors are sentences, both languages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Cli

HEAVY = (
    "sqlalchemy",
    "twilio",
    "jinja2",
    "pydantic",
    "requests",
    "alembic",
    "wechatpy",
    "sendgrid",
    "apscheduler",
    "rich",
)
COMMANDS = (
    "init", "validate", "schema", "render", "migrate", "run", "status", "ingest", "quarantine", "log", "why",
    "contacts", "coupons", "messages",
)  # fmt: skip


def test_importing_the_command_line_imports_nothing_heavy() -> None:
    code = f"import sys, automation.cli.main; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_of_the_installed_program_lists_every_command() -> None:
    program = Path(sys.executable).with_name("automation")
    done = subprocess.run([str(program), "--help"], capture_output=True, text=True, check=True, encoding="utf-8")
    for command in COMMANDS:
        line = next(line for line in done.stdout.splitlines() if line.strip().startswith(f"{command} "))
        assert any("\u4e00" <= char <= "\u9fff" for char in line), f"no Chinese: {line}"
        assert any(char.isascii() and char.isalpha() for char in line.replace(command, "", 1)), f"no English: {line}"


def test_language_and_project_may_stand_behind_the_command(folder: Path) -> None:
    program = str(Path(sys.executable).with_name("automation"))
    for options in (["--lang", "zh", "--project", str(folder)], [f"--project={folder}", "--lang=zh"]):
        done = subprocess.run([program, "validate", *options], capture_output=True, text=True, encoding="utf-8")
        assert (done.returncode, done.stdout.strip()) == (0, "校验通过：3 条规则，0 个错误，0 个提示")


@pytest.mark.parametrize("command", ["contacts", "coupons", "messages", "quarantine"])
def test_every_command_of_a_group_has_help_in_both_languages(run: Cli, command: str) -> None:
    said = run(command, "--help")
    lines = said.out[said.out.index("Commands:") :].splitlines()[1:]
    told = [line for line in lines if line.strip()]
    assert told
    for line in told:
        assert any("\u4e00" <= char <= "\u9fff" for char in line), line


def test_the_version(run: Cli) -> None:
    from automation import __version__

    assert run("--version").out == f"automation {__version__}\n"


def test_an_unknown_language_is_refused(run: Cli, tmp_path: Path) -> None:
    said = run("--lang", "de", "init", str(tmp_path / "x"))
    assert said.code == 2
    assert "zh | en" in said.err


def test_a_closed_pipe_ends_quietly(folder: Path) -> None:
    program = Path(sys.executable).with_name("automation")
    done = subprocess.run(
        f"{program} -p {folder} schema | head -1", shell=True, capture_output=True, text=True, check=True
    )
    assert done.stdout == "{\n"
    assert done.stderr == ""
