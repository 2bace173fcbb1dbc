"""A project folder as it lies on disk: plugins, catalogue, templates and rules, with everything wrong in it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from automation.catalogue.loader import load_catalogue
from automation.memory import uncollected
from automation.plugin import PluginProblem, Registry
from automation.problems import Problem, in_order
from automation.rules.checker import Checked, CheckEnv, check_rules
from automation.templating import TemplateSet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from automation.catalogue.model import Catalogue
    from automation.settings import Settings


@dataclass(frozen=True)
class Project:
    """`problems`: of all files, in order, the names relative to the folder. `fingerprint` changes when a file does."""

    settings: Settings
    registry: Registry
    catalogue: Catalogue
    templates: TemplateSet
    checked: Checked
    problems: tuple[Problem, ...]
    fingerprint: str

    @classmethod
    def load(cls, settings: Settings) -> Project:
        """Read and check everything. Nothing in a project's files makes this raise."""
        with uncollected():
            return cls._load(settings)

    @classmethod
    def _load(cls, settings: Settings) -> Project:
        fingerprint = _fingerprint(settings)
        problems: list[Problem] = []
        registry = Registry.load(settings.path(settings.plugins))
        problems += [_plugin_problem(problem, settings) for problem in registry.problems]
        text = _read(settings, settings.catalogue, problems, required=False)
        catalogue, found = load_catalogue(text, settings.catalogue)
        problems += found
        templates = TemplateSet.load(settings.path(settings.templates))
        problems += templates.problems
        texts = [(name, _read(settings, name, problems, required=True)) for name in settings.rules]
        files = [(name, text) for name, text in texts if text is not None]
        checked = check_rules(files, _env(settings, registry, catalogue, templates))
        problems += checked.problems
        return cls(settings, registry, catalogue, templates, checked, tuple(in_order(problems)), fingerprint)

    @property
    def env(self) -> CheckEnv:
        """What stored versions of rules are read against."""
        return _env(self.settings, self.registry, self.catalogue, self.templates)

    @staticmethod
    def stamp(settings: Settings) -> str:
        """Times and sizes of all files: equal stamps mean that nothing changed. Reads no file."""
        marks = "\n".join(f"{name} {_mark(path)}" for name, path in _files(settings))
        return hashlib.sha256(marks.encode()).hexdigest()[:16]


def _env(settings: Settings, registry: Registry, catalogue: Catalogue, templates: TemplateSet) -> CheckEnv:
    return CheckEnv(
        registry, catalogue, templates, settings.timezone, tuple(settings.sources), priced=bool(settings.prices)
    )


def _read(settings: Settings, name: str, problems: list[Problem], *, required: bool) -> str | None:
    """The text of a file; None, with a problem, when there is none."""
    path = settings.path(name)
    if not path.exists():
        if required:
            problems.append(Problem(name, 1, 1, "rules.no_file", {"file": name}))
        return None
    try:
        data = path.read_bytes()
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problems.append(Problem(name, line, 1, "rules.not_utf8", {"line": line}))
    except OSError as error:
        problems.append(Problem(name, 1, 1, "rules.unreadable", {"file": name, "reason": error.strerror}))
    return None


def _plugin_problem(problem: PluginProblem, settings: Settings) -> Problem:
    """A file of the plugins folder, or an installed package's entry point."""
    is_file = problem.where.endswith(".py")
    name = f"{settings.plugins}/{problem.where}" if is_file else problem.where
    return Problem(name, 1, 1, problem.error.key, problem.error.params)


def _files(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Every file that `load` reads, as it is named and where it lies."""
    for name in (settings.catalogue, *settings.rules):
        if settings.path(name).is_file():
            yield name, settings.path(name)
    for folder, pattern in ((settings.plugins, "*.py"), (settings.templates, "**/*")):
        root = settings.path(folder)
        for path in sorted(root.glob(pattern)):
            if path.is_file() and not path.name.startswith("."):
                yield f"{folder}/{path.relative_to(root).as_posix()}", path


def _fingerprint(settings: Settings) -> str:
    """Of the names and contents of all files."""
    digest = hashlib.sha256()
    for name, path in _files(settings):
        try:
            content = path.read_bytes()
        except OSError:
            content = b""
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]


def _mark(path: Path) -> str:
    try:
        stat = path.stat()
    except OSError:  # taken away just now
        return "gone"
    return f"{stat.st_mtime_ns} {stat.st_size}"
