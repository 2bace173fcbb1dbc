"""Messages whose outcome nobody knows: claimed to be asked about, put off, queued once more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from automation.store.bulk import update_rows
from automation.store.expressions import among, constant
from automation.store.lists import named_rows
from automation.store.schema import message, template_version

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import Connection

    from automation.store.types import AnyRow

_ASKED = [
    *(
        message.c[name]
        for name in ("id", "run_id", "step", "visit", "channel", "rest", "contact_id", "rule_id", "rule_version_id",
                     "purpose", "address", "template", "payload", "status", "expires_at", "attempts", "resent_at",
                     "provider_message_id", "account", "template_version", "variables")
    ),
    func.coalesce(message.c.sent_at, message.c.queued_at).label("sent_at"),
]  # fmt: skip
"""What settling needs, and what a look-up has to go by."""
_UNKNOWN = message.c.status == constant("unknown")


def claim_unknown(conn: Connection, now: int, until: int, limit: int) -> list[AnyRow]:
    """Up to `limit` messages to be asked about now. Nobody else asks about them before `until`."""
    due = select(*_ASKED).where(_UNKNOWN, message.c.look_up_at <= now).order_by(message.c.look_up_at)
    rows = named_rows(conn, due.limit(limit).with_for_update(skip_locked=True))
    put_off(conn, [(row.id, until) for row in rows])
    return rows


def load_unknown(conn: Connection, ids: Sequence[int]) -> dict[int, AnyRow]:
    """Of these messages, those that are still unknown, locked until the transaction ends."""
    query = select(*_ASKED).where(_UNKNOWN, among(message.c.id, ids)).order_by(message.c.id)
    return {row.id: row for row in named_rows(conn, query.with_for_update())}


def put_off(conn: Connection, rows: Sequence[tuple[int, int | None]]) -> None:
    """Write (id, look_up_at); None: the provider is not asked any more."""
    update_rows(conn, message, ("look_up_at",), rows, guard="status = 'unknown'")


def queue_again(conn: Connection, ids: Collection[int], now: int) -> None:
    """Send them once more, as soon as may be."""
    if ids:
        values = {"status": "queued", "due_at": now, "look_up_at": None, "resent_at": now}
        conn.execute(update(message).where(among(message.c.id, ids), _UNKNOWN).values(**values))


def unknown_ids(conn: Connection, *, channel: str | None, before: int | None, after_id: int, limit: int) -> list[int]:
    """The next messages that are unknown, by id: of a channel, handed over before a moment."""
    query = select(message.c.id).where(_UNKNOWN, message.c.id > after_id)
    if channel is not None:
        query = query.where(message.c.channel == channel)
    if before is not None:
        query = query.where(func.coalesce(message.c.sent_at, message.c.queued_at) < before)
    return list(conn.scalars(query.order_by(message.c.id).limit(limit)))


def known_ids(conn: Connection, contact_ids: Collection[int], since: int) -> Mapping[tuple[int, str], set[str]]:
    """The providers' ids of what was sent to these people: {(contact_id, channel): ids}."""
    query = select(message.c.contact_id, message.c.channel, message.c.provider_message_id).where(
        among(message.c.contact_id, sorted(contact_ids)),
        func.coalesce(message.c.sent_at, message.c.queued_at) >= since,
    )
    found: dict[tuple[int, str], set[str]] = {}
    for contact_id, channel, id_ in conn.execute(query):
        if id_ is not None:
            found.setdefault((contact_id, channel), set()).add(id_)
    return found


def load_sources(conn: Connection, versions: Collection[str]) -> dict[str, Any]:
    """The sources of template versions, by hash."""
    query = select(template_version.c.hash, template_version.c.content)
    rows = conn.execute(query.where(among(template_version.c.hash, sorted(versions)))) if versions else ()
    return {row.hash: row.content for row in rows}
