"""What runs: the folder's files, or, where publishing is explicit, those of the newest publication."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automation.catalogue.holidays import FILE as HOLIDAYS
from automation.errors import AutomationError
from automation.rules.canary import Canary, Part, with_canary
from automation.rules.files import ProjectFiles
from automation.rules.project import Project
from automation.store.publications import (
    NewPublication,
    add_publication,
    lock_publications,
    publication_files,
    running,
    running_canary,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.settings import Settings
    from automation.store.database import Database
    from automation.store.publications import Kind
    from automation.store.types import AnyRow

DAEMON = "daemon"
"""The author of what was taken over as it lay in the folder."""


def running_project(settings: Settings, database: Database) -> Project:
    """What the engine is to run. AutomationError when publishing is explicit and nothing was published yet."""
    if settings.publishing.mode == "files":
        return Project.load(settings)
    project = newest_project(settings, database)
    if project is None:
        raise AutomationError("publishing.none_yet")
    return project


def newest_project(settings: Settings, database: Database) -> Project | None:
    """What was published last for everybody, with the canary that was published after it."""
    base, canary = running_rows(database)
    if base is None:
        return None
    project = published_project(settings, database, base.id)
    if canary is None or settings.publishing.mode == "files":  # where files decide, no canary runs
        return project
    part = Part(base.id, canary.canary_share, canary=True)
    return with_canary(project, Canary(part, published_project(settings, database, canary.id), canary.id))


def as_canary(settings: Settings, database: Database, project: Project, below: int) -> Project:
    """What would run if `project` were published for `below`/10,000 of the contacts. AutomationError if it can't be."""
    base, _ = running_rows(database)
    if base is None or settings.publishing.mode == "files":
        raise AutomationError("canary.needs_explicit")
    part = Part(base.id, below, canary=True)
    return with_canary(published_project(settings, database, base.id), Canary(part, project))


def canary_project(settings: Settings, database: Database) -> Project:
    """What the canary's people run. AutomationError when no canary runs."""
    _, canary = running_rows(database)
    if canary is None:
        raise AutomationError("canary.none")
    return published_project(settings, database, canary.id)


def running_rows(database: Database) -> tuple[AnyRow | None, AnyRow | None]:
    """The newest publication for everybody, and its newest canary; without their files."""
    with database.read() as conn:
        return running_in(conn)


def running_in(conn: Connection) -> tuple[AnyRow | None, AnyRow | None]:
    """`running_rows` in a transaction of the caller's."""
    base = running(conn)
    return base, None if base is None else running_canary(conn, base.id)


def running_id(database: Database) -> int | None:
    """The number of what was published last: of the canary, while there is one."""
    base, canary = running_rows(database)
    newest = canary or base
    return None if newest is None else newest.id


def published_project(settings: Settings, database: Database, id_: int) -> Project:
    """A publication, checked again as it is read: the plugins and the settings are today's."""
    with database.read() as conn:
        row = publication_files(conn, id_)
    if row is None:
        raise AutomationError("publishing.unknown", found=str(id_))
    return Project.load(settings, ProjectFiles.stored(row.layout, row.files, row.plugins), id_)


def changed_plugins(project: Project) -> list[str]:
    """The plugin files that are not those the project was published with: code is not stored."""
    if project.publication is None:
        return []
    here, then = ProjectFiles.read(project.settings).plugins, project.newest.files.plugins
    return sorted(name for name in {*here, *then} if here.get(name) != then.get(name))


def keep_taken_over(conn: Connection, project: Project, now: int) -> None:
    """Where the files decide: keep what runs from now on, unless it is what ran before."""
    if project.publication is not None or project.settings.publishing.mode != "files":
        return
    newest = running(conn)
    if newest is None or newest.files_hash != project.files.hash:
        lock_publications(conn)
        add_publication(conn, publication_of(project, now, DAEMON, "", "reload"))


def check_vanished(conn: Connection, project: Project) -> None:
    """AutomationError when the catalogue or the holidays that ran until now are gone or empty.

    An editor may be saving them; without them events would be refused, and workdays be those of somebody else.
    """
    names = (project.settings.catalogue, HOLIDAYS)
    blank = [name for name in names if not project.files.texts.get(name, "").strip()]
    base = running(conn) if blank and project.publication is None else None
    newest = None if base is None else publication_files(conn, base.id)
    for name in blank:
        if newest is not None and newest.files.get(name, "").strip():
            raise AutomationError("publishing.file_gone", file=name)


def publication_of(project: Project, now: int, author: str, reason: str, kind: Kind) -> NewPublication:
    rules: dict[str, str | None] = {broken.id: None for broken in project.checked.broken}
    rules |= {spec.id: spec.version for spec in project.checked.rules}
    files = project.files
    return NewPublication(
        now, author, reason, kind, files.hash, files.layout, files.texts, files.plugins, rules
    )  # fmt: skip
