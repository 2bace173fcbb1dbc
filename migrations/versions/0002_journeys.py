"""Journeys, switches and the accounts of providers

Revision: 0002, after 0001
"""

import sqlalchemy as sa
from alembic import op

from migrations import columns

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "budget_use",
        sa.Column("rule_id", columns.Int64, nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("messages", columns.Int64, nullable=False),
        sa.Column("cost", columns.Int64, nullable=False),
        sa.PrimaryKeyConstraint("rule_id", "day", name=op.f("pk_budget_use")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "contact_problem",
        sa.Column("contact_id", columns.Int64, nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("value", sa.String(length=2000), nullable=False),
        sa.Column("at", columns.Int64, nullable=False),
        sa.PrimaryKeyConstraint("contact_id", "channel", name=op.f("pk_contact_problem")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "failure_rate",
        sa.Column("rule_id", columns.Int64, nullable=False),
        sa.Column("since", columns.Int64, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("rule_id", name=op.f("pk_failure_rate")),
    )
    op.create_table(
        "pause",
        sa.Column("scope", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("at", columns.Int64, nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_pause")),
    )
    op.create_table(
        "pending_entry",
        sa.Column("event_id", columns.Int64, nullable=False),
        sa.Column("rule_id", columns.Int64, nullable=False),
        sa.Column("contact_id", columns.Int64, nullable=False),
        sa.Column("rule_version_id", columns.Int64, nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("due_at", columns.Int64, nullable=False),
        sa.PrimaryKeyConstraint("event_id", "rule_id", "contact_id", name=op.f("pk_pending_entry")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("pending_entry", schema=None) as batch_op:
        batch_op.create_index("ix_pending_entry_due", ["status", "due_at"], unique=False)

    op.create_table(
        "poll_state",
        sa.Column("rule_id", columns.Int64, nullable=False),
        sa.Column("fingerprint", sa.String(length=16), nullable=False),
        sa.Column("watermark", sa.Text(), nullable=True),
        sa.Column("due_at", columns.Int64, nullable=False),
        sa.Column("polled_at", columns.Int64, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("rule_id", name=op.f("pk_poll_state")),
    )
    op.create_table(
        "provider_account",
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("open_until", columns.Int64, nullable=True),
        sa.Column("probing_until", columns.Int64, nullable=True),
        sa.Column("tokens", sa.Float(), nullable=False),
        sa.Column("tokens_at", columns.Int64, nullable=False),
        sa.Column("last_code", sa.String(length=80), nullable=True),
        sa.Column("changed_at", columns.Int64, nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_provider_account")),
    )
    op.create_table(
        "rule_change",
        sa.Column("rule_id", columns.Int64, nullable=False),
        sa.Column("rule_version_id", columns.Int64, nullable=False),
        sa.Column("cursor", columns.Int64, nullable=False),
        sa.Column("moved", sa.Integer(), nullable=False),
        sa.Column("not_moved", sa.Integer(), nullable=False),
        sa.Column("exited", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("rule_id", name=op.f("pk_rule_change")),
    )
    op.create_table(
        "segment",
        sa.Column("id", columns.Int64, nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("fingerprint", sa.String(length=16), nullable=False),
        sa.Column("filled_at", columns.Int64, nullable=True),
        sa.Column("swept_at", columns.Int64, nullable=True),
        sa.Column("cursor", columns.Int64, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment")),
        sa.UniqueConstraint("key", name=op.f("uq_segment_key")),
    )
    op.create_table(
        "segment_member",
        sa.Column("segment_id", columns.Int64, nullable=False),
        sa.Column("contact_id", columns.Int64, nullable=False),
        sa.Column("since", columns.Int64, nullable=False),
        sa.PrimaryKeyConstraint("segment_id", "contact_id", name=op.f("pk_segment_member")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("segment_member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_segment_member_contact_id"), ["contact_id"], unique=False)

    with op.batch_alter_table("coupon_code", schema=None) as batch_op:
        batch_op.add_column(sa.Column("visit", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("on_failure", sa.String(length=10), nullable=True))
        batch_op.add_column(sa.Column("returned_at", columns.Int64, nullable=True))
        batch_op.drop_constraint(batch_op.f("uq_coupon_code_run_id_step"), type_="unique")
        batch_op.create_index(
            "ix_coupon_code_expiry",
            ["expires_at"],
            unique=False,
            sqlite_where=sa.text("status = 'issued'"),
            postgresql_where=sa.text("status = 'issued'"),
        )
        batch_op.create_unique_constraint(batch_op.f("uq_coupon_code_run_id_step_visit"), ["run_id", "step", "visit"])

    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("account", sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column("cost", columns.Int64, nullable=True))
        batch_op.add_column(sa.Column("budget_day", sa.String(length=10), nullable=True))
        batch_op.add_column(sa.Column("look_up_at", columns.Int64, nullable=True))
        batch_op.add_column(sa.Column("sent_at", columns.Int64, nullable=True))
        batch_op.add_column(sa.Column("resent_at", columns.Int64, nullable=True))
        batch_op.create_index(
            "ix_message_expiry",
            ["expires_at"],
            unique=False,
            sqlite_where=sa.text("status = 'queued' AND expires_at IS NOT NULL"),
            postgresql_where=sa.text("status = 'queued' AND expires_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_message_unknown",
            ["look_up_at"],
            unique=False,
            sqlite_where=sa.text("status = 'unknown'"),
            postgresql_where=sa.text("status = 'unknown'"),
        )

    with op.batch_alter_table("occurrence", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reason", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("detail", columns.Json, nullable=True))
        batch_op.add_column(sa.Column("decided_by", sa.String(length=80), nullable=True))

    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.add_column(sa.Column("visit", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("wait_event", sa.String(length=120), nullable=True))
        batch_op.add_column(sa.Column("queue_key", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("goal_at", columns.Int64, nullable=True))
        batch_op.add_column(sa.Column("goal_event_id", columns.Int64, nullable=True))
        batch_op.create_index(
            "ix_run_queue",
            ["contact_id", "rule_id", "queue_key", "id"],
            unique=False,
            sqlite_where=sa.text("queue_key IS NOT NULL"),
            postgresql_where=sa.text("queue_key IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_run_waiting",
            ["contact_id", "wait_event"],
            unique=False,
            sqlite_where=sa.text("wait_event IS NOT NULL"),
            postgresql_where=sa.text("wait_event IS NOT NULL"),
        )
