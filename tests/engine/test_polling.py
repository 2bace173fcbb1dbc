"""Polling: rows of another database become events, once each, whatever happens in between."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text, update

from automation.engine.engine import Engine
from automation.insight.status import read_status
from automation.rules.project import Project
from automation.settings import Settings
from automation.store import schema
from automation.store.database import Database
from automation.store.sources import Source
from tests.engine.world import World

CATALOG = """
events:
  store.stock_out:
    label: 缺货
    properties: {member_id: {type: text, identity: member_no}, sku: text, store_id: text, left: integer}
  order.paid: {label: 已付款, properties: {sku: text}}
"""
RULE = """
rules:
  - id: rescue
    trigger:
      type: poll
      with:
        source: erp
        query: |
          SELECT sku, store_id, member_id, stock_left AS "left", changed_at FROM stock
          WHERE changed_at > :watermark ORDER BY changed_at LIMIT 4
        watermark: changed_at
        start: "2026-07-01"
        every: 5m
        key: [store_id, sku, member_id, changed_at]
        event: store.stock_out
        contact: event.member_id
        occurred_at: changed_at
        where: [{event.left: 0}]
    steps: [{do: contact.tag, with: {add: [缺货]}}]
  - id: other
    trigger: {type: event, with: {name: order.paid}}
    steps: [{do: contact.tag, with: {add: [买过]}}]
"""
SETTINGS = """
[sources.erp]
url = "sqlite:///erp.db"
"""
ROWS = (
    ("A", "M1", 0, "2026-06-30 10:00:00"),  # before the start
    ("A", "M1", 0, "2026-07-02 10:00:00"),
    ("Z", "M2", 7, "2026-07-02 10:00:00"),
    ("B", "M1", 5, "2026-07-03 10:00:00"),
    ("C", "M2", 0, "2026-07-03 10:00:00"),
    ("D", "M3", 0, "2026-07-03 10:00:00"),  # the page ends before it
    ("E", "M3", 0, "2026-07-04 10:00:00"),
)
READ = ["A", "Z", "B", "C", "D", "E"]


class Erp:
    """The user's own database."""

    def __init__(self, folder: Path, rows: Sequence[Sequence[object]] = ROWS) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "erp.db"
        with sqlite3.connect(self.path) as db:
            db.execute("CREATE TABLE stock (sku, store_id, member_id, stock_left, changed_at)")
        self.write(*rows)

    def write(self, *rows: Sequence[object]) -> None:
        with sqlite3.connect(self.path) as db:
            db.executemany("INSERT INTO stock VALUES (?, 'S1', ?, ?, ?)", rows)


@pytest.fixture
def erp(tmp_path: Path) -> Erp:
    return Erp(tmp_path / "project")


def polled(w: World) -> list[str]:
    """In the order of their times: people are taken in their own order each, not in one another's."""
    read = [event for event in w.table("event") if event.source.startswith("poll:")]
    return [event.properties["sku"] for event in sorted(read, key=lambda e: (e.occurred_at, e.properties["sku"]))]


def test_each_row_becomes_one_event_and_the_rule_listens_to_it(world: Callable[..., World], erp: Erp) -> None:
    w = world(RULE, catalog=CATALOG, settings=SETTINGS)
    anna = w.person("M1")
    w.run()
    assert polled(w) == READ
    assert {event.source for event in w.table("event")} == {"poll:rescue"}
    assert next(event.contact_id for event in w.table("event")) == anna
    assert w.codes().count("entered") == 4
    # a row that comes late with the last time is not lost, and none is read twice
    erp.write(("F", "M2", 0, "2026-07-04 10:00:00"))
    w.go(minutes=4)
    assert polled(w) == READ
    w.go(minutes=1)
    w.go(minutes=5)
    assert polled(w) == [*READ, "F"]
    assert w.table("poll_state")[0].last_error is None


def test_rows_read_again_after_a_crash_change_nothing(world: Callable[..., World], erp: Erp) -> None:
    w = world(RULE, catalog=CATALOG, settings=SETTINGS)
    w.run()
    before = [tuple(row) for row in w.table("run")]
    with w.database.write() as conn:  # as if the bookmark had been lost, and with it what was seen
        conn.execute(update(schema.poll_state).values(watermark=None, due_at=0))
    w.run()
    assert polled(w) == READ
    assert [tuple(row) for row in w.table("run")] == before


