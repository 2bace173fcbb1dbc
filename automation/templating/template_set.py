"""All templates of a project: read from a folder, compiled once, looked up by name and channel."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import TemplateSyntaxError

from automation.problems import Problem, in_order
from automation.templating.checks import referenced
from automation.templating.errors import TemplateError
from automation.templating.languages import split_language
from automation.templating.sandbox import Sandbox
from automation.templating.template import FORMS, Template
from automation.templating.variables import Variable

_NAME = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*\Z", re.ASCII)
_IGNORED = (".md", ".txt", "~", ".bak", ".orig", ".swp")


class TemplateSet:
    """The templates of one folder. A file with a problem gives no template; the others are there."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._templates: dict[tuple[str, str], Template] = {}
        self._known: dict[str, set[str]] = {}
        self._languages: dict[tuple[str, str], dict[str, Template | None]] = {}  # None: its file has a problem
        self._files: dict[tuple[str, str], str] = {}  # the first file in a language
        self._defaults: set[tuple[str, str]] = set()  # those with a file without a language

    @classmethod
    def load(cls, folder: Path) -> TemplateSet:
        """Read every file below `folder`; a folder that does not exist has no templates."""
        paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        return cls.of({path.relative_to(folder).as_posix(): _content(path) for path in paths}, folder.name)

    @classmethod
    def of(cls, files: Mapping[str, bytes | OSError], folder: str) -> TemplateSet:
        """The templates of files that were read already, by their names in `folder`; an error: it couldn't be read."""
        templates = cls()
        prefix = f"{folder}/"
        texts = templates._texts(files, prefix)
        layouts = {file: text for file, text in texts.items() if _is_layout(file)}
        for file, text in texts.items():
            if file not in layouts:
                templates._add(file, text, layouts, prefix)
        templates._join_languages(prefix)
        templates.problems = in_order(templates.problems)
        return templates

    def names(self) -> set[str]:
        """Every name for which there is a file, also where the file has a problem."""
        return set(self._known)

    def channels(self, name: str) -> frozenset[str]:
        """The channels for which `name` has a file; none for an unknown name."""
        return frozenset(self._known.get(name, ()))

    def get(self, name: str, channel: str) -> Template | None:
        """None when there is no such template, or when its file has a problem."""
        return self._templates.get((name, channel))

    def variables(self, name: str, channel: str) -> list[Variable]:
        """Every mention of a value, in reading order; none for a template that is not there."""
        template = self.get(name, channel)
        return list(template.variables) if template else []

    def _texts(self, files: Mapping[str, bytes | OSError], prefix: str) -> dict[str, str]:
        texts: dict[str, str] = {}
        for file, content in sorted(files.items()):
            if "/." in f"/{file}" or file.endswith(_IGNORED):
                continue
            try:
                texts[file] = _decoded(content)
            except (OSError, UnicodeDecodeError) as error:
                self._problem("unreadable", prefix + file, reason=str(error))
        return texts

    def _add(self, file: str, text: str, layouts: Mapping[str, str], prefix: str) -> None:
        found = _name_and_channel(file)
        if found is None:
            self._problem("unknown_file", prefix + file, endings=", ".join(ending for ending, _ in FORMS.values()))
            return
        (name, language), channel = split_language(found[0]), found[1]
        if not _NAME.match(name):
            self._problem("bad_name", prefix + file, found=name)
            return
        self._known.setdefault(name, set()).add(channel)
        template = None
        try:
            sources = {file: text, **dict(_used_layouts(file, text, layouts, prefix))}
            template = _compiled(name, channel, tuple(sources.items()), prefix, file)
        except TemplateError as error:
            self.problems += [_as_problem(each) for each in (error, *error.others)]
        if language is not None:
            self._languages.setdefault((name, channel), {})[language] = template
            self._files.setdefault((name, channel), file)
            return
        self._defaults.add((name, channel))
        if template is not None:
            self._templates[name, channel] = template

    def _join_languages(self, prefix: str) -> None:
        """A template is one in all its languages: if one of them has a problem, nobody gets another in its place."""
        for (name, channel), languages in self._languages.items():
            default = self._templates.pop((name, channel), None)
            there = {language: one for language, one in languages.items() if one is not None}
            if default is not None and len(there) == len(languages):
                self._templates[name, channel] = _with_languages(default, tuple(there.items()), prefix)
            elif (name, channel) not in self._defaults:
                default_file = name + FORMS[channel][0]
                self._problem("no_default", prefix + self._files[name, channel], default=default_file)

    def _problem(self, key: str, file: str, **params: Any) -> None:
        severity: Any = "warning" if key == "unknown_file" else "error"
        self.problems.append(Problem(file, 1, 1, f"templating.{key}", params, severity=severity))


@lru_cache(maxsize=256)
def _compiled(name: str, channel: str, sources: tuple[tuple[str, str], ...], prefix: str, file: str) -> Template:
    """What has not changed is not compiled again when a project is read again."""
    return Template(name, channel, dict(sources), prefix, file=file)


@lru_cache(maxsize=256)
def _with_languages(default: Template, languages: tuple[tuple[str, Template], ...], prefix: str) -> Template:
    return Template(default.name, default.channel, default.sources, prefix, languages=dict(languages))


def _content(path: Path) -> bytes | OSError:
    try:
        return path.read_bytes()
    except OSError as error:
        return error


def _decoded(content: bytes | OSError) -> str:
    if isinstance(content, OSError):
        raise content
    return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")


def _name_and_channel(file: str) -> tuple[str, str] | None:
    for channel, (ending, _) in FORMS.items():
        if file.endswith(ending):
            return file.removesuffix(ending), channel
    return None


def _is_layout(file: str) -> bool:
    """`_base.html.j2`: a file that others extend or include, no template by itself."""
    return file.rpartition("/")[2].startswith("_")


def _used_layouts(file: str, text: str, layouts: Mapping[str, str], prefix: str) -> Iterator[tuple[str, str]]:
    """The layouts that `text` uses, and those that they use. TemplateError when they go round in a circle."""
    todo: list[tuple[str, str, tuple[str, ...]]] = [(file, text, (file,))]
    done = {file}
    while todo:
        _, source, trail = todo.pop()
        for name in _references(source):
            if name in trail:
                raise TemplateError("templating.circle", file=prefix + file, line=1, found=" → ".join((*trail, name)))
            if name in layouts:
                todo.append((name, layouts[name], (*trail, name)))
                if name not in done:
                    done.add(name)
                    yield name, layouts[name]


def _references(source: str) -> list[str]:
    try:
        return referenced(Sandbox({}).parse(source)) if "{%" in source else []
    except TemplateSyntaxError:
        return []  # reported when the template is compiled


def _as_problem(error: TemplateError) -> Problem:
    params = {name: value for name, value in error.params.items() if name != "column"}
    return Problem(error.file, error.line, error.params.get("column", 1), error.key, params)
