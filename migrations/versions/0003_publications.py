"""Publications, approvals of plans, and the audit as a chain of hashes

Revision: 0003, after 0002
"""

import hashlib
import json
import secrets
from typing import Any

import sqlalchemy as sa
from alembic import op

from migrations import columns

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

PAGE = 2000
LARGEST = 2**63


def upgrade() -> None:
    op.create_table(
        "publication",
        sa.Column("id", columns.Int64, nullable=False),
        sa.Column("at", columns.Int64, nullable=False),
        sa.Column("author", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("files_hash", sa.String(length=64), nullable=False),
        sa.Column("layout", columns.Json, nullable=False),
        sa.Column("files", columns.Json, nullable=False),
        sa.Column("plugins", columns.Json, nullable=False),
        sa.Column("rules", columns.Json, nullable=False),
        sa.Column("plan_hash", sa.String(length=64), nullable=True),
        sa.Column("plan", columns.Json, nullable=True),
        sa.Column("parent_id", columns.Int64, nullable=True),
        sa.Column("restores_id", columns.Int64, nullable=True),
        sa.Column("canary_share", sa.Integer(), nullable=True),
        sa.Column("canary_of_id", columns.Int64, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication")),
    )
    op.create_table(
        "plan_approval",
        sa.Column("plan_hash", sa.String(length=64), nullable=False),
        sa.Column("approver", sa.String(length=80), nullable=False),
        sa.Column("at", columns.Int64, nullable=False),
        sa.PrimaryKeyConstraint("plan_hash", "approver", name=op.f("pk_plan_approval")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.add_column(sa.Column("seq", columns.Int64, nullable=True))
        batch_op.add_column(sa.Column("salt", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("digest", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("prev_hash", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("hash", sa.String(length=64), nullable=True))
    chain(op.get_bind())
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index("ix_audit_seq", ["seq"], unique=True)


audit = sa.table(
    "audit",
    sa.column("id", columns.Int64),
    sa.column("at", columns.Int64),
    sa.column("actor", sa.String),
    sa.column("action", sa.String),
    sa.column("subject", sa.String),
    sa.column("detail", columns.Json),
    *(sa.column(name, sa.String) for name in ("salt", "digest", "prev_hash", "hash")),
    sa.column("seq", columns.Int64),
)


def chain(conn: sa.Connection) -> None:
    """Every row that is there gets its place in the chain, in the order of the ids, page by page."""
    last, seq, prev = None, 0, "0" * 64
    seal = audit.update().where(audit.c.id == sa.bindparam("row"))
    while True:
        query = sa.select(audit.c["id", "at", "actor", "action", "subject", "detail"]).order_by(audit.c.id).limit(PAGE)
        rows = conn.execute(query if last is None else query.where(audit.c.id > last)).all()
        if not rows:
            return
        sealed: list[dict[str, Any]] = []
        for id_, at, actor, action, subject, detail in rows:
            seq, salt = seq + 1, secrets.token_hex(16)
            digest = sha256([salt, subject, plain(detail)])
            own = sha256([seq, id_, at, actor, action, digest, prev])
            sealed.append({"row": id_, "seq": seq, "salt": salt, "digest": digest, "prev_hash": prev, "hash": own})
            last, prev = id_, own
        conn.execute(seal, sealed)


def sha256(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def plain(value: Any) -> Any:
    """Numbers as both databases give them back: PostgreSQL keeps 1e16 as 10000000000000000."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and abs(value) >= LARGEST:
        return int(float(value))
    return value