def test_two_processes_read_each_row_once(world: Callable[..., World], erp: Erp) -> None:
    w = world(RULE, catalog=CATALOG, settings=SETTINGS)
    other = Engine(Project.load(Settings.load(w.folder)), w.database, w.clock)
    assert [w.engine.poll(), other.poll(), w.engine.poll("erp"), other.poll(), other.poll("none")] == [1, 1, 1, 0, 0]
    assert polled(w) == READ
    other.close()


def test_a_bad_row_is_quarantined_once_and_the_others_are_taken(world: Callable[..., World], erp: Erp) -> None:
    erp.write(("G", "M2", "many", "2026-07-05 10:00:00"))
    w = world(RULE, catalog=CATALOG, settings=SETTINGS)
    for _ in range(3):
        w.go(minutes=5)
    assert polled(w) == READ
    (item,) = w.table("quarantine")
    assert (item.origin, item.code) == ("poll:rescue", "catalogue.not_integer")


def test_somebody_named_by_nobodys_number_is_skipped_with_the_reason(world: Callable[..., World], erp: Erp) -> None:
    catalog = CATALOG.replace("type: text, identity", "type: list, identity")
    w = world(RULE, catalog=catalog, settings=SETTINGS)
    anna = w.person("M1")
    w.run()
    assert [row.contact_id for row in w.log("entered")] == [anna]
    assert {row.detail["identity"] for row in w.log("skipped.unknown_contact")} == {"member_no:M2", "member_no:M3"}


def test_a_source_that_is_down_is_told_once_tried_again_and_harms_nobody_else(
    world: Callable[..., World], erp: Erp, caplog: pytest.LogCaptureFixture
) -> None:
    gone = erp.path.rename(erp.path.with_suffix(".away"))
    w = world(RULE, catalog=CATALOG, settings=SETTINGS)
    anna = w.person("M1")
    with caplog.at_level(logging.ERROR):
        for _ in range(4):
            w.go(minutes=5)
    told = [record.getMessage() for record in caplog.records if "rules/rescue" in record.getMessage()]
    assert len(told) == 1
    assert "unable to open database file" in told[0]
    assert not erp.path.exists()
    problems = read_status(w.database, w.engine.project, w.clock.now()).problems
    assert len(problems) == 1
    assert "rescue" in problems[0]
    assert "unable to open database file" in problems[0]
    w.event("order.paid", {"member_no": "M1"})
    w.run()
    assert "entered" in w.codes(anna)
    # when it is back
    gone.rename(erp.path)
    w.go(minutes=5)
    assert polled(w) == READ
    assert read_status(w.database, w.engine.project, w.clock.now()).problems == []


def test_a_source_that_goes_on_failing_is_asked_less_and_less_often(world: Callable[..., World], erp: Erp) -> None:
    w = world(RULE, catalog=CATALOG, settings=SETTINGS)
    w.run()
    erp.path.unlink()
    gaps = []
    for _ in range(7):
        (state,) = w.table("poll_state")
        gaps.append((state.due_at - int(w.clock.now().timestamp() * 1000)) // 60_000)
        w.go(minutes=gaps[-1])
    assert gaps == [5, 5, 10, 20, 40, 60, 60]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (('stock_left AS "left"', "stock_gone"), "no such column: stock_gone"),
        ((", changed_at FROM", " FROM"), "the query gives no column changed_at, but: sku, store_id, member_id, left"),
        ((" ORDER BY changed_at", " ORDER BY changed_at DESC"), "do not come in the order of changed_at"),
        (("changed_at > :watermark", "changed_at > :watermark OR changed_at IS NULL"), "has a NULL"),
        (("LIMIT 4", "LIMIT 2"), "fill a whole page of 2"),
        (("[store_id, sku,", "[store_id, colour,"), "gives no column colour"),
    ],
)
def test_rows_that_do_not_fit_stop_the_rule_with_a_reason(
    world: Callable[..., World], erp: Erp, change: tuple[str, str], error: str
) -> None:
    if "NULL" in change[1]:
        erp.write(("N", "M1", 0, None))
    w = world(RULE.replace(*change), catalog=CATALOG, settings=SETTINGS)
    w.run()
    (state,) = w.table("poll_state")
    assert error in state.last_error


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (("source: erp", "source: crm"), "automation.toml has no [sources.crm]; there are: erp"),
        ((":watermark", "'2026'"), "query has no :watermark"),
        (("SELECT sku", "DELETE FROM stock; SELECT sku"), "query must be one SELECT"),
        (("SELECT sku", "UPDATE sku"), "query must be one SELECT"),
        (("contact: event.member_id", "contact: event.sku"), "event.sku"),
        (("event: store.stock_out", "event: store.nothing"), "store.nothing"),
        (("key: [store_id, sku, member_id, changed_at]", "key: []"), "too few items; at least 1"),
    ],
)
def test_what_is_wrong_with_a_poll_is_told_when_the_rules_are_checked(
    world: Callable[..., World], change: tuple[str, str], error: str
) -> None:
    with pytest.raises(AssertionError) as told:
        world(RULE.replace(*change), catalog=CATALOG, settings=SETTINGS)
    assert error in str(told.value)


