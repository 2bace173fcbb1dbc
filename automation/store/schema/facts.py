"""Facts: events, and what could not be taken as one."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table, Text, UniqueConstraint, text

from automation.store.schema.base import metadata
from automation.store.types import Id, Json, Millis

event = Table(
    "event",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(120), nullable=False),
    Column("contact_id", Id),  # None: the event names nobody by itself (store.stock_out)
    Column("occurred_at", Millis, nullable=False),
    Column("received_at", Millis, nullable=False),
    Column("source", String(80), nullable=False),
    Column("message_id", String(200), nullable=False),
    Column("channel", String(40)),
    Column("properties", Json, nullable=False),
    # The dedupe key begins with the time, because a random key costs SQLite 3 to 7 times as much.
    UniqueConstraint("occurred_at", "source", "message_id"),
    Index("ix_event_contact", "contact_id", "name", "occurred_at", sqlite_where=text("contact_id IS NOT NULL")),
)

# The time we gave to an event that came without one, so that its resend gets the same time and is recognised.
event_time = Table(
    "event_time",
    metadata,
    Column("source", String(80), primary_key=True),
    Column("message_id", String(200), primary_key=True),
    Column("occurred_at", Millis, nullable=False),
    sqlite_with_rowid=False,
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Millis, nullable=False),
    Column("origin", String(200), nullable=False),  # a file and line, or the sender
    Column("code", String(80), nullable=False),  # the i18n key of the reason
    Column("detail", Json, nullable=False),  # the sentence's parameters
    Column("payload", Text, nullable=False),  # the item as it came
    Column("repeat", Integer, nullable=False),  # how many identical items its input held before it
    Column("source", String(80), nullable=False, server_default=""),  # whom the door knew it to come from
    Column("status", String(10), nullable=False),  # open | retried | dropped
    Index("ix_quarantine_status", "status", "id"),
)
