"""Quarantine: whom the door knew an item to come from, so that a retry reads it as before

Revision: 0012, after 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("quarantine", sa.Column("source", sa.String(length=80), nullable=False, server_default=""))
