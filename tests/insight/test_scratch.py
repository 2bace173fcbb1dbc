"""The scratch copy: another file, which goes again, also when it could not be made."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from automation.insight.rehearsal.rehearsal import Scratch
from automation.store.bulk import insert_rows
from automation.store.database import Database
from automation.store.schema import contact, identity

PEOPLE = 12_345  # more than one portion
COLUMNS = ("id", "attributes", "created_at", "updated_at")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_a_copy_has_every_row_and_goes_when_it_is_done_with(db: Database, tmp_path: Path) -> None:
    numbers = range(1, PEOPLE + 1)
    with db.write() as conn:
        insert_rows(conn, contact, COLUMNS, [(i, f'{{"name": "会员{i}"}}', i, i) for i in numbers])
        insert_rows(
            conn, identity, ("kind", "value", "contact_id", "created_at"), [("m", f"M{i}", i, 1) for i in numbers]
        )
    with Scratch(db) as scratch, db.read() as ours, scratch.database.read() as copied:
        for query in (
            select(contact.c.id, contact.c.attributes, contact.c.merged_into, contact.c.updated_at),
            select(identity.c.kind, identity.c.value, identity.c.contact_id, identity.c.created_at),
        ):
            assert set(map(repr, copied.execute(query))) == set(map(repr, ours.execute(query)))
        assert copied.scalar(select(func.count()).select_from(contact)) == PEOPLE
        assert copied.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert copied.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    assert list(tmp_path.glob("automation-rehearsal-*")) == []


def test_a_copy_that_can_not_be_made_leaves_nothing_behind(tmp_path: Path) -> None:
    nowhere = Database("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    with pytest.raises(OperationalError), Scratch(nowhere):
        raise AssertionError("nothing could be copied")
    assert list(tmp_path.glob("automation-rehearsal-*")) == []
