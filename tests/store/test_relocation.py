"""A database moves whole: a sweep over the schema, so that no table of today or tomorrow is left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import JSON, BigInteger, Float, Integer, Table, insert, select

from automation.errors import StoreError
from automation.store.bulk import allocate_ids
from automation.store.relocation import relocate
from automation.store.schema import contact, metadata, suppression

if TYPE_CHECKING:
    from automation.store.database import Database
NOW = 1_785_556_800_000
TEXT = "二\n\"'\\|{}\t😀"
"""What quoting on the way might break."""


@pytest.fixture(params=["to PostgreSQL", "to SQLite"])
def ends(request: pytest.FixtureRequest, sqlite_db: Database, postgres_db: Database) -> tuple[Database, Database]:
    return (sqlite_db, postgres_db) if request.param == "to PostgreSQL" else (postgres_db, sqlite_db)


def everything(database: Database) -> dict[str, list[dict[str, Any]]]:
    with database.read() as conn:
        return {
            table.name: [dict(row) for row in conn.execute(select(table).order_by(*table.primary_key)).mappings()]
            for table in metadata.sorted_tables
        }


def fill(database: Database) -> None:
    """Three rows in every table, each column with a value of its own, the last row with as many NULLs as may be."""
    with database.write() as conn:
        for table in metadata.sorted_tables:
            for number in (1, 2, 7):
                conn.execute(insert(table).values(**{c.name: value(table, c, number) for c in table.columns}))


def value(table: Table, column: Any, number: int) -> Any:
    if column.nullable and number == 7:
        return None
    if isinstance(column.type, Float):
        return number + 0.1
    if isinstance(column.type, Integer):
        large = 2**40 if isinstance(column.type, BigInteger) else 2**20
        return number if column.primary_key or column.foreign_keys else large + number
    if isinstance(column.type, JSON):
        return {"a": [number, TEXT, None, 1.5], "é": {}}
    return f"{number}{TEXT}"[: getattr(column.type, "length", None) or 100]


def test_every_table_arrives_whole(ends: tuple[Database, Database]) -> None:
    source, target = ends
    fill(source)
    before = everything(source)
    assert all(len(rows) == 3 for rows in before.values())

    copied = relocate(source, target, NOW, actor="test")

    after = everything(target)
    (moved,) = [row for row in after["audit"] if row["action"] == "database.moved"]
    after["audit"].remove(moved)
    assert after == before
    assert everything(source) == before
    assert copied == dict.fromkeys(before, 3)
    assert moved["detail"] == {"from": source.dialect, "to": target.dialect, "rows": 3 * len(before)}


def test_ids_go_on_behind_those_that_moved(ends: tuple[Database, Database]) -> None:
    source, target = ends
    fill(source)
    relocate(source, target, NOW, actor="test")
    with target.write() as conn:
        for table in metadata.sorted_tables:
            if "id" in table.c and isinstance(table.c.id.type, Integer) and list(table.primary_key) == [table.c.id]:
                assert list(allocate_ids(conn, table, 1)) > [7], table.name


def test_a_database_that_holds_something_is_not_written_to(ends: tuple[Database, Database]) -> None:
    source, target = ends
    fill(source)
    row = {"contact_id": 1, "channel": "*", "reason": "x", "created_at": 1}
    with target.write() as conn:
        conn.execute(insert(suppression).values(**row))
    with pytest.raises(StoreError) as caught:
        relocate(source, target, NOW, actor="test")
    assert "is not empty (there are rows in suppression)" in caught.value.text("en")
    assert [len(rows) for rows in everything(target).values() if rows] == [1]


def test_a_row_that_does_not_fit_leaves_the_new_database_empty(sqlite_db: Database, postgres_db: Database) -> None:
    fill(sqlite_db)
    with sqlite_db.write() as conn:
        conn.execute(contact.update().where(contact.c.id == 2).values(attributes={"name": "a\0"}))
    with pytest.raises(StoreError) as caught:
        relocate(sqlite_db, postgres_db, NOW, actor="test")
    assert "the table contact could not be copied as it is" in caught.value.text("en")
    assert not any(everything(postgres_db).values())
