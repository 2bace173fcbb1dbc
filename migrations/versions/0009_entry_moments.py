"""By what a run entered, and when that happened: from when "since entry", goals and a first wait count

Revision: 0009, after 0008

Who is inside gets the own time of the event, or of the firing, that let them in; runs that have ended stay without.
"""

import sqlalchemy as sa
from alembic import op

from migrations import columns

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_AHEAD = 600_000
_EVENT = f"""(SELECT CASE WHEN e.occurred_at < e.received_at + {_AHEAD} THEN e.occurred_at
                    ELSE e.received_at + {_AHEAD} END FROM event AS e WHERE e.id = run.event_id)"""
_FIRING = "(SELECT o.due_at FROM occurrence AS o WHERE o.id = run.occurrence_id)"


def upgrade() -> None:
    op.add_column("run", sa.Column("since_at", columns.Int64, nullable=True))
    op.add_column("run", sa.Column("since_event_id", columns.Int64, nullable=True))
    op.execute(f"""
        UPDATE run SET since_at = coalesce({_EVENT}, {_FIRING}, entered_at),
                       since_event_id = coalesce(event_id, (SELECT coalesce(max(id), 0) FROM event))
        WHERE ended_at IS NULL""")
