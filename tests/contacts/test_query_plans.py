"""No query about people reads a whole table: each statement's plan is looked at."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from automation.contacts.consent import ConsentChange, load_consents, record_consent
from automation.contacts.profile import add_tags, load_contacts, remove_tags, update_attributes
from automation.contacts.resolve import find, resolve
from automation.contacts.suppression import Suppression, lift, load_suppressed, suppress
from automation.contacts.view import contact_view
from tests.contacts.helpers import CATALOGUE, NOW, together

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.store.database import Database

# Lists that we hand over, and what SQLite builds for them, may be read whole.
_ALLOWED = re.compile(r"SCAN (v|json_each|\(subquery|CONSTANT)")


def test_every_statement_of_this_room_uses_an_index(sqlite_db: Database) -> None:
    together(sqlite_db, {"phone": "+8613800138000"}, {"email": "a@x.cn"})
    statements: list[str] = []

    with sqlite_db.write() as conn:
        conn.connection.driver_connection.set_trace_callback(statements.append)  # type: ignore[union-attr]
        _everything(conn)
        conn.connection.driver_connection.set_trace_callback(None)  # type: ignore[union-attr]

    assert len(statements) > 40
    with sqlite_db.write() as conn:
        whole = {sql: scans for sql in statements if (scans := _scans(conn, sql))}
    assert whole == {}


def _everything(conn: Connection) -> None:
    (one, _) = resolve(
        conn,
        CATALOGUE,
        [{"phone": "+8613800138000", "email": "a@x.cn"}, {"member_no": "M1", "anonymous_id": "n"}],
        NOW,
        create=True,
        actor="test",
    )
    assert isinstance(one, int)
    find(conn, "phone", ["+8613800138000"])
    update_attributes(conn, {one: {"birthday": "1990-08-04"}}, NOW, "test")
    update_attributes(conn, {one: {"birthday": None}}, NOW, "test")
    add_tags(conn, {one: ["a"]}, NOW)
    remove_tags(conn, {one: ["a"]}, NOW)
    record_consent(conn, [ConsentChange(one, "marketing", "*", "granted", "", NOW)])
    suppress(conn, [Suppression("r", contact_id=one), Suppression("r", address="a@x.cn")], NOW, actor="test")
    load_contacts(conn, [one])
    load_consents(conn, [one])
    load_suppressed(conn, [(one, "sms", "a@x.cn")], NOW)
    contact_view(conn, CATALOGUE, one)
    lift(conn, NOW, actor="test", reason="", contact_id=one)


def _scans(conn: Connection, sql: str) -> list[str]:
    if not sql.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE", "INSERT")):
        return []
    plan = [str(row[-1]) for row in conn.connection.cursor().execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()]
    return [line for line in plan if line.startswith("SCAN ") and not _ALLOWED.match(line)]
