"""The message ledger, and the accounts and budgets that messages use up."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, String, Table, Text, UniqueConstraint, text

from automation.store.schema.base import metadata
from automation.store.types import Id, Json, Millis

message = Table(
    "message",
    metadata,
    Column("id", Id, primary_key=True),
    Column("run_id", Id, nullable=False),
    Column("step", String(200), nullable=False),  # the step's path in the rule
    Column("visit", Integer, nullable=False),  # 0, or how often a loop came by before
    Column("channel", String(40), nullable=False),
    Column("rest", Json, nullable=False),  # the channels to try if this one refuses
    Column("contact_id", Id, nullable=False),
    Column("rule_id", Id, nullable=False),
    Column("rule_version_id", Id, nullable=False),
    Column("purpose", String(40)),  # marketing …; None: the person is not reached (webhook, tag call), no guard applies
    Column("address", String(2000), nullable=False),
    Column("template", String(200)),
    Column("template_version", String(16)),  # template_version.hash, known once rendered
    Column("payload", Json),  # what the step asks of the channel beyond the template
    Column("variables", Json),  # what the template read, known once rendered
    Column("status", String(10), nullable=False),  # queued | sending | accepted | failed | unknown | dropped
    Column("queued_at", Millis, nullable=False),
    Column("due_at", Millis),  # when it may be sent; None unless queued
    Column("expires_at", Millis),
    Column("attempts", Integer, nullable=False),
    Column("lease_until", Millis),  # set while sending
    Column("provider", String(40)),
    Column("provider_message_id", String(200)),
    Column("outcome_code", String(80)),
    Column("outcome_detail", Text),
    Column("settled_at", Millis),
    Column("account", String(80)),  # which of the channel's accounts has it
    Column("cost", Id),  # in 1/10,000 of the currency unit, known once rendered
    Column("budget_day", String(10)),  # of whose budget it takes its place; None: of none, or given back
    Column("look_up_at", Millis),  # when the provider is asked about an unknown one
    Column("sent_at", Millis),  # when it was last handed to its provider
    Column("resent_at", Millis),  # when it was queued once more because its outcome was unknown
    UniqueConstraint("run_id", "step", "visit", "channel"),
    Index(
        "ix_message_due",
        "channel",
        "due_at",
        sqlite_where=text("status = 'queued'"),
        postgresql_where=text("status = 'queued'"),
    ),
    Index(
        "ix_message_lease",
        "lease_until",
        sqlite_where=text("status = 'sending'"),
        postgresql_where=text("status = 'sending'"),
    ),
    Index(
        "ix_message_expiry",
        "expires_at",
        sqlite_where=text("status = 'queued' AND expires_at IS NOT NULL"),
        postgresql_where=text("status = 'queued' AND expires_at IS NOT NULL"),
    ),
    Index(
        "ix_message_unknown",
        "look_up_at",
        sqlite_where=text("status = 'unknown'"),
        postgresql_where=text("status = 'unknown'"),
    ),
    Index("ix_message_contact", "contact_id", "queued_at"),
    Index(
        "ix_message_provider",
        "provider_message_id",
        sqlite_where=text("provider_message_id IS NOT NULL"),
        postgresql_where=text("provider_message_id IS NOT NULL"),
    ),
)

template_version = Table(
    "template_version",
    metadata,
    Column("hash", String(16), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("channel", String(40), nullable=False),
    Column("content", Text, nullable=False),
    Column("created_at", Millis, nullable=False),
)

# One account of a provider as all processes see it: its circuit breaker and its bucket of tokens.
provider_account = Table(
    "provider_account",
    metadata,
    Column("account", String(80), primary_key=True),  # channel:name
    Column("failures", Integer, nullable=False),  # in a row
    Column("open_until", Millis),  # the breaker: nothing is sent before; None while it is closed
    Column("probing_until", Millis),  # one process tries it while the others wait
    Column("tokens", Float, nullable=False),
    Column("tokens_at", Millis, nullable=False),
    Column("last_code", String(80)),  # the last failure
    Column("changed_at", Millis, nullable=False),
)

# Access tokens of providers, shared by all processes and refreshed under a lock.
provider_token = Table(
    "provider_token",
    metadata,
    Column("account", String(200), primary_key=True),  # provider:app id
    Column("token", Text, nullable=False),
    Column("expires_at", Millis, nullable=False),
    Column("leased_until", Millis),  # one process fetches a new token; the others use the old one while it lives
)

# What a rule has spent on a local calendar day.
budget_use = Table(
    "budget_use",
    metadata,
    Column("rule_id", Id, primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("messages", Id, nullable=False),
    Column("cost", Id, nullable=False),  # in 1/10,000 of the currency unit
    sqlite_with_rowid=False,
)
