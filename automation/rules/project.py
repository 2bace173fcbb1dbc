"""A project, as it lies in its folder or as it was published: with everything that is wrong in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from automation.calendars.workdays import OFFICIAL, WorkCalendar
from automation.catalogue.holidays import FILE as HOLIDAYS
from automation.catalogue.holidays import read_holidays
from automation.catalogue.loader import load_catalogue
from automation.memory import uncollected
from automation.plugin import PluginProblem, Registry
from automation.problems import Problem, in_order
from automation.rules.checker import Checked, CheckEnv, check_rules
from automation.rules.files import ProjectFiles, stamp
from automation.templating import TemplateSet

if TYPE_CHECKING:
    from automation.catalogue.model import Catalogue
    from automation.rules.canary import Canary
    from automation.settings import Settings


@dataclass(frozen=True)
class Project:
    """`problems`: of all files, in order, the names relative to the folder. `files`: what it was read from.

    `publication` is the id of what it was loaded from; None: the folder.
    """

    settings: Settings
    registry: Registry
    catalogue: Catalogue
    templates: TemplateSet
    checked: Checked
    problems: tuple[Problem, ...]
    files: ProjectFiles
    publication: int | None = None
    canary: Canary | None = None  # what a share of the contacts runs meanwhile
    calendar: WorkCalendar = OFFICIAL

    @classmethod
    def load(cls, settings: Settings, files: ProjectFiles | None = None, publication: int | None = None) -> Project:
        """Read and check everything: the folder, or the stored `files`. Nothing in a project's files makes this raise.

        Plugins are code and come from the folder in any case.
        """
        files = files or ProjectFiles.read(settings)
        with uncollected():
            return cls._load(files.settings(settings), files, publication)

    @classmethod
    def _load(cls, settings: Settings, files: ProjectFiles, publication: int | None) -> Project:
        problems: list[Problem] = []
        registry = Registry.load(settings.path(settings.plugins))
        problems += [_plugin_problem(problem, settings) for problem in registry.problems]
        text = _read(files, settings.catalogue, problems, required=False)
        catalogue, found = load_catalogue(text, settings.catalogue)
        problems += found
        half = _unread(files, settings.catalogue, text) or any(map(_is_syntax, found))
        calendar, found = read_holidays(_read(files, HOLIDAYS, problems, required=False))
        problems += found
        templates = TemplateSet.of(files.below(settings.templates), PurePath(settings.templates).name)
        problems += templates.problems
        texts = [(name, _read(files, name, problems, required=True)) for name in settings.rules]
        rules = [(name, text) for name, text in texts if text is not None]
        checked = check_rules(rules, _env(settings, registry, catalogue, templates, calendar))
        if half or len(rules) < len(texts):
            checked = replace(checked, fatal=True)
        problems += checked.problems
        ordered = tuple(in_order(problems))
        return cls(settings, registry, catalogue, templates, checked, ordered, files, publication, calendar=calendar)

    @property
    def env(self) -> CheckEnv:
        """What stored versions of rules are read against."""
        return _env(self.settings, self.registry, self.catalogue, self.templates, self.calendar)

    def met_by(self, contact_id: int) -> Project:
        """What runs for this person."""
        return self.canary.project if self.canary is not None and self.canary.part.holds(contact_id) else self

    @property
    def running(self) -> int | None:
        """The number of what was published last."""
        return self.canary.publication if self.canary is not None else self.publication

    @property
    def newest(self) -> Project:
        """What was published last: the canary's files, while there is one."""
        return self.canary.project if self.canary is not None else self

    @property
    def fatal(self) -> bool:
        """Whether it can't be run by at all: some file can't be read. Whatever ran goes on running."""
        return self.checked.fatal or (self.canary is not None and self.canary.project.checked.fatal)

    @property
    def fingerprint(self) -> str:
        """Changes when any file does."""
        return self.files.hash

    @staticmethod
    def stamp(settings: Settings) -> str:
        """Times and sizes of all files: equal stamps mean that nothing changed. Reads no file."""
        return stamp(settings)


def _env(
    settings: Settings, registry: Registry, catalogue: Catalogue, templates: TemplateSet, calendar: WorkCalendar
) -> CheckEnv:
    return CheckEnv(
        registry, catalogue, templates, settings.timezone, tuple(settings.sources), priced=bool(settings.prices),
        calendar=calendar,
    )  # fmt: skip


def _read(files: ProjectFiles, name: str, problems: list[Problem], *, required: bool) -> str | None:
    """The text of a file; None, with a problem, when there is none."""
    content = files.contents.get(name)
    if content is None:
        if required:
            problems.append(Problem(name, 1, 1, "rules.no_file", {"file": name}))
        return None
    if isinstance(content, OSError):
        problems.append(Problem(name, 1, 1, "rules.unreadable", {"file": name, "reason": content.strerror}))
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problems.append(Problem(name, line, 1, "rules.not_utf8", {"line": line}))
    return None


def _unread(files: ProjectFiles, name: str, text: str | None) -> bool:
    """Whether a file is there and can't be read. What it says is not known; that is not the same as nothing."""
    return text is None and name in files.contents


def _is_syntax(problem: Problem) -> bool:
    """Half a catalogue would send events to quarantine and break rules that are right."""
    return problem.severity == "error" and problem.key.startswith("yamltree.")


def _plugin_problem(problem: PluginProblem, settings: Settings) -> Problem:
    """A file of the plugins folder, or an installed package's entry point."""
    is_file = problem.where.endswith(".py")
    name = f"{settings.plugins}/{problem.where}" if is_file else problem.where
    return Problem(name, 1, 1, problem.error.key, problem.error.params)
