"""Rows about other people, or about nobody, that mention a person: found by reading the tables page by page.

Reading is done outside of any writing transaction, so that nobody waits for it; what was written meanwhile is read
inside, from where the reading ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, String, Text, cast, func, or_, select, tuple_, update

from automation.store.schema import metadata

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Column, Connection, Table

    from automation.store.database import Database

Key = tuple[Any, ...]
"""The primary key of a row."""
Found = dict[str, list[Key]]
"""The keys of the rows that may mention somebody, by table."""

_CONFIGURATION = {
    "coupon_batch", "failure_rate", "provider_account", "provider_token", "publication", "publication_file", "rule",
    "rule_change", "rule_version", "segment", "template_version", "trigger_state",
}  # fmt: skip
"""What operators wrote, and what providers gave: not about people who are in the database."""
_KEPT = {
    "audit": {"id", "actor", "action", "salt", "digest", "prev_hash", "hash"},
    "contact_merge": {"moved"},
    "coupon_code": {"code", "status", "on_failure"},
    "event": {"name", "source"},
    "identity": {"kind"},
    "message": {"rest", "status", "template_version"},
    "run": {"key", "status", "reason"},
    "suppression": {"address", "channel"},
}
"""Columns that keys and sums stand on; what a person's own rows hold in them is dealt with apart."""
_ONLY_FOUND = {"event": {"message_id"}}
"""Columns that are read, and changed by somebody else, because they are a part of a unique key."""
PAGE = 5000


def watched() -> dict[str, list[str]]:
    """The columns that are read, by table: every text and JSON column that is no key and no word of ours."""
    found: dict[str, list[str]] = {}
    for table in metadata.sorted_tables:
        if table.name not in _CONFIGURATION:
            columns = [column.name for column in table.columns if _is_watched(table, column)]
            if columns:
                found[table.name] = columns
    return found


def _is_watched(table: Table, column: Column[Any]) -> bool:
    wordy = isinstance(column.type, (JSON, Text)) or (
        isinstance(column.type, String) and (column.type.length or 0) >= 80
    )
    return wordy and not column.primary_key and column.name not in _KEPT.get(table.name, ())


def newest(conn: Connection) -> dict[str, int]:
    """The highest id of each table that has ids."""
    tables = [metadata.tables[name] for name in watched()]
    return {table.name: conn.scalar(select(func.max(table.c.id))) or 0 for table in tables if "id" in table.c}


def look_through(
    database: Database, needles: Sequence[str], tell: Callable[[int], None] | None = None
) -> tuple[Found, dict[str, int]]:
    """What may mention any of `needles` (in lower case), and the id up to which each table was read."""
    with database.read() as conn:
        upto = newest(conn)
    found: Found = {}
    for name in watched():
        start = 0
        while start < upto.get(name, 1):
            end = min(start + PAGE, upto[name]) if name in upto else 1
            with database.read() as conn:
                found.setdefault(name, []).extend(_page(conn, name, needles, start, end))
            if tell is not None:
                tell(end - start)
            start = end
    return found, upto


def look_on(conn: Connection, needles: Sequence[str], upto: Mapping[str, int]) -> Found:
    """What has come since, in the transaction that erases."""
    return {name: _page(conn, name, needles, upto[name], 2**62) for name in upto}


def _page(conn: Connection, name: str, needles: Sequence[str], after: int, upto: int) -> list[Key]:
    """Tables without ids are small, or hold only people's own rows: they are read whole."""
    if not needles:
        return []
    table = metadata.tables[name]
    mentioned = or_(
        *(
            func.lower(cast(table.c[column], Text)).contains(needle, autoescape=True)
            for column in watched()[name]
            for needle in needles
        )
    )
    query = select(*table.primary_key.columns).where(mentioned)
    if "id" in table.c:
        query = query.where(table.c.id > after, table.c.id <= upto)
    return [tuple(row) for row in conn.execute(query)]


def rewrite(conn: Connection, found: Found, change: Callable[[str, Any], Any]) -> list[tuple[str, Key]]:
    """Give every watched value of these rows to `change`, which gives it back or another; the changed rows' keys."""
    changed: list[tuple[str, Key]] = []
    for name, keys in found.items():
        for start in range(0, len(keys), 500):
            changed += [(name, key) for key in _rewrite(conn, name, keys[start : start + 500], change)]
    return changed


def _rewrite(conn: Connection, name: str, keys: Sequence[Key], change: Callable[[str, Any], Any]) -> list[Key]:
    table = metadata.tables[name]
    columns = [column for column in watched()[name] if column not in _ONLY_FOUND.get(name, ())]
    primary = list(table.primary_key.columns)
    these = tuple_(*primary).in_(keys) if len(primary) > 1 else primary[0].in_([key[0] for key in keys])
    rows = conn.execute(select(*primary, *(table.c[column] for column in columns)).where(these)).all()
    changed = []
    for row in rows:
        key, values = tuple(row)[: len(primary)], dict(zip(columns, tuple(row)[len(primary) :], strict=True))
        new = {column: result for column, value in values.items() if (result := change(column, value)) != value}
        if new:
            changed.append(key)
            where = [column == part for column, part in zip(primary, key, strict=True)]
            conn.execute(update(table).where(*where).values(**new))
    return changed
