"""Quarantine: items that could not be taken, whole, with the reason, until somebody looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import func, select, update

from automation.i18n import Text
from automation.store.bulk import allocate_ids, insert_rows, to_json
from automation.store.expressions import among
from automation.store.schema import quarantine

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.store.types import AnyRow


class Rejected(NamedTuple):
    """An item that was not taken. `code` and `detail` are an i18n key and its parameters.

    `repeat`: how many identical items its input held before it, which is part of what names it.
    """

    origin: str
    code: str
    detail: Mapping[str, Any]
    payload: str
    repeat: int = 0
    source: str = ""  # whom the door knew it to come from


def store_rejected(conn: Connection, items: Sequence[Rejected], now: int) -> None:
    """Keep `items`, in order."""
    ids = allocate_ids(conn, quarantine, len(items))
    rows = [
        (id_, now, item.origin, item.code, to_json({key: _kept(value) for key, value in item.detail.items()}),
         item.payload, item.repeat, item.source[:80], "open")
        for id_, item in zip(ids, items, strict=True)
    ]  # fmt: skip
    insert_rows(
        conn, quarantine, ("id", "at", "origin", "code", "detail", "payload", "repeat", "source", "status"), rows
    )


def _kept(value: Any) -> Any:
    """A parameter of a sentence; one that is a text in both languages keeps both."""
    return list(value) if isinstance(value, Text) else str(value)


def list_rejected(
    conn: Connection, *, status: str = "open", limit: int = 100, after_id: int = 0, ids: Sequence[int] | None = None
) -> list[AnyRow]:
    """Quarantined items, the oldest first; of `ids` only, when they are given."""
    query = select(quarantine).where(quarantine.c.status == status, quarantine.c.id > after_id)
    if ids is not None:
        query = query.where(among(quarantine.c.id, ids))
    return list(conn.execute(query.order_by(quarantine.c.id).limit(limit)))


def set_rejected_status(conn: Connection, ids: Sequence[int], status: str) -> int:
    """Mark items as retried or dropped; returns how many were open."""
    if not ids:
        return 0
    open_ = update(quarantine).where(among(quarantine.c.id, ids), quarantine.c.status == "open")
    return conn.execute(open_.values(status=status)).rowcount


def count_rejected(conn: Connection) -> int:
    """How many items are open."""
    return conn.scalar(select(func.count()).select_from(quarantine).where(quarantine.c.status == "open")) or 0


def newest_rejected(conn: Connection) -> int:
    """The highest id so far; 0 when there is none."""
    return conn.scalar(select(func.max(quarantine.c.id))) or 0
