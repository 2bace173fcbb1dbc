"""`automation validate`: every problem of every file in one run."""

from __future__ import annotations

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
    from automation.problems import in_order
    from automation.settings_source import SettingsProblems

    try:
        settings = open_settings()
    except SettingsProblems as error:
        return error.problems, 0
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
    from automation.providers.loader import provider_problems
    from automation.store.database import Database

    database = Database(project.settings.database_url)
    found = provider_problems(project.settings, project.registry, database)
    database.close()
    return [_settings_problem(error, project.settings.folder) for error in found]


def _settings_problem(error: AutomationError, folder: Path) -> Problem:
    """An error about a provider as a problem of the settings file, at the line that it is about."""
    from automation.problems import Problem
    from automation.settings_source import FILE, line_of

    try:
        text = (folder / FILE).read_text(encoding="utf-8-sig")
    except OSError:
        text = ""
    line, column = line_of(text, str(error.params.get("setting", "")))
    severity: Any = "warning" if error.key in _NOT_HERE else "error"
    return Problem(FILE, line, column, error.key, error.params, severity=severity)
