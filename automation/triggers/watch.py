"""What a trigger watches: the people for whom a condition holds, as they come and go."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from sqlalchemy import ColumnElement

    from automation.rules.conditions.tree import Condition


@dataclass(frozen=True)
class Watch:
    """A named condition, and whether those who come to satisfy it are meant or those who cease to."""

    name: str
    condition: Condition
    on: Literal["entered", "left"]

    def key(self, rule_id: int) -> str:
        """Under what the members are kept: each rule has its own, so that it sees each change exactly once."""
        return f"{rule_id}:{self.name}"[:80]

    def fingerprint(self, zone: ZoneInfo) -> str:
        """Changes when the condition does."""
        return sha256(f"{self.condition!r}{zone.key}".encode()).hexdigest()[:16]

    def holds(self, now: datetime, zone: ZoneInfo) -> ColumnElement[bool]:
        """The condition about `contact` rows at the moment `now`."""
        from automation.rules.conditions.sql import SqlScope, clause
        from automation.store.schema import contact

        columns = {"created_at": contact.c.created_at, "updated_at": contact.c.updated_at}
        return clause(self.condition, SqlScope(contact.c.id, contact.c.attributes, columns, now, zone))
