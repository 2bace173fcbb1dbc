"""Queries about contacts: their rows, attributes, dates and tags. None asks about one contact at a time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from automation.store.bulk import allocate_ids, insert_rows, to_json
from automation.store.lists import fetch, read_object, run, run_many
from automation.store.schema import contact, contact_date, contact_tag

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from sqlalchemy import Connection


@dataclass(slots=True)
class ContactRow:
    """A contact that was not merged away."""

    id: int
    attributes: dict[str, Any]
    created_at: int
    updated_at: int


def create_contacts(conn: Connection, count: int, now_ms: int) -> Sequence[int]:
    """`count` new contacts without anything, in growing order of id."""
    ids = allocate_ids(conn, contact, count)
    columns = ("id", "attributes", "created_at", "updated_at")
    insert_rows(conn, contact, columns, [(id_, "{}", now_ms, now_ms) for id_ in ids])
    return ids


def read_contacts(conn: Connection, ids: Collection[int]) -> dict[int, ContactRow]:
    """By the id that was asked for; a contact that was merged away gives its survivor."""
    sql = """SELECT asked.id, c.id, c.attributes, c.created_at, c.updated_at FROM contact AS asked
             JOIN contact AS c ON c.id = coalesce(asked.merged_into, asked.id) WHERE asked.id = ANY(?)"""
    rows: dict[int, ContactRow] = {}
    found: dict[int, ContactRow] = {}
    for asked, id_, attributes, created_at, updated_at in fetch(conn, sql, list(ids)) if ids else ():
        if id_ not in rows:
            rows[id_] = ContactRow(id_, read_object(attributes), created_at, updated_at)
        found[asked] = rows[id_]
    return found


def survivors(conn: Connection, ids: Collection[int]) -> dict[int, int]:
    """{asked id: the contact it is today}. Unknown ids are absent."""
    sql = "SELECT id, coalesce(merged_into, id) FROM contact WHERE id = ANY(?)"
    return {row[0]: row[1] for row in (fetch(conn, sql, list(ids)) if ids else ())}


def lock_contacts(conn: Connection, ids: Collection[int]) -> None:
    """On PostgreSQL: keep these contacts for this transaction, in the order of their ids. SQLite has one writer."""
    if ids and conn.dialect.name == "postgresql":
        run(conn, "SELECT id FROM contact WHERE id = ANY(?) ORDER BY id FOR NO KEY UPDATE", list(ids))


def write_attributes(conn: Connection, changes: Mapping[int, Mapping[str, Any]], now_ms: int) -> None:
    """Replace the whole attributes of contacts."""
    cast = "::jsonb" if conn.dialect.name == "postgresql" else ""
    sql = f"UPDATE contact SET attributes = ?{cast}, updated_at = ? WHERE id = ?"
    run_many(conn, sql, [(to_json(attributes), now_ms, id_) for id_, attributes in sorted(changes.items())])


def touch(conn: Connection, ids: Collection[int], now_ms: int) -> None:
    """Something about these contacts changed now."""
    if ids:
        run(conn, "UPDATE contact SET updated_at = ? WHERE id = ANY(?)", now_ms, sorted(ids))


def replace_dates(conn: Connection, dates: Mapping[int, Sequence[tuple[str, str, str]]]) -> None:
    """All date rows of each contact: (field, month_day, lunar_month_day)."""
    if not dates:
        return
    run(conn, "DELETE FROM contact_date WHERE contact_id = ANY(?)", list(dates))
    rows = sorted((field, day, id_, lunar) for id_, rows in dates.items() for field, day, lunar in rows)
    insert_rows(conn, contact_date, ("field", "month_day", "contact_id", "lunar_month_day"), rows)


def read_tags(conn: Connection, ids: Collection[int]) -> dict[int, set[str]]:
    tags: dict[int, set[str]] = defaultdict(set)
    sql = "SELECT contact_id, tag FROM contact_tag WHERE contact_id = ANY(?)"
    for contact_id, tag in fetch(conn, sql, list(ids)) if ids else ():
        tags[contact_id].add(tag)
    return tags


def insert_tags(conn: Connection, tags: Sequence[tuple[int, str]], now_ms: int) -> None:
    rows = [(contact_id, tag, now_ms) for contact_id, tag in sorted(tags)]
    insert_rows(conn, contact_tag, ("contact_id", "tag", "created_at"), rows, skip_existing=True)


def delete_tags(conn: Connection, tags: Sequence[tuple[int, str]]) -> None:
    run_many(conn, "DELETE FROM contact_tag WHERE contact_id = ? AND tag = ?", sorted(tags))


def pages(conn: Connection, size: int) -> Iterator[list[ContactRow]]:
    """Every contact that was not merged away, by id, `size` at a time."""
    sql = """SELECT id, attributes, created_at, updated_at FROM contact
             WHERE id > ? AND merged_into IS NULL ORDER BY id LIMIT ?"""
    after = 0
    while rows := fetch(conn, sql, after, size):
        yield [ContactRow(row[0], read_object(row[1]), row[2], row[3]) for row in rows]
        after = rows[-1][0]


def count_contacts(conn: Connection) -> int:
    """How many people there are."""
    return int(fetch(conn, "SELECT count(*) FROM contact WHERE merged_into IS NULL")[0][0])


def attribute_keys(conn: Connection) -> list[str]:
    """Every attribute that any contact has."""
    each = "json_each(attributes)" if conn.dialect.name == "sqlite" else "jsonb_each(attributes)"
    return [row[0] for row in fetch(conn, f"SELECT DISTINCT a.key FROM contact, {each} AS a ORDER BY 1")]


def merged_ids(conn: Connection, contact_id: int) -> list[int]:
    """The contacts that were merged into this one. An erased one points to itself."""
    sql = "SELECT id FROM contact WHERE merged_into = ? AND id <> merged_into ORDER BY id"
    return [row[0] for row in fetch(conn, sql, contact_id)]
