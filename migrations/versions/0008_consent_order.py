"""Consent: when an answer was given and when we heard of it, and what sources said without a date

Revision: 0008, after 0007. What an import said came without a date; every other answer was given when it was heard of.
A yes of an import that was written over an earlier no goes: the no stands again, as the audit has it.
"""

import sqlalchemy as sa
from alembic import op

from migrations import columns

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("consent", sa.Column("given_at", columns.Int64, nullable=True))
    op.add_column("consent", sa.Column("heard_at", columns.Int64, nullable=False, server_default="0"))
    op.execute("UPDATE consent SET heard_at = changed_at")
    op.execute("UPDATE consent SET given_at = changed_at WHERE source NOT LIKE 'import:%'")
    _restore_denials(op.get_bind())
    op.create_table(
        "undated_denial",
        sa.Column("contact_id", columns.Int64, nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("heard_at", columns.Int64, nullable=False),
        sa.PrimaryKeyConstraint("contact_id", "purpose", "channel", "source", name=op.f("pk_undated_denial")),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO undated_denial (contact_id, purpose, channel, source, heard_at)"
        " SELECT contact_id, purpose, channel, source, heard_at FROM consent"
        " WHERE state = 'denied' AND given_at IS NULL"
    )


def _restore_denials(conn: sa.Connection) -> None:
    cast = "(a.detail::jsonb ->> '{}')" if conn.dialect.name == "postgresql" else "json_extract(a.detail, '$.{}')"
    purpose, channel, source = (cast.format(name) for name in ("purpose", "channel", "source"))
    found = conn.exec_driver_sql(
        f"SELECT c.contact_id, c.purpose, c.channel, {source}, max(a.at) FROM consent AS c JOIN audit AS a"
        f" ON a.subject = 'contact:' || c.contact_id AND a.action = 'consent.denied' AND {purpose} = c.purpose"
        f" AND {channel} = c.channel WHERE c.state = 'granted' AND c.given_at IS NULL GROUP BY 1, 2, 3, 4 ORDER BY 5"
    ).all()
    update = sa.text(
        "UPDATE consent SET state = 'denied', source = :source, changed_at = :at, given_at = :at, heard_at = :at"
        " WHERE contact_id = :id AND purpose = :purpose AND channel = :channel"
    )
    for id_, purpose, channel, source, at in found:
        values = {"id": id_, "purpose": purpose, "channel": channel, "source": source or "import", "at": at}
        conn.execute(update, values)
