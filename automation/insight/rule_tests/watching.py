"""Waiting until a file of the project changes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from automation.rules.cases.files import case_files
from automation.rules.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from automation.settings import Settings

PAUSE_S = 0.5


def stamp(settings: Settings) -> tuple[str, tuple[tuple[str, int, int], ...]]:
    """Equal stamps mean that nothing that tests read has changed."""
    return Project.stamp(settings), tuple(_marks(settings))


def wait_for_change(settings: Settings, before: object) -> None:
    """Come back once the stamp is another than `before`."""
    never = threading.Event()
    while stamp(settings) == before:
        never.wait(PAUSE_S)


def _marks(settings: Settings) -> Iterator[tuple[str, int, int]]:
    for path in case_files(settings.folder):
        try:
            stat = path.stat()
        except OSError:  # taken away just now
            continue
        yield str(path), stat.st_mtime_ns, stat.st_size
