"""Reloading: when a file of the project changes it is checked first, and swapped in only as a whole."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from automation.i18n import say
from automation.rules.project import Project
from automation.rules.published import changed_plugins, running_id, running_project

if TYPE_CHECKING:
    from automation.engine.engine import Engine
    from automation.settings import Settings

_log = logging.getLogger(__name__)


class Reloader:
    """Watches one project's files by their times and sizes, or, where publishing is explicit, the publications."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._stamp = ""  # unlike any: what changed while the daemon started is found at the first look

    def __call__(self) -> bool:
        """Look once; True when a changed project was taken over."""
        explicit = self._settings.publishing.mode == "explicit"
        return self._look_at_publications() if explicit else self._look_at_files()

    @property
    def _settings(self) -> Settings:
        return self._engine.project.settings

    def _look_at_publications(self) -> bool:
        newest = running_id(self._engine.database)
        known = str(newest) == self._stamp or newest == self._engine.project.running
        if newest is None or (known and not self._engine.overtaken()):
            return False
        taken = self._take_over(running_project(self._settings, self._engine.database))
        self._stamp = str(newest)
        return taken

    def _look_at_files(self) -> bool:
        stamp, overtaken = Project.stamp(self._settings), self._engine.overtaken()
        if stamp == self._stamp and not overtaken:
            return False
        project = Project.load(self._settings)
        changed = overtaken or project.fingerprint != self._engine.project.fingerprint
        if changed:
            changed = self._take_over(project)
        self._stamp = stamp  # only now: when anything above fails, the next look tries again
        return changed

    def _take_over(self, project: Project) -> bool:
        tell_problems(project)
        if project.fatal:
            _log.error(say("daemon.not_reloaded"))
            return False
        self._engine.reload(project)
        _log.info(say("daemon.reloaded", rules=len(project.checked.rules), broken=len(project.checked.broken)))
        return True


def tell_problems(project: Project) -> None:
    """Every error of the project's files, as log lines, and code that is not what was published."""
    for problem in project.problems:
        if problem.severity == "error":
            _log.error(problem.shown())
    for name in changed_plugins(project):
        _log.warning(say("publishing.other_plugin", file=name, publication=project.publication))
