"""Writes the files of an earlier publication back into the folder; what lay there is kept."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from automation.errors import AutomationError

if TYPE_CHECKING:
    from pathlib import Path

    from automation.rules.files import ProjectFiles
    from automation.settings import Settings

_NEW = ".rollback"


@dataclass(frozen=True)
class Written:
    """How many files were written or taken away, and the folder with those that were there before."""

    count: int
    backup: Path


def write_back(settings: Settings, now_files: ProjectFiles, then_files: ProjectFiles, backup: str) -> Written:
    """Make the folder's texts equal `then_files`. Plugins and other files stay.

    Everything is copied and written beside its place first, and only then put there: a full disk changes nothing.
    """
    wanted = {name: text for name, text in then_files.texts.items() if now_files.texts.get(name) != text}
    gone = [name for name in now_files.texts if name not in then_files.texts]
    kept = settings.path(backup)
    try:
        for name in (*gone, *(name for name in wanted if name in now_files.texts)):
            _write(kept / name, now_files.texts[name])
        for name, text in wanted.items():
            _write(_beside(settings.path(name)), text)
        for name in wanted:
            os.replace(_beside(settings.path(name)), settings.path(name))
        for name in gone:
            settings.path(name).unlink()
    except OSError as error:
        raise AutomationError("publishing.cannot_write", file=str(error.filename), reason=error.strerror) from None
    return Written(len(wanted) + len(gone), kept)


def check_layout(id_: int, now_files: ProjectFiles, then_files: ProjectFiles) -> None:
    """AutomationError when the settings name other files, or another time zone, than they did then."""
    for setting, then in then_files.layout.items():
        now = now_files.layout.get(setting)
        if now != then:
            raise AutomationError("publishing.other_layout", id=id_, setting=setting, then=then, now=now)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


def _beside(path: Path) -> Path:
    """Hidden, so that no look at the folder takes it for a template."""
    return path.with_name(f".{path.name}{_NEW}")
