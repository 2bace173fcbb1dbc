"""What was published, by whom and why, and who approved which plan."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table

from automation.store.schema.base import metadata
from automation.store.types import Id, Json, Millis

publication = Table(
    "publication",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Millis, nullable=False),
    Column("author", String(80), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("kind", String(10), nullable=False),  # publish | rollback | reload | canary | promote
    Column("files_hash", String(64), nullable=False),  # of layout, files and plugins
    Column("layout", Json, nullable=False),  # the settings that say which file is what, and the time zone
    Column("files", Json, nullable=False),  # {path in the project: text}
    Column("plugins", Json, nullable=False),  # {path: SHA-256}; code is not stored
    Column("rules", Json, nullable=False),  # {rule id: version}; null for a broken rule
    Column("plan_hash", String(64)),
    Column("plan", Json),  # the plan that was shown, in short
    Column("parent_id", Id),  # what ran before it
    Column("restores_id", Id),  # the publication that a rollback brings back
    Column("canary_share", Integer),  # in 1/10,000 of all contacts; None: everybody
    Column("canary_of_id", Id),  # the publication that the others run meanwhile
)

# One row: the project that this database belongs to, once a project with an identity has run on it.
project_identity = Table(
    "project_identity",
    metadata,
    Column("id", Id, primary_key=True),
    Column("project_id", String(80), nullable=False),  # as automation.toml has it
    Column("at", Millis, nullable=False),
    Column("actor", String(80), nullable=False),
)

plan_approval = Table(
    "plan_approval",
    metadata,
    Column("plan_hash", String(64), primary_key=True),
    Column("approver", String(80), primary_key=True),
    Column("at", Millis, nullable=False),
    sqlite_with_rowid=False,
)
