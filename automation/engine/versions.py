"""Rule versions by id: the ones that run now, and older ones that people are still inside of."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from automation.engine.book import LoadedRule, RuleBook, load_rule
from automation.errors import AutomationError
from automation.i18n import say
from automation.rules.checker import respec
from automation.store.rules import load_version

if TYPE_CHECKING:
    from sqlalchemy import Connection

_log = logging.getLogger(__name__)


class Versions:
    """Loads a version once and keeps it. One instance per rule book."""

    def __init__(self, book: RuleBook) -> None:
        self._book = book
        self._old: dict[int, LoadedRule | None] = {}

    def get(self, conn: Connection, version_id: int) -> LoadedRule | None:
        """None when the version can't be used any more, for example because its plugin or event is gone."""
        current = self._book.by_version(version_id)
        if current is not None:
            return current
        if version_id not in self._old:
            self._old[version_id] = self._load(conn, version_id)
        return self._old[version_id]

    def _load(self, conn: Connection, version_id: int) -> LoadedRule | None:
        row = load_version(conn, version_id)
        if row is None:
            return None
        project = self._book.project
        try:
            return load_rule(respec(row.content, project.env), row.rule_id, version_id, project)
        except (AutomationError, LookupError) as error:
            _log.error(say("daemon.version_unusable", rule=row.key, version=row.version, reason=str(error)))
            return None
