"""Every table, in the order a person meets them: people, facts, rules, runs, messages, coupons, the log."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, String, Table, Text, UniqueConstraint, text

from automation.store.types import Id, Json, Millis

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# ---------------------------------------------------------------- people

contact = Table(
    "contact",
    metadata,
    Column("id", Id, primary_key=True),
    Column("attributes", Json, nullable=False),  # {field: normalised value}, see catalogue/types.py
    Column("merged_into", Id),  # the surviving contact, when this one was merged away
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis, nullable=False),
    Index(
        "ix_contact_merged",
        "merged_into",
        sqlite_where=text("merged_into IS NOT NULL"),
        postgresql_where=text("merged_into IS NOT NULL"),
    ),
)

identity = Table(
    "identity",
    metadata,
    Column("kind", String(40), primary_key=True),  # phone, email, member_no, wechat_openid …
    Column("value", String(320), primary_key=True),  # normalised: E.164, lower-case e-mail
    Column("contact_id", Id, nullable=False),
    Column("created_at", Millis, nullable=False),
    Index(None, "contact_id"),
    sqlite_with_rowid=False,
)

# The month and day of every attribute that is a date, so that "whose birthday is it" is an index range.
contact_date = Table(
    "contact_date",
    metadata,
    Column("field", String(80), primary_key=True),
    Column("month_day", String(5), primary_key=True),  # "08-04"
    Column("contact_id", Id, primary_key=True),
    Column("lunar_month_day", String(6), nullable=False),  # "06-22", a leap month "L06-22"; "" when out of the table
    Index("ix_contact_date_lunar", "field", "lunar_month_day", "contact_id"),
    Index(None, "contact_id"),
    sqlite_with_rowid=False,
)

contact_tag = Table(
    "contact_tag",
    metadata,
    Column("contact_id", Id, primary_key=True),
    Column("tag", String(80), primary_key=True),
    Column("created_at", Millis, nullable=False),
    Index(None, "tag", "contact_id"),
    sqlite_with_rowid=False,
)

consent = Table(
    "consent",
    metadata,
    Column("contact_id", Id, primary_key=True),
    Column("purpose", String(40), primary_key=True),  # marketing …
    Column("channel", String(40), primary_key=True),  # a channel, or "*" for all
    Column("state", String(10), nullable=False),  # granted | denied
    Column("source", String(200), nullable=False),
    Column("changed_at", Millis, nullable=False),
    sqlite_with_rowid=False,
)

# Nobody on this list is sent anything. Either a contact or an address; `channel` may be "*".
suppression = Table(
    "suppression",
    metadata,
    Column("id", Id, primary_key=True),
    Column("contact_id", Id),
    Column("address", String(320)),
    Column("channel", String(40), nullable=False),
    Column("reason", String(200), nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("until", Millis),  # None: for ever
    Index(None, "contact_id"),
    Index(None, "address"),
)

# ---------------------------------------------------------------- facts

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
    Column("status", String(10), nullable=False),  # open | retried | dropped
    Index("ix_quarantine_status", "status", "id"),
)

# ---------------------------------------------------------------- rules

rule = Table(
    "rule",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", String(80), nullable=False, unique=True),  # the rule's id in the file
    Column("name", String(200), nullable=False),
    Column("status", String(10), nullable=False),  # active | disabled | broken | removed
    Column("status_detail", Text),  # why it is broken
    Column("version_id", Id),  # the version that runs now
    Column("activated_at", Millis),  # since when the trigger listens without a break
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
    Column("status", String(10), nullable=False),  # running | done | missed
    Column("cursor", Id, nullable=False),  # the last contact looked at
    Column("looked_at", Integer, nullable=False),
    Column("entered", Integer, nullable=False),
    Column("skipped", Json, nullable=False),  # {reason code: count}; entered + skipped = looked_at
    Column("finished_at", Millis),
    UniqueConstraint("key", "rule_id"),
    Index(
        "ix_occurrence_running",
        "id",
        sqlite_where=text("status = 'running'"),
        postgresql_where=text("status = 'running'"),
    ),
    Index("ix_occurrence_rule", "rule_id", "due_at"),
)

# ---------------------------------------------------------------- runs

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
    Column("status", String(10), nullable=False),  # active | sending | held | done | exited | failed
    Column("position", Integer, nullable=False),  # index into the version's program
    Column("due_at", Millis),  # when it moves on; None when it waits for a message or has ended
    Column("mode_key", String(200)),  # what `mode.per` names, while the run is alive; None otherwise or in parallel
    Column("variables", Json, nullable=False),  # {save_as: outputs}
    Column("entered_at", Millis, nullable=False),
    Column("ended_at", Millis),
    Column("reason", String(40)),  # how it ended
    # One occurrence enters one contact at most once. The key grows with time, so it comes first.
    UniqueConstraint("key", "rule_id", "contact_id"),
    Index("ix_run_due", "due_at", sqlite_where=text("status = 'active'"), postgresql_where=text("status = 'active'")),
    Index("ix_run_contact", "contact_id", "rule_id", "entered_at"),
    Index("ix_run_held", "rule_id", sqlite_where=text("status = 'held'"), postgresql_where=text("status = 'held'")),
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

# ---------------------------------------------------------------- the message ledger

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

# ---------------------------------------------------------------- coupons

coupon_batch = Table(
    "coupon_batch",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", String(80), nullable=False, unique=True),
    Column("definition", Json, nullable=False),  # as in the catalogue
    Column("issued", Integer, nullable=False),
    Column("created_at", Millis, nullable=False),
)

coupon_code = Table(
    "coupon_code",
    metadata,
    Column("id", Id, primary_key=True),
    Column("batch_id", Id, ForeignKey("coupon_batch.id"), nullable=False),
    Column("code", String(80), nullable=False),
    Column("status", String(10), nullable=False),  # free | issued
    Column("contact_id", Id),
    Column("run_id", Id),
    Column("step", String(200)),
    Column("issued_at", Millis),
    Column("expires_at", Millis),
    UniqueConstraint("batch_id", "code"),
    UniqueConstraint("run_id", "step"),
    Index(
        "ix_coupon_code_free",
        "batch_id",
        "id",
        sqlite_where=text("status = 'free'"),
        postgresql_where=text("status = 'free'"),
    ),
    Index("ix_coupon_code_contact", "contact_id", "batch_id"),
)

# ---------------------------------------------------------------- what was decided

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
    Index("ix_audit_subject", "subject", "id"),
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
