"""A database in memory with every table ready: for what lasts milliseconds. One thread uses it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from automation.store.bulk import insert_rows
from automation.store.database import Database
from automation.store.identities import insert_identities
from automation.store.schema import contact, metadata

if TYPE_CHECKING:
    from sqlalchemy import Connection


class MemoryDatabase(Database):
    """Tables of the newest revision, made without the migrations before it; `clear` empties them."""

    def __init__(self) -> None:
        super().__init__("sqlite://", durable=False)
        with self.write() as conn:
            metadata.create_all(conn)
        self._tables = list(reversed(metadata.sorted_tables))

    def clear(self) -> None:
        """As it was at first."""
        with self.write() as conn:
            cursor = conn.connection.cursor()
            for table in self._tables:
                cursor.execute(f"DELETE FROM {table.name}")


def place_person(conn: Connection, contact_id: int, identities: Mapping[str, str], now: int) -> None:
    """A new contact with an id of the caller's choice."""
    columns = ("id", "attributes", "created_at", "updated_at")
    insert_rows(conn, contact, columns, [(contact_id, "{}", now, now)])
    insert_identities(conn, dict.fromkeys(identities.items(), contact_id), now)
