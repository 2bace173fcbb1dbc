"""Polling: rows of another database become events, once each, whatever happens in between."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.engine.world import World

CATALOG = """
events:
  store.stock_out:
    label: 缺货
    properties: {member_id: {type: text, identity: member_no}, sku: text, store_id: text, left: integer}
"""
RULE = """
rules:
  - id: rescue
    trigger:
      type: poll
      with:
        source: erp
        query: |
          SELECT sku, store_id, member_id, stock_left AS left, changed_at FROM stock
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
"""
SETTINGS = """
[sources.erp]
url = "sqlite:///erp.db"
"""


class Erp:
    """The user's own database."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "erp.db"
        with sqlite3.connect(self.path) as db:
            db.execute("CREATE TABLE stock (sku, store_id, member_id, stock_left, changed_at)")

    def write(self, *rows: Sequence[object]) -> None:
        with sqlite3.connect(self.path) as db:
            db.executemany("INSERT INTO stock VALUES (?, 'S1', ?, ?, ?)", rows)


def test_each_row_becomes_one_event_and_the_rule_listens_to_it(world: Callable[..., World], tmp_path: Path) -> None:
    # given
    erp = Erp(tmp_path / "project")
    erp.write(
        ("A", "M1", 0, "2026-06-30 10:00:00"),  # before the start
        ("A", "M1", 0, "2026-07-02 10:00:00"),
        ("Z", "M2", 7, "2026-07-02 10:00:00"),
        ("B", "M1", 5, "2026-07-03 10:00:00"),
        ("C", "M2", 0, "2026-07-03 10:00:00"),
        ("D", "M3", 0, "2026-07-03 10:00:00"),  # the page ends before it
        ("E", "M3", 0, "2026-07-04 10:00:00"),
    )
    w = world(RULE, catalog=CATALOG, settings=SETTINGS)
    # when
    w.run()
    # then
    assert [e.properties["sku"] for e in w.table("event")] == ["A", "Z", "B", "C", "D", "E"]
    assert {e.source for e in w.table("event")} == {"poll:rescue"}
    assert w.codes().count("entered") == 4
    # and a row that comes late with the last time is not lost, while none is read twice
    erp.write(("F", "M2", 0, "2026-07-04 10:00:00"))
    w.go(minutes=4)
    assert len(w.table("event")) == 6
    w.go(minutes=1)
    w.go(minutes=5)
    assert [e.properties["sku"] for e in w.table("event")] == ["A", "Z", "B", "C", "D", "E", "F"]
    (state,) = w.table("poll_state")
    assert state.last_error is None
