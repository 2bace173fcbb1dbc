"""Merges are remembered, so that the engine sees to the runs of both people and a split can undo them

Revision: 0007, after 0006

People who were merged before this revision and still have runs of their own (which could not move to the survivor)
are written down as merges that nobody has seen to: the engine does when it next looks.
"""

import sqlalchemy as sa
from alembic import op

from migrations import columns

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

UNSETTLED = sa.text("settled_at IS NULL")
LEFT_BEHIND = """
INSERT INTO contact_merge (at, actor, contact_id, absorbed_id, link, before, moved)
SELECT c.updated_at, 'migration', c.merged_into, c.id, '[]', '{}', '{}' FROM contact AS c
WHERE c.merged_into IS NOT NULL AND c.merged_into <> c.id
AND (EXISTS (SELECT 1 FROM run AS r WHERE r.contact_id = c.id)
     OR EXISTS (SELECT 1 FROM message AS m WHERE m.contact_id = c.id)
     OR EXISTS (SELECT 1 FROM pending_entry AS p WHERE p.contact_id = c.id))"""


def upgrade() -> None:
    op.create_table(
        "contact_merge",
        sa.Column("id", columns.Int64, nullable=False),
        sa.Column("at", columns.Int64, nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("contact_id", columns.Int64, nullable=False),
        sa.Column("absorbed_id", columns.Int64, nullable=False),
        sa.Column("link", columns.Json, nullable=False),
        sa.Column("before", columns.Json, nullable=False),
        sa.Column("moved", columns.Json, nullable=False),
        sa.Column("settled_at", columns.Int64, nullable=True),
        sa.Column("undone_at", columns.Int64, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_merge")),
    )
    op.create_index("ix_contact_merge_contact_id", "contact_merge", ["contact_id"])
    op.create_index("ix_contact_merge_absorbed_id", "contact_merge", ["absorbed_id"])
    op.create_index(
        "ix_contact_merge_unsettled", "contact_merge", ["id"], sqlite_where=UNSETTLED, postgresql_where=UNSETTLED
    )
    op.execute(LEFT_BEHIND)