def test_a_paused_or_disabled_rule_reads_nothing_and_a_changed_query_begins_anew(
    world: Callable[..., World], erp: Erp
) -> None:
    off = RULE.replace("    trigger:\n", "    enabled: false\n    trigger:\n", 1)
    w = world(off, catalog=CATALOG, settings=SETTINGS)
    w.run()
    assert polled(w) == []
    w.reload(RULE)
    w.run()
    assert polled(w) == READ
    w.reload(RULE.replace("2026-07-01", "2026-06-01"))
    w.run()
    assert sorted(polled(w)) == sorted([*READ, "A"])


# ---------------------------------------------------------------- the source itself


def test_postgresql_is_read_with_its_own_types_and_can_not_be_written(
    world: Callable[..., World], postgres_db: Database
) -> None:
    url = postgres_db.url.render_as_string(hide_password=False)
    with postgres_db.write() as conn:
        conn.execute(text("DROP TABLE IF EXISTS stock"))
        conn.execute(text("CREATE TABLE stock (sku text, store_id int, member_id text, stock_left numeric, "
                          "changed_at timestamptz)"))  # fmt: skip
        conn.execute(text("INSERT INTO stock SELECT 'A' || i, 7, 'M1', 0, timestamptz '2026-07-02 10:00+08' + "
                          "(i / 3) * interval '1 millisecond' FROM generate_series(1, 20) AS i"))  # fmt: skip
    try:
        w = world(RULE, catalog=CATALOG, settings=f'[sources.erp]\nurl = "{url}"\n')
        w.run()
        assert len(polled(w)) == 20
        assert w.table("event")[0].properties["store_id"] == "7"
        with pytest.raises(Exception, match="read-only"):
            Source(url, 5).read("SELECT nextval('event_id_seq'), CAST(:watermark AS text)", "B", 1)
        with pytest.raises(Exception, match="statement timeout"):
            Source(url, 0.1).read("SELECT pg_sleep(5), CAST(:watermark AS text)", "B", 1)
    finally:
        with postgres_db.write() as conn:
            conn.execute(text("DROP TABLE stock"))


def test_sqlite_is_read_only_and_interrupted_when_it_takes_too_long(erp: Erp) -> None:
    source = Source(f"sqlite:///{erp.path}", 0.2)
    assert source.read("SELECT count(*) AS n FROM stock WHERE sku <> :watermark", "", 10) == [{"n": 7}]
    with pytest.raises(Exception, match="readonly"):
        source.read("INSERT INTO stock (sku) VALUES (:watermark) RETURNING sku", "B", 1)
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
    with pytest.raises(Exception, match="interrupted"):
        source.read(f"{numbers} SELECT max(i) FROM n WHERE i > :watermark", 0, 1)
    with pytest.raises(Exception, match="unable to open"):
        Source(f"sqlite:///{erp.path}.not", 1).read("SELECT :watermark", 0, 1)
    with create_engine(f"sqlite:///{erp.path}").connect() as conn:
        assert conn.scalar(text("SELECT count(*) FROM stock")) == 7
