"""A scratch copy of a database: SQLite in a temporary file, for what is tried out and thrown away."""

from __future__ import annotations

from collections.abc import Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, Text, cast, func, select
from sqlalchemy.schema import CreateIndex, CreateTable

from automation.memory import uncollected
from automation.reasons import Reason
from automation.store.bulk import insert_rows
from automation.store.database import Database
from automation.store.lists import named_rows
from automation.store.schema import (
    contact,
    coupon_batch,
    coupon_code,
    event,
    execution_log,
    message,
    metadata,
    pending_entry,
    rule,
    run,
)
from automation.store.schema import execution_log as log

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection, Table

    from automation.store.types import AnyRow

CHUNK = 5_000
"""Events in hand at once."""
PORTION = 10_000
"""Rows that are copied at once, whatever the size of a table; as many again are on their way."""
_NOT_COPIED = frozenset({"audit", "daemon", "provider_token", "quarantine"})
"""What no decision reads."""
_FORGOTTEN = (
    "budget_use", "execution_log", "failure_rate", "occurrence", "pause", "pending_entry", "poll_state",
    "provider_account", "rule_change", "segment", "segment_member", "trigger_state",
)  # fmt: skip
"""What belongs to the time after the moment that a copy is taken back to."""


def copy_database(source: Database, file: Path, *, with_log: bool = True) -> Database:
    """Everything that decisions read, as of one moment, in a new SQLite `file`. The source is only read.

    Without the log where nobody asks what was decided before: on PostgreSQL that saves the longest of the tables.
    """
    scratch = Database(f"sqlite:///{file}", durable=False)
    try:
        if source.file is not None:
            _back_up(source, scratch)
        else:
            _copy_rows(source, scratch, _NOT_COPIED if with_log else _NOT_COPIED | {execution_log.name})
    except BaseException:
        scratch.close()
        raise
    return scratch


def _copy_rows(source: Database, scratch: Database, left_out: Set[str]) -> None:
    _pragmas(scratch, "journal_mode = DELETE", "journal_mode = OFF")  # each row is written once; OFF not from WAL
    with source.snapshot() as conn, scratch.write() as target, uncollected():
        for table in metadata.sorted_tables:
            target.execute(CreateTable(table))
            if table.name not in left_out:
                _stream(conn, target, table)
        _index(target)
    _pragmas(scratch, "journal_mode = WAL")


def _pragmas(scratch: Database, *settings: str) -> None:
    """Outside a transaction, on the one connection that there is."""
    with closing(scratch.engine.raw_connection()) as raw:
        for setting in settings:
            raw.cursor().execute("PRAGMA " + setting)


def _index(target: Connection) -> None:
    """After the rows, because a growing index is written again and again. Millions of keys are sorted in files."""
    target.exec_driver_sql("PRAGMA temp_store = FILE")
    for table in metadata.sorted_tables:
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            target.execute(CreateIndex(index))
    target.exec_driver_sql("PRAGMA temp_store = MEMORY")


def _back_up(source: Database, target: Database) -> None:
    """SQLite's own copy: writers go on meanwhile."""
    with source.read() as conn, closing(target.engine.raw_connection()) as raw:
        ours: Any = conn.connection.driver_connection
        ours.backup(raw.driver_connection)
        ours.execute("PRAGMA shrink_memory")  # of what was copied nothing is read again


def _stream(conn: Connection, target: Connection, table: Table) -> None:
    """One table, portion by portion in the order of its key; JSON as its text. The driver's own rows, untouched.

    While one portion is written, the server gathers the next.
    """
    columns = [cast(c, Text).label(c.name) if isinstance(c.type, JSON) else c for c in table.columns]
    query = str(select(*columns).order_by(*table.primary_key).compile(dialect=conn.dialect))
    names = tuple(column.name for column in table.columns)
    driver: Any = conn.connection.driver_connection
    with driver.cursor(name="scratch", binary=True) as cursor, ThreadPoolExecutor(1) as ahead:
        cursor.execute(query)
        coming = ahead.submit(cursor.fetchmany, PORTION)
        while rows := coming.result():
            coming = ahead.submit(cursor.fetchmany, PORTION)
            insert_rows(target, table, names, rows)


