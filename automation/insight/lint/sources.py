"""The files that lint reads, with places in them: templates and their layouts, rules, brand.yaml."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from automation.insight.lint.masking import Kind, readable

if TYPE_CHECKING:
    from automation.rules.project import Project
    from automation.settings import Settings
    from automation.templating import Template


@dataclass(frozen=True)
class Source:
    """One file. `templates` are those that are made of it, as (name, channel); none for a file of rules."""

    file: str
    text: str = field(repr=False)
    kind: Kind
    templates: frozenset[tuple[str, str]] = frozenset()

    @cached_property
    def readable(self) -> str:
        """What people may read of it, every character in its place."""
        return readable(self.text, self.kind)

    def place(self, offset: int) -> tuple[str, int, int]:
        """File, line and column of a character."""
        line = bisect_right(self._starts, offset)
        return self.file, line, offset - self._starts[line - 1] + 1

    def find(self, wanted: str, line: int) -> tuple[str, int, int]:
        """Where a text first stands at or behind the beginning of a line; that beginning when it does not."""
        start = self._starts[min(line, len(self._starts)) - 1]
        found = self.text.find(wanted, start)
        return self.place(found) if found >= 0 else (self.file, line, 1)

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(index + 1 for index, char in enumerate(self.text) if char == "\n")]


def each_template(project: Project) -> Iterator[Template]:
    """Every template that is in order, by name and channel."""
    for name in sorted(project.templates.names()):
        for channel in sorted(project.templates.channels(name)):
            template = project.templates.get(name, channel)
            if template is not None:
                yield template


def template_sources(project: Project) -> dict[str, Source]:
    """The files of all templates, layouts included, by the name that problems give them."""
    prefix = template_prefix(project)
    texts: dict[str, str] = {}
    users: dict[str, set[tuple[str, str]]] = {}
    for template in each_template(project):
        for one in (template, *template.languages.values()):
            for file, text in one.sources.items():
                texts[prefix + file] = text
                users.setdefault(prefix + file, set()).add((template.name, template.channel))
    return {file: Source(file, text, _kind(file), frozenset(users[file])) for file, text in texts.items()}


def template_prefix(project: Project) -> str:
    """What stands before the name of a template's file in problems."""
    return f"{project.settings.path(project.settings.templates).name}/"


def plain_source(settings: Settings, name: str) -> Source | None:
    """A YAML file of the project; None when it can't be read, which `validate` tells."""
    try:
        return Source(name, settings.path(name).read_text(encoding="utf-8-sig"), "yaml")
    except (OSError, UnicodeDecodeError):
        return None


def _kind(file: str) -> Kind:
    return "yaml" if file.endswith(".yaml") else "html" if ".html" in file else "text"
