"""What was decided, by whom, and who is at work."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table, Text

from automation.store.schema.base import metadata
from automation.store.types import Id, Json, Millis

execution_log = Table(
    "execution_log",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Millis, nullable=False),
    Column("code", String(40), nullable=False),  # automation.reasons.Reason
    Column("rule_id", Id),
    Column("rule_version_id", Id),
    Column("contact_id", Id),
    Column("run_id", Id),
    Column("event_id", Id),
    Column("message_id", Id),
    Column("step", String(200)),  # the path in the rule
    Column("detail", Json),  # the values seen
    Index("ix_execution_log_contact", "contact_id", "id"),
    Index("ix_execution_log_rule", "rule_id", "id"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Millis, nullable=False),
    Column("actor", String(80), nullable=False),  # a command, "ingest", a plugin's type
    Column("action", String(80), nullable=False),  # contact.merged …
    Column("subject", String(200), nullable=False),
    Column("detail", Json, nullable=False),
    Column("seq", Id),  # the row's place in the chain, without gaps; None until its transaction ends
    Column("salt", String(32)),  # None: subject and detail were erased
    Column("digest", String(64)),  # SHA-256 of salt, subject and detail
    Column("prev_hash", String(64)),  # the hash of the row before it in the chain
    Column("hash", String(64)),  # SHA-256 of everything else and prev_hash
    Index("ix_audit_subject", "subject", "id"),
    Index("ix_audit_seq", "seq", unique=True),
)

daemon = Table(
    "daemon",
    metadata,
    Column("instance", String(40), primary_key=True),
    Column("pid", Integer, nullable=False),
    Column("host", String(200), nullable=False),
    Column("started_at", Millis, nullable=False),
    Column("heartbeat_at", Millis, nullable=False),
    Column("stopped_at", Millis),
    Column("last_error", Text),
)
