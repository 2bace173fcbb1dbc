"""What a database promises, and what it says when it can't be used."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from automation.errors import StoreError
from automation.store.database import Database
from automation.store.retry import failure
from automation.store.schema import rule

ROW = {"key": "r", "name": "", "status": "active"}


def test_sqlite_survives_a_power_loss(sqlite_db: Database) -> None:
    for connect in (sqlite_db.read, sqlite_db.write):
        with connect() as conn:
            assert conn.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
            assert conn.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
            assert conn.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_what_raises_leaves_nothing(db: Database) -> None:
    class Stop(Exception):
        pass

    def half() -> None:
        with db.write() as conn:
            conn.execute(insert(rule).values(**ROW))
            raise Stop

    with pytest.raises(Stop):
        half()
    with db.read() as conn:
        assert conn.scalar(select(func.count()).select_from(rule)) == 0


def test_what_is_written_while_reading_is_not_kept(db: Database) -> None:
    with db.read() as conn:
        conn.execute(insert(rule).values(**ROW))
    with db.read() as conn:
        assert conn.scalar(select(func.count()).select_from(rule)) == 0


def test_a_reader_keeps_its_snapshot_while_another_writes(sqlite_db: Database) -> None:
    with sqlite_db.read() as reader:
        before = reader.scalar(select(func.count()).select_from(rule))
        with sqlite_db.write() as conn:
            conn.execute(insert(rule).values(**ROW))
        assert reader.scalar(select(func.count()).select_from(rule)) == before == 0


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("nonsense", "nonsense"),
        ("", ""),
        ("mysql://u:geheim@h/x", "mysql://u:***@h/x"),
        ("postgresql://u:geheim@h:abc/x", "h:abc/x"),
        ("postgresql://u:ge@heim@h/x", "h/x"),
        ("sqlite+aiosqlite:///x.db", "sqlite+aiosqlite:///x.db"),
    ],
)
def test_a_bad_url(url: str, shown: str) -> None:
    with pytest.raises(StoreError) as raised:
        Database(url)
    assert raised.value.text("en") == (
        f"{shown} is no database URL; write sqlite:///file.db or postgresql+psycopg://user@host/name"
    )
    assert "数据库地址" in raised.value.text("zh")
    assert "heim" not in raised.value.text("en")


@pytest.mark.parametrize("url", ["postgresql://u:geheim@127.0.0.1:1/x", "postgresql+psycopg2://u:geheim@127.0.0.1:1/x"])
def test_a_server_that_does_not_answer(url: str) -> None:
    with pytest.raises(StoreError) as raised:
        Database(url).check()
    text = raised.value.text("en")
    assert text.startswith("can't reach the database postgresql+psycopg://u:***@127.0.0.1:1/x: ")
    assert text.endswith("check the URL and that the server runs")
    assert "geheim" not in text + raised.value.text("zh")
    assert "\n" not in text


def test_a_file_that_can_not_be_used(tmp_path: Path) -> None:
    (tmp_path / "letter.db").write_text("Dear Sir or Madam, " * 300)
    sqlite3.connect(tmp_path / "plain.db").execute("CREATE TABLE x (y)")
    for url, reason in (
        (f"sqlite:///{tmp_path}/gone/x.db", "unable to open database file"),
        (f"sqlite:///{tmp_path}/letter.db", "file is not a database"),
        (f"sqlite:///{tmp_path}", "unable to open database file"),
        (f"sqlite:///file:{tmp_path}/plain.db?mode=ro&uri=true", "attempt to write a readonly database"),
    ):
        with pytest.raises(StoreError) as raised:
            Database(url).check()
        assert f": {reason}; check that the folder exists" in raised.value.text("en")
        assert f"：{reason}；请检查文件夹是否存在" in raised.value.text("zh")


def test_tables_that_can_not_be_migrated(tmp_path: Path) -> None:
    # given an empty file of ours that may only be read
    Database(f"sqlite:///{tmp_path}/empty.db").check()
    only_read = Database(f"sqlite:///file:{tmp_path}/empty.db?mode=ro&uri=true")
    only_read.check()
    with pytest.raises(StoreError) as raised:
        only_read.migrate()
    assert "can't be brought up to date: attempt to write a readonly database" in raised.value.text("en")
    assert "数据未改动" in raised.value.text("zh")


def test_tables_that_are_newer_than_the_program(db: Database) -> None:
    with db.write() as conn:
        (revision,) = conn.exec_driver_sql("SELECT version_num FROM alembic_version").one()
        conn.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    try:
        with pytest.raises(StoreError) as raised:
            db.migrate()
    finally:
        with db.write() as conn:
            conn.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revision}'")
    assert "is at revision 9999, which is newer than this program" in raised.value.text("en")
    assert "请升级程序" in raised.value.text("zh")


def test_a_database_that_fails_in_the_middle_is_a_sentence(sqlite_db: Database) -> None:
    assert sqlite_db.file is not None
    impatient = sqlite3.connect(sqlite_db.file, timeout=0.05)
    with sqlite_db.write(), pytest.raises(sqlite3.OperationalError) as raised:
        impatient.execute("BEGIN IMMEDIATE")
    told = failure(raised.value)
    assert told is not None
    assert told.text("en") == (
        "the database failed: database is locked; nothing was left half written, so it can be tried again"
    )
    assert "database is locked；没有留下半截内容" in told.text("zh")
    assert failure(ValueError("x")) is None


def test_reading_commands_go_on_while_somebody_else_writes_for_long(sqlite_db: Database) -> None:
    # given tables at the newest revision, and a write lock in other hands
    other = sqlite3.connect(str(sqlite_db.file), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    # when, then: every command begins like this
    sqlite_db.migrate()
    with sqlite_db.read() as conn:
        assert conn.scalar(select(func.count()).select_from(rule)) == 0
    other.close()
