"""The page about the database: its tables are the schema's, and its queries run on both databases."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from automation.cli.messages import STATUSES
from automation.store import schema
from automation.store.schema import metadata
from scripts.make_reference import DATABASE
from scripts.reference import tables
from tests.docs.tutorials import blocks
from tests.engine.world import World

if TYPE_CHECKING:
    from automation.store.database import Database

DOCUMENT = DATABASE.read_text(encoding="utf-8")
QUERIES = {block.words[1]: block.body for block in blocks(DOCUMENT) if block.words[0] == "sql"}

RULES = """
rules:
  - id: order_thanks
    trigger: {type: event, with: {name: order.paid}}
    steps:
      - do: coupon.issue
        with: {batch: BDAY}
        save_as: coupon
      - do: sms.send
        with: {template: coupon}
      - wait: 3d
"""


@pytest.fixture
def world(tmp_path: Path, db: Database) -> World:
    """Somebody entered and got an SMS; somebody else was known but said no."""
    world = World(tmp_path, db, RULES)
    world.person("M001", name="李雷", phone="13800138001", level="金卡")
    world.person("M002", name="韩梅梅", phone="13800138002", level="银卡", consent=[])
    world.event("order.paid", "M001", amount=10)
    world.event("order.paid", "M002", amount=20)
    world.run()
    world.go(hours=1)
    world.event("order.paid", "M001", amount=30)
    return world


def rows(world: World, name: str) -> list[dict[str, Any]]:
    with world.database.read() as conn:
        return [dict(row._mapping) for row in conn.execute(text(QUERIES[name].replace(":", "\\:")))]


def test_the_tables_are_those_of_the_schema() -> None:
    assert tables.filled(DOCUMENT) == DOCUMENT, "run `make docs`"
    for table in metadata.tables.values():
        section = DOCUMENT.partition(f"### `{table.name}`\n")[2].partition("\n### ")[0]
        for column in table.columns:
            assert re.search(rf"^\| (\*\*)?`{column.name}`(\*\*)? \|", section, re.MULTILINE), f"{table}.{column.name}"


def test_nothing_is_described_that_is_not_there() -> None:
    there = {column.name for table in metadata.tables.values() for column in table.columns}
    assert set(tables.COLUMNS) <= there
    for table, column in tables.SPECIAL:
        assert column in metadata.tables[table].columns
    assert set(tables.PURPOSES) == set(metadata.tables)
    assert set(tables.STATES["message"]) == set(STATUSES)


def test_times_are_shown_as_times() -> None:
    kinds = {
        f"{table.name}.{column.name}": tables._type(column)
        for table in metadata.tables.values()
        for column in table.columns
    }
    assert kinds["event.occurred_at"] == kinds["message.lease_until"] == kinds["execution_log.at"] == "ms"
    assert kinds["occurrence.looked_at"] == kinds["contact.id"] == "integer"
    assert kinds["contact.attributes"] == "JSON"


def test_every_query_runs_and_finds_something(world: World) -> None:
    for name in QUERIES:
        found = rows(world, name)
        if name not in ("unknown", "occurrences"):
            assert found, name


def test_the_queries_say_what_they_promise(world: World) -> None:
    assert [row["code"] for row in rows(world, "person")][-1] == "entered"
    assert rows(world, "decisions")[0] == {"rule": "order_thanks", "code": "entered", "people": 3}
    assert rows(world, "messages") == [{"channel": "sms", "status": "accepted", "messages": 1}]
    assert rows(world, "orders_after") == [{"rule": "order_thanks", "entries": 3, "orders": 1}]
    assert {row["level"]: row["people"] for row in rows(world, "levels")} == {"金卡": 1, "银卡": 1}
    assert [row["batch"] for row in rows(world, "coupons")] == ["BDAY"]


def test_the_readable_times_are_right(world: World) -> None:
    cells = re.findall(r"^\s*\| (UTC|Shanghai) \| `(.+?)` \| `(.+?)` \|$", DOCUMENT, re.MULTILINE)
    assert len(cells) == 2
    shown = {}
    for place, sqlite, postgres in cells:
        expression = sqlite if world.database.is_sqlite else postgres
        with world.database.read() as conn:
            shown[place] = str(conn.scalar(text(f"SELECT {expression} FROM execution_log ORDER BY id LIMIT 1")))
    assert shown["Shanghai"][:16] == "2026-08-01 12:00"
    assert world.database.is_sqlite is False or shown["UTC"] == "2026-08-01 04:00:00"
    assert schema.execution_log.c.at is not None
