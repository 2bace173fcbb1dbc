"""The column types that the revisions were written with. Frozen: a later change of meaning gets a new name."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

Int64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
