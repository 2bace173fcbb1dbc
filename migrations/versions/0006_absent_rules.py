"""Absent is not removed: in which file a rule stood, when those inside a removed one leave; whose database it is

Revision: 0006, after 0005
"""

import sqlalchemy as sa
from alembic import op

from migrations import columns

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rule", sa.Column("file", sa.String(length=400), nullable=True))
    op.add_column("rule", sa.Column("leaves_at", columns.Int64, nullable=True))
    op.create_table(
        "project_identity",
        sa.Column("id", columns.Int64, nullable=False),
        sa.Column("project_id", sa.String(length=80), nullable=False),
        sa.Column("at", columns.Int64, nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_identity")),
    )


def downgrade() -> None:
    op.drop_table("project_identity")
    with op.batch_alter_table("rule") as batch_op:
        batch_op.drop_column("leaves_at")
        batch_op.drop_column("file")
