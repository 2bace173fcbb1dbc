"""Whose database is it? A project never runs on one that belongs to another: its rules would meet strangers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automation.errors import StoreError
from automation.store.project_identity import owner_of, rules_inside, set_owner

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.rules.project import Project
    from automation.settings import Settings

ENGINE = "engine"
"""The actor when a project takes a database that is nobody's."""


def check_owner(conn: Connection, settings: Settings) -> str | None:
    """Whose database it is. StoreError when that is another project than the folder's."""
    owner = owner_of(conn)
    if owner is not None and owner != settings.project_id:
        raise StoreError("store.other_project", owner=owner, mine=settings.project_id or "–")
    return owner


def claim_database(conn: Connection, project: Project, now: int) -> None:
    """Take a database that is nobody's. StoreError when it is another project's, or holds another project's rules."""
    settings = project.settings
    if check_owner(conn, settings) is not None:
        return
    here = rules_inside(conn)
    mine = {rule.id for rule in project.checked.rules} | {rule.id for rule in project.checked.broken}
    if here and mine and project.publication is None and not mine.intersection(here):
        raise StoreError("store.foreign_rules", count=len(here), rules=", ".join(here[:3]))
    if settings.project_id is not None:
        set_owner(conn, settings.project_id, ENGINE, now)


def adopt(conn: Connection, settings: Settings, actor: str, now: int) -> str | None:
    """Give the database to this project, whatever it held; returns whose it was. StoreError without an identity."""
    before = owner_of(conn)
    if settings.project_id is None:
        raise StoreError("store.no_project_id")
    if before != settings.project_id:
        set_owner(conn, settings.project_id, actor, now, before)
    return before
