"""In which time zone each contact lives: triggers can fire by each person's own clock

Revision: 0011, after 0010
"""

import sqlalchemy as sa
from alembic import op

from migrations import columns

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOVED = sa.text("was IS NOT NULL")
FILL = """
INSERT INTO contact_zone (contact_id, zone)
SELECT id, substr(ZONE, 1, 64) FROM contact WHERE merged_into IS NULL AND ZONE > ''"""


def upgrade() -> None:
    op.create_table(
        "contact_zone",
        sa.Column("contact_id", columns.Int64, autoincrement=False, nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("was", sa.String(length=64), nullable=True),
        sa.Column("changed_at", columns.Int64, nullable=True),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_contact_zone")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_contact_zone_zone", "contact_zone", ["zone", "contact_id"])
    op.create_index(
        "ix_contact_zone_was", "contact_zone", ["was", "contact_id"], sqlite_where=MOVED, postgresql_where=MOVED
    )
    postgres = op.get_bind().dialect.name == "postgresql"
    op.execute(
        FILL.replace("ZONE", "attributes ->> 'timezone'" if postgres else "json_extract(attributes, '$.timezone')")
    )
