"""What every command shares: the project folder, the language, opening things, and failing with a sentence."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from automation.i18n import current_language, set_language

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from automation.catalogue.model import Catalogue
    from automation.clock import Clock
    from automation.engine.engine import Engine
    from automation.errors import AutomationError
    from automation.problems import Problem
    from automation.rules.project import Project
    from automation.settings import Settings
    from automation.store.database import Database


@dataclass
class _Options:
    folder: Path | None = None
    lang: str | None = None
    timezone: str = "UTC"
    raw_csv: bool = False


_options = _Options()


def remember(folder: Path | None, lang: str | None, *, raw_csv: bool = False) -> None:
    """Keep the global options and speak the wanted language from now on."""
    from automation.settings import locale_language

    if lang not in (None, "zh", "en"):
        raise typer.BadParameter("zh | en", param_hint="--lang")
    _options.folder, _options.lang, _options.timezone, _options.raw_csv = folder, lang, "UTC", raw_csv
    set_language("zh" if lang == "zh" else "en" if lang == "en" else locale_language())


def open_settings() -> Settings:
    """The settings of the chosen project; its `lang` counts where no --lang was given."""
    from automation.settings import Settings
    from automation.settings_source import SettingsProblems

    try:
        settings = Settings.load(_options.folder)
    except SettingsProblems as error:
        if _options.lang is None and error.lang is not None:
            set_language("zh" if error.lang == "zh" else "en")
        raise
    if _options.lang is None:
        set_language(settings.language())
    _options.timezone = settings.timezone
    return settings


def project_folder() -> Path:
    """Where the chosen project lies, also when its settings can't be read."""
    from automation.settings import project_folder

    return project_folder(_options.folder)


def project_zone() -> ZoneInfo:
    """The zone in which the chosen project's times are shown."""
    from zoneinfo import ZoneInfo

    return ZoneInfo(_options.timezone)


def raw_csv() -> bool:
    """Whether cells of CSV go out, and come in, as they are: --raw-csv."""
    return _options.raw_csv


def load_project(settings: Settings | None = None) -> Project:
    """The chosen project with everything that is wrong in it."""
    from automation.rules.project import Project

    return Project.load(settings or open_settings())


def open_catalogue(settings: Settings, *, strict: bool = False) -> Catalogue:
    """The project's catalogue alone. With `strict`, a mistake in it stops here: values would be read wrongly."""
    from automation.catalogue.loader import load_catalogue
    from automation.errors import AutomationError

    path = settings.path(settings.catalogue)
    try:
        text = path.read_text(encoding="utf-8-sig") if path.exists() else None
    except (OSError, UnicodeDecodeError) as error:
        raise AutomationError("cli.cannot_read", file=str(path), reason=str(error)) from None
    catalogue, problems = load_catalogue(text, settings.catalogue)
    errors = [problem for problem in problems if problem.severity == "error"]
    if strict and errors:
        for problem in errors:
            typer.echo(problem.shown(), err=True)
        raise typer.Exit(1)
    return catalogue


def open_database(settings: Settings) -> Database:
    """The project's database, brought to the newest revision. StoreError when it is another project's."""
    from automation.rules.identity import check_owner
    from automation.store.database import Database

    database = Database(settings.database_url)
    database.check()
    with database.read() as conn:
        check_owner(conn, settings)
    database.migrate()
    return database


@contextmanager
def open_engine(clock: Clock | None = None) -> Iterator[Engine]:
    """An engine on the chosen project. A rules file that can't be read at all stops here, with its problems."""
    from automation.engine.engine import Engine

    project, database = open_running()
    engine = Engine(project, database, clock)
    try:
        yield engine
    finally:
        engine.close()
        database.close()


def open_running() -> tuple[Project, Database]:
    """What runs, and its database: the folder's files, or, where publishing is explicit, what was published last."""
    from automation.rules.published import running_project

    settings = open_settings()
    if settings.publishing.mode == "files":
        project = load_project(settings)
        refuse_fatal(project)
        return project, open_database(settings)
    database = open_database(settings)
    project = running_project(settings, database)
    refuse_fatal(project)
    return project, database


def refuse_fatal(project: Project) -> None:
    """Stop when the project's files can't be run by at all. Single broken rules don't stop the others."""
    if project.fatal:
        for problem in project.problems:
            if problem.severity == "error":
                typer.echo(problem.shown(), err=True)
        raise typer.Exit(1)


@contextmanager
def failing_clearly() -> Iterator[None]:
    """Turn our own errors into one line on stderr and exit code 1; a closed pipe ends quietly."""
    from automation.errors import AutomationError

    try:
        yield
    except AutomationError as error:
        word = "" if hasattr(error, "problems") and error.text() == _lines(error.problems) else _word()
        typer.echo(f"{word}{error.text(current_language())}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        told = _of_the_database(error)
        if told is None:
            raise
        typer.echo(f"{_word()}{told.text(current_language())}", err=True)
        sys.exit(1)


def _lines(problems: Iterable[Problem]) -> str:
    """Errors that say all their places begin with those."""
    return "\n".join(problem.shown() for problem in problems)


def _of_the_database(error: Exception) -> AutomationError | None:
    """The sentence for a database that is locked, full or gone; None for every other error."""
    if "sqlalchemy" not in sys.modules:
        return None
    from automation.store.retry import failure

    return failure(error)


def _word() -> str:
    from automation.i18n import say

    return say("problems.error") + " "
