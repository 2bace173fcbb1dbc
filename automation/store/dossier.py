"""Reading what every table holds about some contacts, in a stream."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select

from automation.store.expressions import among
from automation.store.schema import audit, coupon_batch, identity, metadata, rule, segment
from automation.store.suppression import active_suppressions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection, Select, Table

_PAGE = 500
_NAMES = (("rule", "rule_id", rule), ("batch", "batch_id", coupon_batch), ("segment", "segment_id", segment))


def tables() -> list[str]:
    """`contact`, then every table that has a contact's number."""
    named = [table.name for table in metadata.sorted_tables if "contact_id" in table.c]
    return ["contact", *sorted(named)]


def of_people(conn: Connection, name: str, people: Sequence[int]) -> Iterator[dict[str, Any]]:
    """The rows of one table about these contacts, with the names of the rules, batches and segments they mention."""
    table = metadata.tables[name]
    owner = table.c.id if name == "contact" else table.c.contact_id
    query = _named(table).where(among(owner, people)).order_by(*table.primary_key.columns)
    yield from _stream(conn, query)


def addresses_of(conn: Connection, people: Sequence[int]) -> list[str]:
    return list(conn.scalars(select(identity.c.value).where(among(identity.c.contact_id, people))))


def suppressed(conn: Connection, addresses: Sequence[str]) -> list[dict[str, Any]]:
    """The suppressions of their addresses, the ended ones too."""
    found = active_suppressions(conn, [], addresses, -1)
    return [
        {"address": row.address, "channel": row.channel, "reason": row.reason, "created_at": row.created_at,
         "until": row.until, "source": row.source}
        for row in found
    ]  # fmt: skip


def audited(
    conn: Connection, people: Sequence[int], addresses: Sequence[str], action: str = ""
) -> Iterator[dict[str, Any]]:
    """The audit's entries about them and their addresses; with `action`, those whose action begins with it."""
    subjects = [*(f"contact:{id_}" for id_ in people), *(f"address:{address}" for address in addresses)]
    columns = audit.c["id", "at", "actor", "action", "subject", "detail"]
    query = select(*columns).where(or_(among(audit.c.subject, subjects)), audit.c.action.startswith(action))
    yield from _stream(conn, query.order_by(audit.c.id))


def as_row(values: dict[str, Any]) -> Any:
    """The row with its columns as attributes."""
    return SimpleNamespace(**values)


def _named(table: Table) -> Select[Any]:
    source: Any = table
    labels = []
    for label, column, other in _NAMES:
        if column in table.c and table is not other:
            source = source.outerjoin(other, other.c.id == table.c[column])
            labels.append(other.c.key.label(label))
    return select(table, *labels).select_from(source)


def _stream(conn: Connection, query: Select[Any]) -> Iterator[dict[str, Any]]:
    with conn.execution_options(yield_per=_PAGE).execute(query) as result:
        for row in result:
            yield dict(row._mapping)
