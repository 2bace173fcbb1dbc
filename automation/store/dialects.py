"""SQLAlchemy's dialects, of which all databases of one kind share what was compiled.

SQLAlchemy compiles each statement once for each engine, and tells engines apart by their dialects. A plan opens two
databases, and a suite of rule tests many: with dialects that are equal where they do the same, and one cache for all,
they find the statements that others have compiled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

STATEMENTS = 1_000
"""How many are kept compiled."""
_compiled: LRUCache[Any, Any] = LRUCache(STATEMENTS)


class SharedSQLite(SQLiteDialect_pysqlite):
    supports_statement_cache = True

    def __hash__(self) -> int:
        return hash(SharedSQLite)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SharedSQLite) and self.server_version_info == other.server_version_info


class SharedPostgres(PGDialect_psycopg):
    supports_statement_cache = True

    def __hash__(self) -> int:
        return hash(SharedPostgres)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SharedPostgres) and self.server_version_info == other.server_version_info


_SHARED = {"sqlite": "sqlite+shared", "postgresql": "postgresql+shared"}
registry.register("sqlite.shared", __name__, "SharedSQLite")
registry.register("postgresql.shared", __name__, "SharedPostgres")


def open_engine(url: URL, **options: Any) -> Engine:
    """`create_engine` with these dialects. What in `options` bears on SQL must be the same for all of a kind."""
    engine = create_engine(url.set(drivername=_SHARED[url.get_backend_name()]), **options)
    engine.update_execution_options(compiled_cache=_compiled)
    return engine
