"""What a database means to do for each statement that is really sent: captured at the driver, then explained."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from sqlalchemy import event

from automation.store import schema
from automation.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

BIG = {"contact", "identity", "contact_date", "contact_tag", "consent", "suppression", "event", "event_time",
       "quarantine", "occurrence", "run", "message", "coupon_code", "execution_log"}  # fmt: skip
"""The tables that grow."""
ALIASES = {"asked", "c", "s", "i", "t", "later", "contact_1", "event_1", "run_1", "occurrence_1", "older"}
"""What queries call big tables for themselves."""
PARTIAL = {"ix_occurrence_running", "ix_message_lease", "ix_coupon_code_free", "ix_run_due", "ix_run_held"}
"""Indexes that hold only what is waiting, so that reading one from its beginning is no scan of the table."""

_sent: list[tuple[str, Any]] = []


@dataclass(frozen=True)
class Plan:
    """`indexes` are those that are used, `scans` says which big tables are read whole."""

    sql: str
    lines: tuple[str, ...]
    indexes: frozenset[str]
    scans: tuple[str, ...]


def recording(url: str) -> Database:
    """A database whose drivers remember what they are sent."""
    database = Database(url)

    @event.listens_for(database.engine, "do_connect")
    def _record(_dialect: Any, _record: Any, _args: Any, params: dict[str, Any]) -> None:
        params.update({"factory": _SqliteConnection} if database.is_sqlite else {"cursor_factory": _PostgresCursor})

    return database


def plans_of(database: Database, action: Callable[[Connection], object]) -> list[Plan]:
    """The plan of every statement that `action` sends. What it writes is rolled back."""
    with database.engine.connect() as conn, conn.begin() as transaction:
        _sent.clear()
        action(conn)
        sent = [(sql, params) for sql, params in _sent if _is_query(sql)]
        explain = _explain_sqlite if database.is_sqlite else _explain_postgres
        found = [explain(conn.connection.cursor(), sql, params) for sql, params in dict(_unique(sent)).values()]
        transaction.rollback()
    return found


def _unique(sent: list[tuple[str, Any]]) -> list[tuple[str, tuple[str, Any]]]:
    return [(sql, (sql, params)) for sql, params in sent]


def _is_query(sql: str) -> bool:
    return sql.lstrip().upper().startswith(("SELECT", "WITH", "UPDATE", "DELETE", "INSERT"))


class _SqliteCursor(sqlite3.Cursor):
    def execute(self, sql: str, params: Any = ()) -> Any:
        _sent.append((sql, params))
        return super().execute(sql, params)

    def executemany(self, sql: str, rows: Any) -> Any:
        rows = list(rows)
        _sent.extend([(sql, rows[0])] if rows else [])
        return super().executemany(sql, rows)


class _SqliteConnection(sqlite3.Connection):
    def cursor(self, factory: Any = _SqliteCursor) -> Any:
        return super().cursor(factory)


class _PostgresCursor(psycopg.Cursor[Any]):
    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        _sent.append((query, params))
        return super().execute(query, params, **options)

    def executemany(self, query: Any, params_seq: Any, **options: Any) -> Any:
        _sent.append((query, None))
        return super().executemany(query, params_seq, **options)


def _explain_sqlite(cursor: Any, sql: str, params: Any) -> Plan:
    """As the statement is prepared, with `?`: a bound value hides from a partial index."""
    lines = tuple(str(row[-1]) for row in cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params).fetchall())
    indexes = frozenset(name for line in lines for name in re.findall(r"USING.* INDEX (\w+)", line)) | frozenset(
        "rowid" for line in lines if "USING INTEGER PRIMARY KEY" in line
    )
    scans = tuple(line for line in lines if _scans_sqlite(line))
    return Plan(sql, lines, indexes, scans)


def _scans_sqlite(line: str) -> bool:
    found = re.match(r"SCAN (\w+)(?:.* INDEX (\w+))?", line)
    return found is not None and found[1] in BIG | ALIASES and found[2] not in PARTIAL


def _explain_postgres(cursor: Any, sql: str, params: Any) -> Plan:
    """Two plans: with the values at hand, and the generic one that a prepared statement may end up with."""
    numbered = iter(range(1, 1000))
    generic = re.sub(r"%(\(\w+\))?s", lambda _: f"${next(numbered)}", sql).replace("%%", "%")
    cursor.execute("SET LOCAL enable_seqscan = off")
    known = _plan(cursor, f"EXPLAIN (FORMAT JSON) {sql}", params)
    # Without numbers, looking a page's people up or reading the rule's runs once is a guess: not looked at.
    unknown = _plan(cursor, f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {generic}", None)
    looked_at = [*known, *(node for node in unknown if node.get("Parent Relationship") != "SubPlan")]
    indexes = frozenset(node["Index Name"] for node in known + unknown if "Index Name" in node)
    scans = tuple(_line(node) for node in looked_at if _scans_postgres(node))
    return Plan(sql, tuple(_line(node) for node in known + unknown), indexes, scans)


def _plan(cursor: Any, text: str, params: Any) -> list[Any]:
    ((plan,),) = cursor.execute(text, params).fetchall()
    return list(_nodes(plan[0]["Plan"]))


def _nodes(node: Any, above: str = "") -> Any:
    yield node | {"Above": above}
    for child in node.get("Plans", ()):
        inherited = {"Parent Relationship": "SubPlan"} if node.get("Parent Relationship") == "SubPlan" else {}
        yield from _nodes(child | inherited, node["Node Type"])


def _scans_postgres(node: Any) -> bool:
    if node["Node Type"] == "Seq Scan":
        return node["Relation Name"] in BIG
    leading = _LEADING.get(node.get("Index Name", ""))
    if leading is None or node["Index Name"] in PARTIAL or (node["Above"] == "Limit" and "Filter" not in node):
        return False
    return re.search(rf"\b{leading}\b", node.get("Index Cond", "")) is None


def _leading_columns() -> dict[str, str]:
    """The first column of each index of a big table: a condition without it reads the index whole."""
    found = {}
    for table in schema.metadata.sorted_tables:
        keys: list[Any] = [*table.indexes, *table.constraints]
        for key in (key for key in keys if table.name in BIG and getattr(key, "columns", None)):
            found[str(key.name) if key.name else f"pk_{table.name}"] = key.columns[0].name
    return found


_LEADING = _leading_columns()


def _line(node: Any) -> str:
    parts = ("Node Type", "Relation Name", "Index Name", "Index Cond", "Filter")
    return " | ".join(str(node[part]) for part in parts if part in node)