def take_back(scratch: Database, moment: int) -> None:
    """Make a copy look as it did at a moment: what was stored, entered, sent and issued since then is gone.

    Whoever was inside then is out, with the run kept for cooldowns; profiles, tags and consents stay as they are now.
    """
    with scratch.write() as conn:
        _empty(conn, _FORGOTTEN)
        conn.execute(event.delete().where(event.c.received_at >= moment))
        conn.execute(message.delete().where(message.c.queued_at >= moment))
        conn.execute(message.update().where(message.c.status == "queued").values(status="dropped", due_at=None))
        conn.execute(run.delete().where(run.c.entered_at >= moment))
        conn.execute(run.update().where(run.c.ended_at.is_(None)).values(
            status="exited", ended_at=moment, due_at=None, mode_key=None, queue_key=None, wait_event=None,
        ))  # fmt: skip
        conn.execute(rule.update().where(rule.c.activated_at.is_not(None)).values(activated_at=moment))
        _take_back_codes(conn, moment)


def _take_back_codes(conn: Connection, moment: int) -> None:
    """A generated code came to be when it was issued; one of a pool is free again."""
    later = coupon_code.c.issued_at >= moment
    generated = func.json_extract(coupon_batch.c.definition, "$.kind") == "generated"
    made = coupon_code.c.batch_id.in_(select(coupon_batch.c.id).where(generated))
    conn.execute(coupon_code.delete().where(later, made))
    conn.execute(coupon_code.update().where(later).values(
        status="free", contact_id=None, run_id=None, step=None, issued_at=None, expires_at=None, returned_at=None,
    ))  # fmt: skip
    issued = select(func.count()).where(
        coupon_code.c.batch_id == coupon_batch.c.id, coupon_code.c.status.in_(("issued", "expired"))
    )
    conn.execute(coupon_batch.update().values(issued=issued.scalar_subquery()))


def forget_pauses(conn: Connection) -> None:
    """Nothing stands still in a copy: a pause ends some day, and a plan is about the time after it."""
    _empty(conn, ("pause", "provider_account", "failure_rate"))
    conn.execute(run.update().where(run.c.status == "held").values(status="active"))


def _empty(conn: Connection, names: tuple[str, ...]) -> None:
    for name in names:
        conn.execute(metadata.tables[name].delete())


def next_due(conn: Connection) -> int | None:
    """When the next run, message or put off entry comes due; may lie in the past."""
    moments = (
        select(func.min(run.c.due_at)).where(run.c.status == "active"),
        select(func.min(message.c.due_at)).where(message.c.status == "queued"),
        select(func.min(pending_entry.c.due_at)).where(pending_entry.c.status == "waiting"),
    )
    found = [conn.scalar(query) for query in moments]
    return min((moment for moment in found if moment is not None), default=None)


def endless_since(conn: Connection, begin: int) -> int | None:
    """When the engine first stopped rules that called each other on and on."""
    stopped = log.c.code == Reason.SKIPPED_ENDLESS.value, log.c.at >= begin
    at: int | None = conn.scalar(select(func.min(log.c.at)).where(*stopped))
    return at


def page_of_events(
    conn: Connection, begin: int, end: int, *, after: int, without: str, limit: int = CHUNK
) -> list[AnyRow]:
    """Events received in [begin, end) with an id above `after`, in order, but for those of the source `without`.

    (id, name, contact_id as of today, occurred_at, received_at, source, message_id, channel, properties as text).
    """
    today = func.coalesce(contact.c.merged_into, event.c.contact_id).label("contact_id")
    columns = [
        event.c[name] for name in ("id", "name", "occurred_at", "received_at", "source", "message_id", "channel")
    ]
    found = (
        select(*columns, today, cast(event.c.properties, Text).label("properties"))
        .outerjoin(contact, contact.c.id == event.c.contact_id)
        .where(event.c.id > after, event.c.received_at >= begin, event.c.received_at < end, event.c.source != without)
        .order_by(event.c.id)
        .limit(limit)
    )
    return named_rows(conn, found)
