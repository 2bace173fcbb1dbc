"""Canaries: a rule may have two versions at once, each for its own people

Revision: 0005, after 0004
"""

import sqlalchemy as sa
from alembic import op

from migrations import columns

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

RUNNING = sa.text("status = 'running'")


def upgrade() -> None:
    op.add_column("rule", sa.Column("canary_version_id", columns.Int64, nullable=True))
    op.drop_index("ix_occurrence_running", "occurrence")  # SQLite makes the table anew and would lose its condition
    with op.batch_alter_table("occurrence") as batch_op:
        batch_op.add_column(sa.Column("canary", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("canary_of_id", columns.Int64, nullable=True))
        batch_op.add_column(sa.Column("canary_share", sa.Integer(), nullable=True))
        batch_op.drop_constraint("uq_occurrence_key_rule_id", type_="unique")
        batch_op.create_unique_constraint("uq_occurrence_key_rule_id_canary", ["key", "rule_id", "canary"])
    op.create_index(
        "ix_occurrence_running", "occurrence", ["id"], sqlite_where=RUNNING, postgresql_where=RUNNING
    )  # fmt: skip
    with op.batch_alter_table("trigger_state") as batch_op:
        batch_op.add_column(sa.Column("canary", sa.Integer(), nullable=False, server_default="0"))
        batch_op.drop_constraint("pk_trigger_state", type_="primary")
        batch_op.create_primary_key("pk_trigger_state", ["rule_id", "canary"])
