"""Test sends: a ledger of their own, so that nothing that counts messages counts them."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table, Text, text

from automation.store.schema.base import metadata
from automation.store.types import Id, Json, Millis

test_message = Table(
    "test_message",
    metadata,
    Column("id", Id, primary_key=True),
    Column("actor", String(80), nullable=False),  # who sent it
    Column("contact_id", Id, nullable=False),  # whose profile was used; the address is somebody else's
    Column("rule", String(80)),  # the rule's id in the file; it need not run, or be known. None: a template alone
    Column("rule_version", String(16)),  # hash of the rule's content, as the file had it
    Column("step", String(200)),
    Column("channel", String(40), nullable=False),
    Column("address", String(2000), nullable=False),  # of the tester
    Column("template", String(200)),
    Column("template_version", String(16)),  # template_version.hash
    Column("payload", Json),  # what the step asks of the channel beyond the template
    Column("variables", Json),  # what the template read
    Column("mark", String(20), nullable=False),  # what was put before the text; empty: nothing
    Column("status", String(10), nullable=False),  # sending | accepted | failed | unknown
    Column("sent_at", Millis, nullable=False),  # when it was marked, just before the call
    Column("lease_until", Millis, nullable=False),
    Column("provider", String(40), nullable=False),
    Column("account", String(80), nullable=False),
    Column("provider_message_id", String(200)),
    Column("outcome_code", String(80)),
    Column("outcome_detail", Text),
    Column("settled_at", Millis),
    Index("ix_test_message_contact", "contact_id"),
    Index(
        "ix_test_message_lease",
        "lease_until",
        sqlite_where=text("status = 'sending'"),
        postgresql_where=text("status = 'sending'"),
    ),
)
