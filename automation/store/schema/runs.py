"""Runs: one person's passage through one rule."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table, UniqueConstraint, text

from automation.store.schema.base import metadata
from automation.store.types import Id, Json, Millis

run = Table(
    "run",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", String(80), nullable=False),  # the occurrence key
    Column("rule_id", Id, nullable=False),
    Column("rule_version_id", Id, nullable=False),
    Column("contact_id", Id, nullable=False),
    Column("event_id", Id),
    Column("occurrence_id", Id),
    Column("status", String(10), nullable=False),  # active | sending | held | queued | done | exited | failed
    Column("position", Integer, nullable=False),  # index into the version's program
    Column("due_at", Millis),  # when it moves on; None when it waits for a message or has ended
    Column("mode_key", String(200)),  # what `mode.per` names, while the run is alive; None otherwise or in parallel
    Column("variables", Json, nullable=False),  # {save_as: outputs}
    Column("entered_at", Millis, nullable=False),
    Column("ended_at", Millis),
    Column("reason", String(40)),  # how it ended
    Column("visit", Integer, nullable=False, server_default="0"),  # how many rounds its loops have begun
    Column("wait_event", String(120)),  # the event it waits for
    Column("queue_key", String(200)),  # the place it queues for, as `mode_key`, while it stands in a queue
    Column("goal_at", Millis),  # when its goal was met
    Column("goal_event_id", Id),
    # See store/entry_moment.py. None: it had ended when these columns came.
    Column("since_at", Millis),  # the own time of what let the person in, from which waits and goals count
    Column("since_event_id", Id),  # what happened since came after this event
    # One occurrence enters one contact at most once. The key grows with time, so it comes first.
    UniqueConstraint("key", "rule_id", "contact_id"),
    Index("ix_run_due", "due_at", sqlite_where=text("status = 'active'"), postgresql_where=text("status = 'active'")),
    Index("ix_run_contact", "contact_id", "rule_id", "entered_at"),
    Index("ix_run_held", "rule_id", sqlite_where=text("status = 'held'"), postgresql_where=text("status = 'held'")),
    Index(
        "ix_run_waiting",
        "contact_id",
        "wait_event",
        sqlite_where=text("wait_event IS NOT NULL"),
        postgresql_where=text("wait_event IS NOT NULL"),
    ),
    Index(
        "ix_run_queue",
        "contact_id",
        "rule_id",
        "queue_key",
        "id",
        sqlite_where=text("queue_key IS NOT NULL"),
        postgresql_where=text("queue_key IS NOT NULL"),
    ),
    Index(
        "uq_run_mode",
        "contact_id",
        "rule_id",
        "mode_key",
        unique=True,
        sqlite_where=text("mode_key IS NOT NULL"),
        postgresql_where=text("mode_key IS NOT NULL"),
    ),
)
