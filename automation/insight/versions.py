"""What ran when, and what differs between two states of the project or two versions of a rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Literal

from automation.errors import AutomationError
from automation.i18n import say
from automation.insight.planning.changes import RuleChange, changes, content_changes
from automation.insight.planning.differing import KeyChange, differences
from automation.rules.project import Project
from automation.rules.published import published_project, running_in
from automation.store.publications import list_publications, versions_like
from automation.yamltree import parse, plain

if TYPE_CHECKING:
    from automation.rules.files import ProjectFiles
    from automation.settings import Settings
    from automation.store.database import Database
    from automation.store.types import AnyRow

FOLDER = "files"
_LONGEST_ID = 10
_EVERY = 1_000_000


@dataclass(frozen=True)
class FileChange:
    """A file beside the rules: the catalogue and `brand.yaml` key by key, templates line by line."""

    file: str
    kind: Literal["added", "changed", "removed"]
    is_plugin: bool = False
    keys: tuple[KeyChange, ...] = ()
    lines: tuple[str, ...] = ()

    def sentence(self, lang: str | None = None) -> str:
        return say(f"changes.{'plugin' if self.is_plugin else 'file'}_{self.kind}", lang, file=self.file)

    def as_dict(self) -> dict[str, Any]:
        keys = [key.as_dict() for key in self.keys]
        return {"file": self.file, "kind": self.kind, "sentence": self.sentence(), "keys": keys, "lines": self.lines}


@dataclass(frozen=True)
class Difference:
    """Rules first, then the other files."""

    rules: tuple[RuleChange, ...]
    files: tuple[FileChange, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.rules or self.files)

    def as_dict(self) -> dict[str, Any]:
        return {"rules": [it.as_dict() for it in self.rules], "files": [it.as_dict() for it in self.files]}


@dataclass(frozen=True)
class RuleVersion:
    """Since publication `row`, a rule ran on this version; None: it was broken or gone."""

    row: AnyRow
    version: str | None
    gone: bool


def diff(settings: Settings, database: Database, one: str, other: str) -> Difference:
    """From `one` to `other`: numbers of publications, `files` for the folder, or versions of one rule."""
    if _is_project(one) != _is_project(other):
        raise AutomationError("publishing.mixed_versions")
    if _is_project(one):
        return project_difference(_project(settings, database, one), _project(settings, database, other))
    old, new = _version(database, one), _version(database, other)
    if old.key != new.key:
        raise AutomationError("publishing.two_rules", one=one, first=old.key, other=other, second=new.key)
    return Difference(tuple(content_changes([old.content], [new.content])))


def project_difference(old: Project, new: Project) -> Difference:
    found = changes(old, new)
    return Difference(tuple(found), (*_file_changes(old.files, new.files), *_plugin_changes(old.files, new.files)))


def history(database: Database, limit: int) -> tuple[list[AnyRow], set[int]]:
    """The newest publications, oldest first, and the ids of what runs: for everybody, and as a canary."""
    with database.read() as conn:
        return list_publications(conn, limit), {row.id for row in running_in(conn) if row is not None}


def rule_versions(database: Database, rule: str, limit: int) -> list[RuleVersion]:
    """When a rule came to another version, oldest first; nothing for a rule that no publication holds."""
    with database.read() as conn:
        rows = list_publications(conn, _EVERY)
    return list(_turns(rows, rule))[-limit:]


def _turns(rows: list[AnyRow], rule: str) -> Iterator[RuleVersion]:
    last: tuple[bool, str | None] = (False, None)
    for row in (row for row in rows if row.canary_share is None):
        state = rule in row.rules, row.rules.get(rule)
        if state != last:
            yield RuleVersion(row, state[1], not state[0])
        last = state


# ---------------------------------------------------------------- what is named


def _is_project(text: str) -> bool:
    return text == FOLDER or (text.isdecimal() and len(text) <= _LONGEST_ID)


def _project(settings: Settings, database: Database, text: str) -> Project:
    return Project.load(settings) if text == FOLDER else published_project(settings, database, int(text))


def _version(database: Database, text: str) -> AnyRow:
    with database.read() as conn:
        found = versions_like(conn, text)
    if not found:
        raise AutomationError("publishing.unknown_version", found=text)
    if len(found) > 1:
        choices = ", ".join(f"{row.key} {row.version}" for row in found)
        raise AutomationError("publishing.ambiguous_version", found=text, choices=choices)
    return found[0]


# ---------------------------------------------------------------- files beside the rules


def _file_changes(old: ProjectFiles, new: ProjectFiles) -> Iterator[FileChange]:
    rules = {*old.layout["rules"], *new.layout["rules"]}
    before, after = ({k: v for k, v in it.texts.items() if k not in rules} for it in (old, new))
    for name in sorted({*before, *after}):
        if name not in before or name not in after:
            yield FileChange(name, "added" if name in after else "removed")
        elif before[name] != after[name]:
            keys = tuple(_by_key(name, before[name], after[name]))
            yield FileChange(
                name, "changed", keys=keys, lines=() if keys else tuple(_by_line(before[name], after[name]))
            )


def _plugin_changes(old: ProjectFiles, new: ProjectFiles) -> Iterator[FileChange]:
    for name in sorted({*old.plugins, *new.plugins}):
        before, after = old.plugins.get(name), new.plugins.get(name)
        if before != after:
            yield FileChange(name, "added" if before is None else "removed" if after is None else "changed", True)


def _by_key(name: str, old: str, new: str) -> Iterator[KeyChange]:
    """Of a YAML file; nothing for another one, or one that can't be read."""
    if not name.endswith(".yaml"):
        return
    before, after = (plain(parse(text, name)[0]) for text in (old, new))
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from differences(before, after, f"file/{PurePath(name).name}")


def _by_line(old: str, new: str) -> Iterator[str]:
    lines = unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=0)
    return (line for number, line in enumerate(lines) if number > 1)  # without the names of the files
