"""`automation validate`: every problem of every file in one run."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from automation.cli.context import load_project, open_settings
from automation.cli.output import View, ViewOption, emit_value
from automation.i18n import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from automation.errors import AutomationError
    from automation.problems import Problem
    from automation.rules.project import Project
    from automation.settings import Settings

_TOML_PLACE = re.compile(r"line (\d+), column (\d+)")
_NOT_HERE = ("settings.no_env", "settings.no_file")
"""A secret that this machine lacks is no mistake in the files: perhaps the server has it."""


def validate(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE]...", help="Rule files; none: the whole project 规则文件")
    ] = None,
    format_: ViewOption = View.text,
) -> None:
    """Exit code 1 when there is an error; warnings alone give 0."""
    problems, count = _check(files or [])
    errors = sum(problem.severity == "error" for problem in problems)
    if format_ is View.json:
        _print_json(problems, errors)
    else:
        for problem in problems:
            typer.echo(problem.shown())
        typer.echo(_closing(errors, len(problems) - errors, count))
    raise typer.Exit(1 if errors else 0)


def _check(files: Sequence[Path]) -> tuple[list[Problem], int]:
    """What is wrong, and how many rules are in order."""
    from automation.errors import SettingsError
    from automation.problems import in_order

    try:
        settings = open_settings()
    except SettingsError as error:
        return [_settings_problem(error)], 0
    if not files:
        project = load_project(settings)
        found = in_order([*project.problems, *_provider_problems(project), *_case_problems(project)])
        return found, len(project.checked.rules)
    names = [_name_in(settings, file) for file in files]
    project = load_project(settings.model_copy(update={"rules": tuple(names)}))
    relevant = {*names, settings.catalogue}
    return [problem for problem in project.problems if problem.file in relevant], len(project.checked.rules)


def _name_in(settings: Settings, file: Path) -> str:
    """The file as it was given, unless that means another file from the project's folder."""
    same = (settings.folder / file).resolve() == file.resolve()
    return str(file) if same else str(file.resolve())


def _closing(errors: int, warnings: int, rules: int) -> str:
    key = "cli.valid" if not errors else "cli.not_valid"
    return say(key, errors=errors, warnings=warnings, rules=rules)


def _print_json(problems: Iterable[Problem], errors: int) -> None:
    listed = [_as_dict(problem) for problem in problems]
    emit_value({"ok": not errors, "errors": errors, "warnings": len(listed) - errors, "problems": listed})


def _as_dict(problem: Problem) -> dict[str, Any]:
    return {
        "file": problem.file, "line": problem.line, "column": problem.column, "severity": problem.severity,
        "key": problem.key, "path": problem.path, "message": problem.text(),
    }  # fmt: skip


def _case_problems(project: Project) -> list[Problem]:
    """What is wrong in `*_test.yaml`; `tests:` of a rule was read with the rule."""
    from automation.rules.cases.files import case_files, read_case_files

    folder = project.settings.folder
    return read_case_files(folder, case_files(folder), project.checked, project.env)[1]


# ---------------------------------------------------------------- automation.toml


def _provider_problems(project: Project) -> list[Problem]:
    """Providers are made, but neither connected nor asked to send."""
    if not project.settings.providers:
        return []
    from automation.clock import SystemClock
    from automation.providers.loader import build_providers
    from automation.store.database import Database

    database = Database(project.settings.database_url)
    providers = build_providers(project.settings, project.registry, database, SystemClock())
    problems = [_settings_problem(error, project.settings.folder) for error in providers.problems()]
    providers.close()
    database.close()
    return problems


def _settings_problem(error: AutomationError, folder: Path | None = None) -> Problem:
    """An error about the settings as a problem of their file, at the line that it is about."""
    from automation.problems import Problem
    from automation.settings import FILE

    place = _TOML_PLACE.search(str(error.params.get("reason", "")))
    if error.key == "settings.bad_file" and place:
        line, column = int(place[1]), int(place[2])
    else:
        line, column = _line_of(str(error.params.get("setting", "")), folder), 1
    severity: Any = "warning" if error.key in _NOT_HERE else "error"
    return Problem(FILE, line, column, error.key, error.params, severity=severity)


def _line_of(setting: str, folder: Path | None) -> int:
    """The line of `section.key` in the settings file, or of its section, or 1."""
    from automation.cli.context import project_folder
    from automation.settings import FILE

    try:
        lines = ((folder or project_folder()) / FILE).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        return 1
    found, section, tables = 1, "", Counter[str]()
    for number, line in enumerate(lines, 1):
        name, text = section, line.strip()
        if text.startswith("["):
            name = section = text.strip("[]").split("]")[0]
            if text.startswith("[["):  # the first of several tables is number 0
                name = section = f"{name}.{tables[name]}"
                tables[section.rpartition(".")[0]] += 1
        elif "=" in text and not text.startswith("#"):
            name = ".".join(filter(None, [section, text.split("=")[0].strip()]))
        if name == setting:
            return number
        if name and setting.startswith(name + "."):
            found = number if found == 1 else found
    return found
