"""What a list of messages, or of test sends, is to show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Column, Select, Table


@dataclass(frozen=True)
class Sought:
    """None: whichever. `contact_ids`: whose it is; `since`: milliseconds UTC; `limit`: so many at most."""

    rule_key: str | None = None
    contact_ids: Sequence[int] | None = None
    status: str | None = None
    channel: str | None = None
    since: int | None = None
    limit: int = 100

    def newest(self, query: Select[Any], table: Table, rule: Column[Any], written: Column[Any]) -> Select[Any]:
        """`query` of the table's rows without the others, the newest first. `rule` has its key, `written` its time."""
        equal = (rule, self.rule_key), (table.c.status, self.status), (table.c.channel, self.channel)
        query = query.where(*(column == wanted for column, wanted in equal if wanted is not None))
        if self.contact_ids is not None:
            query = query.where(table.c.contact_id.in_(self.contact_ids))
        if self.since is not None:
            query = query.where(written >= self.since)
        return query.order_by(table.c.id.desc()).limit(self.limit)
