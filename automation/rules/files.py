"""The texts that a project is made of, read at one moment: from its folder, or as they were stored when published."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from automation.catalogue.holidays import FILE as HOLIDAYS
from automation.jsontext import writer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from automation.settings import Settings

BRAND = "brand.yaml"
"""How the brand speaks, for `lint`. It is published with the rules."""

_canonical = writer(sort_keys=True)


@dataclass(frozen=True)
class ProjectFiles:
    """`contents` by name, relative to the project's folder; what can't be read is there as the reason why.

    `plugins` holds a hash of each file of code, which is not stored. `layout` are the settings that say what each
    file is, and the time zone: a stored project keeps its own.
    """

    layout: Mapping[str, Any]
    contents: Mapping[str, bytes | OSError]
    plugins: Mapping[str, str]

    @classmethod
    def read(cls, settings: Settings) -> ProjectFiles:
        """As they lie in the folder now."""
        contents = {name: _content(path) for name, path in _named(settings)}
        plugins = {name: _sha256(_content(path)) for name, path in _plugins(settings)}
        return cls(_layout(settings), contents, plugins)

    @classmethod
    def stored(cls, layout: Mapping[str, Any], texts: Mapping[str, str], plugins: Mapping[str, str]) -> ProjectFiles:
        return cls(layout, {name: text.encode() for name, text in texts.items()}, plugins)

    def settings(self, settings: Settings) -> Settings:
        """`settings` with the layout of these files."""
        return settings.model_copy(update={**self.layout, "rules": tuple(self.layout["rules"])})

    def below(self, folder: str) -> dict[str, bytes | OSError]:
        """The files of a folder, by their names in it."""
        prefix = f"{folder}/"
        return {name.removeprefix(prefix): it for name, it in self.contents.items() if name.startswith(prefix)}

    @cached_property
    def texts(self) -> dict[str, str]:
        """What can be stored. A file that is no text is a problem of the project anyway."""
        found = {name: _text(content) for name, content in self.contents.items()}
        return {name: text for name, text in found.items() if text is not None}

    @cached_property
    def hash(self) -> str:
        """SHA-256 that changes when any text, a plugin or the layout does. A stored project has the same."""
        return _sha256(_canonical([dict(self.layout), self.texts, dict(self.plugins)]).encode())

    def storable(self) -> ProjectFiles:
        """These files as they will come back from the database: without what is no text."""
        return ProjectFiles.stored(self.layout, self.texts, self.plugins)


def stamp(settings: Settings) -> str:
    """Times and sizes of all files: equal stamps mean that nothing changed. Reads no file."""
    files = (*_named(settings), *_plugins(settings))
    return _sha256("\n".join(f"{name} {_mark(path)}" for name, path in files).encode())[:16]


def _layout(settings: Settings) -> dict[str, Any]:
    return {
        "rules": list(settings.rules), "catalogue": settings.catalogue, "templates": settings.templates,
        "timezone": settings.timezone,
    }  # fmt: skip


def _named(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Every file of texts, as it is named and where it lies."""
    for name in (settings.catalogue, *settings.rules, BRAND, HOLIDAYS):
        if settings.path(name).exists():
            yield name, settings.path(name)
    yield from _in_folder(settings, settings.templates, "**/*")


def _plugins(settings: Settings) -> Iterator[tuple[str, Path]]:
    return _in_folder(settings, settings.plugins, "*.py")


def _in_folder(settings: Settings, folder: str, pattern: str) -> Iterator[tuple[str, Path]]:
    root = settings.path(folder)
    for path in sorted(root.glob(pattern)):
        if path.is_file() and not path.name.startswith("."):
            yield f"{folder}/{path.relative_to(root).as_posix()}", path


def _content(path: Path) -> bytes | OSError:
    try:
        return path.read_bytes()
    except OSError as error:
        return error


def _text(content: bytes | OSError) -> str | None:
    """None for what PostgreSQL's JSON can't hold: no UTF-8, or a NUL in it."""
    if isinstance(content, OSError) or b"\0" in content:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None


def _sha256(content: bytes | OSError) -> str:
    return hashlib.sha256(b"" if isinstance(content, OSError) else content).hexdigest()


def _mark(path: Path) -> str:
    try:
        stat = path.stat()
    except OSError:  # taken away just now
        return "gone"
    return f"{stat.st_mtime_ns} {stat.st_size}"
