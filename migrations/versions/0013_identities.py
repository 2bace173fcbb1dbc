"""Identities in one form: half-width, without blanks

Revision: 0013, after 0012

Where another contact has the same identity in its normal form, the row stays as it is: it is doubled, and `automation
contacts problems` (or `normalise`) lists it for merging. Nobody is merged here.
"""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

UNSEEN = re.compile("[ \u00ad\u200b-\u200f\u2060\ufeff]+")
LONGEST = 320


def normal(kind: str, value: str) -> str:
    """As this revision has it: the program's own idea of it may change later."""
    text = unicodedata.normalize("NFKC", value).strip()
    return text.lower() if kind == "email" else text if kind == "phone" else UNSEEN.sub("", text)


def upgrade() -> None:
    conn = op.get_bind()
    odd = "value GLOB '*[^!-~]*'" if conn.dialect.name == "sqlite" else r"value ~ '[^\x21-\x7e]'"
    rows = conn.execute(sa.text(f"SELECT kind, value FROM identity WHERE {odd} ORDER BY contact_id, kind, value")).all()
    taken = sa.text("SELECT 1 FROM identity WHERE kind = :kind AND value = :value")
    change = sa.text("UPDATE identity SET value = :value WHERE kind = :kind AND value = :old")
    for kind, value in rows:
        form = normal(kind, value)
        usable = form not in ("", value) and len(form) <= LONGEST
        if usable and conn.execute(taken, {"kind": kind, "value": form}).first() is None:
            conn.execute(change, {"kind": kind, "value": form, "old": value})
