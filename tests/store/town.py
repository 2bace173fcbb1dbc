"""A town of rows: enough of everything for a planner to have a choice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automation.store import schema
from automation.store.bulk import insert_rows

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.store.database import Database

NOW = 1_785_556_800_000  # 2026-08-01 12:00 in Shanghai
DAY = 86_400_000
PEOPLE = 2_000
RUNS = 6_000
CHANNELS = ("sms", "email")
RUN_STATES = ("done", "done", "done", "done", "active", "held", "sending", "exited")
MESSAGE_STATES = ("accepted", "accepted", "accepted", "failed", "queued", "sending", "dropped", "accepted")


def build(database: Database) -> None:
    """Fill every table that grows. Times lie in the 60 days before NOW; whatever waits, waits until after it."""
    with database.write() as conn:
        _people(conn)
        _rules(conn)
        _facts(conn)
        _runs(conn)
        _messages(conn)
        _coupons(conn)
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.exec_driver_sql("ANALYZE")


def _people(conn: Connection) -> None:
    ids = range(1, PEOPLE + 1)
    rows = [(i, '{"level":"金卡"}', NOW, NOW) for i in ids]
    _put(conn, "contact", ["id", "attributes", "created_at", "updated_at"], rows)
    _put(conn, "identity", ["kind", "value", "contact_id", "created_at"], [("member_no", f"M{i}", i, NOW) for i in ids])
    days = [("birthday", f"{i % 12 + 1:02}-{i % 28 + 1:02}", i, "") for i in ids]
    _put(conn, "contact_date", ["field", "month_day", "contact_id", "lunar_month_day"], days)
    _put(conn, "contact_tag", ["contact_id", "tag", "created_at"], [(i, f"t{i % 9}", NOW) for i in ids])
    consents = [(i, "marketing", "*", "granted", "", NOW) for i in ids]
    _put(conn, "consent", ["contact_id", "purpose", "channel", "state", "source", "changed_at"], consents)
    listed = [(i, f"a{i}@x.cn", "*", "", NOW) for i in ids]
    _put(conn, "suppression", ["contact_id", "address", "channel", "reason", "created_at"], listed)


def _rules(conn: Connection) -> None:
    _put(conn, "rule", ["id", "key", "name", "status"], [(i, f"r{i}", "", "active") for i in range(1, 51)])
    versions = [(i, i, "v", "{}", NOW) for i in range(1, 51)]
    _put(conn, "rule_version", ["id", "rule_id", "version", "content", "created_at"], versions)
    columns = ["id", "key", "rule_id", "rule_version_id", "due_at", "since", "since_event_id", "status", "cursor",
               "looked_at", "entered", "skipped"]  # fmt: skip
    rows = [(i, f"k{i}", i % 50 + 1, i % 50 + 1, NOW, 0, 0, "running" if i > 1990 else "done", 0, 0, 0, "{}")
            for i in range(1, 2001)]  # fmt: skip
    _put(conn, "occurrence", columns, rows)


def _facts(conn: Connection) -> None:
    columns = ["id", "name", "contact_id", "occurred_at", "received_at", "source", "message_id", "properties"]
    rows = [(i, f"event.{i % 20}", i % PEOPLE + 1, NOW - i * DAY // 200, NOW, "s", f"m{i}", "{}")
            for i in range(1, 12_001)]  # fmt: skip
    _put(conn, "event", columns, rows)
    _put(conn, "event_time", ["source", "message_id", "occurred_at"], [("s", f"u{i}", NOW) for i in range(2_000)])
    items = [(i, NOW, "f", "ingest.nul", "{}", "{}", 0, "open" if i % 10 == 0 else "retried") for i in range(1, 2_001)]
    _put(conn, "quarantine", ["id", "at", "origin", "code", "detail", "payload", "repeat", "status"], items)
    log = [(i, NOW - i, "entered", i % 50 + 1, i % 50 + 1, i % PEOPLE + 1) for i in range(1, 12_001)]
    _put(conn, "execution_log", ["id", "at", "code", "rule_id", "rule_version_id", "contact_id"], log)


def _runs(conn: Connection) -> None:
    columns = ["id", "key", "rule_id", "rule_version_id", "contact_id", "status", "position", "due_at", "mode_key",
               "variables", "entered_at", "ended_at"]  # fmt: skip
    rows = []
    for i in range(1, RUNS + 1):
        state = RUN_STATES[i % 8]
        alive = state in ("active", "held", "sending")
        due = NOW + i - RUNS // 2 if state == "active" else None
        rows.append(
            (i, f"e{i}", i % 50 + 1, i % 50 + 1, i % PEOPLE + 1, state, 0, due, "" if alive else None, "{}", NOW - i,
             None if alive else NOW)
        )  # fmt: skip
    _put(conn, "run", columns, rows, skip_existing=True)


def _messages(conn: Connection) -> None:
    columns = ["id", "run_id", "step", "visit", "channel", "rest", "contact_id", "rule_id", "rule_version_id",
               "purpose", "address", "status", "queued_at", "due_at", "attempts", "lease_until"]  # fmt: skip
    rows = []
    for i in range(1, RUNS + 1):
        state = MESSAGE_STATES[i % 8]
        due = NOW + i - RUNS // 2 if state == "queued" else None
        lease = NOW + i - RUNS // 2 if state == "sending" else None
        rows.append(
            (i, i, "s", 0, CHANNELS[i // 8 % 2], "[]", i % PEOPLE + 1, i % 50 + 1, i % 50 + 1, "marketing", "a", state,
             NOW - i * 1000, due, 1, lease)
        )  # fmt: skip
    _put(conn, "message", columns, rows)


def _coupons(conn: Connection) -> None:
    definition = '{"kind":"pool","stock":null,"per_contact":1}'
    batches = [(i, f"b{i}", definition, 0, NOW) for i in range(1, 11)]
    _put(conn, "coupon_batch", ["id", "key", "definition", "issued", "created_at"], batches)
    codes = [(i, i % 10 + 1, f"c{i}", "free", None, None, None) if i % 4 == 0 else
             (i, i % 10 + 1, f"c{i}", "issued", i % PEOPLE + 1, i, "s") for i in range(1, 4_001)]  # fmt: skip
    _put(conn, "coupon_code", ["id", "batch_id", "code", "status", "contact_id", "run_id", "step"], codes)


def _put(conn: Connection, table: str, columns: list[str], rows: list[tuple[Any, ...]], **options: bool) -> None:
    insert_rows(conn, schema.metadata.tables[table], tuple(columns), rows, **options)
