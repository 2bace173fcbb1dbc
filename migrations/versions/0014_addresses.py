"""Which address somebody named last, and what is wrong with each address by itself

Revision: 0014, after 0013
"""

import sqlalchemy as sa
from alembic import op

from migrations import columns

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("identity", sa.Column("stated_at", columns.Int64, nullable=True))
    op.add_column("identity", sa.Column("stated_by", sa.String(length=200), nullable=True))
    _problems_by_value()


def _problems_by_value() -> None:
    op.rename_table("contact_problem", "contact_problem_before")
    if op.get_bind().dialect.name == "postgresql":  # the index of the key keeps its name when a table is renamed
        op.execute("ALTER INDEX pk_contact_problem RENAME TO pk_contact_problem_before")
    op.create_table(
        "contact_problem",
        sa.Column("contact_id", columns.Int64, nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=320), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("at", columns.Int64, nullable=False),
        sa.PrimaryKeyConstraint("contact_id", "channel", "value", name=op.f("pk_contact_problem")),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO contact_problem (contact_id, channel, value, code, at) "
        "SELECT contact_id, channel, substr(value, 1, 320), code, at FROM contact_problem_before"
    )
    op.drop_table("contact_problem_before")
