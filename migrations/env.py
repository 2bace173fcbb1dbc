"""Alembic's entry: the engine comes from `Database.migrate`, or from AUTOMATION_DATABASE_URL on the command line."""

from typing import Any

from alembic import context
from sqlalchemy import JSON, BigInteger

from automation.store.schema import metadata


def render(kind: str, item: Any, autogen: Any) -> Any:
    """New revisions name our own types by `migrations.columns`."""
    if kind == "type" and isinstance(item, (JSON, BigInteger)):
        autogen.imports.add("from migrations import columns")
        return "columns.Json" if isinstance(item, JSON) else "columns.Int64"
    return False


def run() -> None:
    engine = context.config.attributes.get("engine")
    if engine is None:
        from automation.settings import Settings
        from automation.store.database import Database

        engine = Database(Settings.load().database_url).engine
    with engine.connect().execution_options(sqlite_begin="BEGIN IMMEDIATE") as connection, connection.begin():
        # Daemons that start at once migrate one after the other: SQLite's write lock is taken by begin() above, before
        # the revision is read, and all revisions are one transaction.
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7205759403792002)")
        context.configure(
            connection=connection, target_metadata=metadata, render_as_batch=True, compare_type=True, render_item=render
        )
        context.run_migrations()


run()
