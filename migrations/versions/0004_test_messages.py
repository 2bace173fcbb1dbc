"""Test sends

Revision: 0004, after 0003
"""

import sqlalchemy as sa
from alembic import op

from migrations import columns

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "test_message",
        sa.Column("id", columns.Int64, nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("contact_id", columns.Int64, nullable=False),
        sa.Column("rule", sa.String(length=80), nullable=True),
        sa.Column("rule_version", sa.String(length=16), nullable=True),
        sa.Column("step", sa.String(length=200), nullable=True),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("address", sa.String(length=2000), nullable=False),
        sa.Column("template", sa.String(length=200), nullable=True),
        sa.Column("template_version", sa.String(length=16), nullable=True),
        sa.Column("payload", columns.Json, nullable=True),
        sa.Column("variables", columns.Json, nullable=True),
        sa.Column("mark", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("sent_at", columns.Int64, nullable=False),
        sa.Column("lease_until", columns.Int64, nullable=False),
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("provider_message_id", sa.String(length=200), nullable=True),
        sa.Column("outcome_code", sa.String(length=80), nullable=True),
        sa.Column("outcome_detail", sa.Text(), nullable=True),
        sa.Column("settled_at", columns.Int64, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_test_message")),
    )
    op.create_index("ix_test_message_contact", "test_message", ["contact_id"])
    op.create_index(
        "ix_test_message_lease",
        "test_message",
        ["lease_until"],
        sqlite_where=sa.text("status = 'sending'"),
        postgresql_where=sa.text("status = 'sending'"),
    )
