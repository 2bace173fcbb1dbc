"""Column types shared by every table.

Times are integers: milliseconds since 1970-01-01 UTC. They compare, subtract and index alike on both databases.
docs/database.md shows how to read them.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from sqlalchemy import JSON, BigInteger, Integer, Row
from sqlalchemy.dialects.postgresql import JSONB

Id = BigInteger().with_variant(Integer(), "sqlite")
Millis = BigInteger().with_variant(Integer(), "sqlite")
Json = JSON().with_variant(JSONB(), "postgresql")

AnyRow: TypeAlias = Row[*tuple[Any, ...]]
"""A row whose columns are known by name only."""
