"""Rules, their versions and triggers, and the switches that stop them."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint, text

from automation.store.schema.base import metadata
from automation.store.types import Id, Json, Millis

rule = Table(
    "rule",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", String(80), nullable=False, unique=True),  # the rule's id in the file
    Column("name", String(200), nullable=False),
    Column("status", String(10), nullable=False),  # active | disabled | broken | absent | finishing | removed
    Column("status_detail", Text),  # why it is broken or absent
    Column("version_id", Id),  # the version that runs now
    Column("canary_version_id", Id),  # the version that a canary's people run meanwhile
    Column("activated_at", Millis),  # since when the trigger listens without a break
    Column("file", String(400)),  # in which it stood when it was last read
    Column("leaves_at", Millis),  # when those inside a removed rule leave; until then it can be undone
)

rule_version = Table(
    "rule_version",
    metadata,
    Column("id", Id, primary_key=True),
    Column("rule_id", Id, ForeignKey("rule.id"), nullable=False),
    Column("version", String(16), nullable=False),  # hash of the normalised content
    Column("content", Json, nullable=False),
    Column("created_at", Millis, nullable=False),
    UniqueConstraint("rule_id", "version"),
)

# How far a clock trigger has been evaluated.
trigger_state = Table(
    "trigger_state",
    metadata,
    Column("rule_id", Id, primary_key=True),
    Column("canary", Integer, primary_key=True, server_default="0"),  # 1: of the version that a canary's people run
    Column("fingerprint", String(16), nullable=False),  # hash of the trigger; a changed trigger starts afresh
    Column("evaluated_to", Millis, nullable=False),
    Column("last_event_id", Id, nullable=False),
)

# One firing of a rule whose trigger is a clock. An event trigger's occurrence is the event itself.
occurrence = Table(
    "occurrence",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", String(80), nullable=False),
    Column("rule_id", Id, nullable=False),
    Column("rule_version_id", Id, nullable=False),
    Column("due_at", Millis, nullable=False),
    Column("since", Millis, nullable=False),  # the firing before this one
    Column("since_event_id", Id, nullable=False),
    Column("status", String(10), nullable=False),  # running | held (for approval) | done | missed
    Column("cursor", Id, nullable=False),  # the last contact looked at
    Column("looked_at", Integer, nullable=False),
    Column("entered", Integer, nullable=False),
    Column("skipped", Json, nullable=False),  # {reason code: count}; entered + skipped = looked_at
    Column("finished_at", Millis),
    Column("reason", String(40)),  # why it is held or was missed
    Column("detail", Json),  # the counts that were weighed
    Column("decided_by", String(80)),  # who approved or rejected it
    Column("canary", Integer, nullable=False, server_default="0"),  # 1: it looks at a canary's people only
    Column("canary_of_id", Id),  # the publication by which people are told apart; None: everybody is looked at
    Column("canary_share", Integer),  # the canary's people, in 1/10,000; the others have a firing of their own
    UniqueConstraint("key", "rule_id", "canary"),
    Index(
        "ix_occurrence_running",
        "id",
        sqlite_where=text("status = 'running'"),
        postgresql_where=text("status = 'running'"),
    ),
    Index("ix_occurrence_rule", "rule_id", "due_at"),
)

# A person whose entry is decided later: the event must not be followed by another, or somebody must approve.
pending_entry = Table(
    "pending_entry",
    metadata,
    Column("event_id", Id, primary_key=True),
    Column("rule_id", Id, primary_key=True),
    Column("contact_id", Id, primary_key=True),
    Column("rule_version_id", Id, nullable=False),
    Column("status", String(10), nullable=False),  # waiting | disabled | held (for approval)
    Column("due_at", Millis, nullable=False),
    Index("ix_pending_entry_due", "status", "due_at"),
    sqlite_with_rowid=False,
)

# The people for whom a rule's segment holds, as last seen. Each rule keeps its own, so that it sees each change once.
segment = Table(
    "segment",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", String(80), nullable=False, unique=True),  # <rule id>:<its name in the file>
    Column("fingerprint", String(16), nullable=False),  # hash of its conditions; changed ones are filled afresh
    Column("filled_at", Millis),  # since when its members are all known; None: nobody enters by it yet
    Column("swept_at", Millis),
    Column("cursor", Id, nullable=False),  # the last contact looked at while it is filled
)

segment_member = Table(
    "segment_member",
    metadata,
    Column("segment_id", Id, primary_key=True),
    Column("contact_id", Id, primary_key=True),
    Column("since", Millis, nullable=False),
    Index(None, "contact_id"),
    sqlite_with_rowid=False,
)

# How far a query against the user's own database has been read.
poll_state = Table(
    "poll_state",
    metadata,
    Column("rule_id", Id, primary_key=True),
    Column("fingerprint", String(16), nullable=False),  # hash of source and query
    Column("watermark", Text),  # the last value seen, as JSON
    Column("due_at", Millis, nullable=False),
    Column("polled_at", Millis),
    Column("last_error", Text),
)

pause = Table(
    "pause",
    metadata,
    Column("scope", String(120), primary_key=True),  # all | rule:<id> | channel:<name>
    Column("reason", String(200), nullable=False),
    Column("actor", String(80), nullable=False),  # a command, or "engine" when it paused by itself
    Column("at", Millis, nullable=False),
)

# Attempts and failures of a rule's messages since it last ran freely, for the automatic pause.
failure_rate = Table(
    "failure_rate",
    metadata,
    Column("rule_id", Id, primary_key=True),
    Column("since", Millis, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
)

# People inside a rule whose new version doesn't let them finish: they are moved or let out, portion by portion.
rule_change = Table(
    "rule_change",
    metadata,
    Column("rule_id", Id, primary_key=True),
    Column("rule_version_id", Id, nullable=False),  # the version that they come to
    Column("cursor", Id, nullable=False),  # the last run looked at
    Column("moved", Integer, nullable=False),
    Column("not_moved", Integer, nullable=False),
    Column("exited", Integer, nullable=False),
)
