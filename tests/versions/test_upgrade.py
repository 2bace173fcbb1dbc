"""An audit written before it was a chain is chained by the upgrade, whatever stands in it."""

from __future__ import annotations

import json

import pytest
from alembic import command

from automation.insight.auditing import verify
from automation.store.audit import AuditRow, write_audit
from automation.store.database import Database
from tests.test_migrations import empty
from tests.versions.test_chain import DETAILS, found, spoil

__all__ = ["empty"]


@pytest.fixture
def old(empty: Database) -> Database:
    """The tables before the chain, with 2,500 rows: more than the migration takes at once."""
    command.upgrade(empty.alembic_config(), "0002")
    mark = "?" if empty.is_sqlite else "%s"
    with empty.write() as conn:
        rows = [
            (
                number * 2,
                1000,
                "cli",
                "contact.updated",
                f"contact:{number}",
                json.dumps({"from": DETAILS[number % 11]}),
            )
            for number in range(1, 2501)
        ]
        sql = f"INSERT INTO audit (id, at, actor, action, subject, detail) VALUES ({', '.join([mark] * 6)})"
        conn.exec_driver_sql(sql, rows)
    return empty


def test_old_rows_are_chained_and_new_ones_follow(old: Database) -> None:
    old.migrate()
    assert (verify(old).findings, verify(old).rows) == ((), 2500)
    with old.write() as conn:
        if not old.is_sqlite:
            conn.exec_driver_sql("SELECT setval(pg_get_serial_sequence('audit', 'id'), 20000)")
        write_audit(conn, [AuditRow(1, "test", "a.new", "x", {})])
    verdict = verify(old)
    assert (verdict.findings, verdict.rows) == ((), 2501)
    # and they are held by it
    spoil(old, "UPDATE audit SET actor = 'nobody' WHERE id = 4000")
    assert found(old) == ["row 4000 (contact.updated): its time, actor, action or place in the chain was changed"]
