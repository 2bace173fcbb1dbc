"""The message ledger: queued, marked and committed before the call, settled after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from automation.channels import CHANNELS
from automation.store.bulk import allocate_ids, insert_rows, update_rows
from automation.store.expressions import among, constant
from automation.store.lists import named_rows
from automation.store.schema import message, rule

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.store.sought import Sought
    from automation.store.types import AnyRow

_NEW = (
    "id", "run_id", "step", "visit", "channel", "rest", "contact_id", "rule_id", "rule_version_id", "purpose",
    "address", "template", "payload", "status", "queued_at", "due_at", "expires_at", "budget_day",
    "attempts",
)  # fmt: skip
_SENDING = (
    "status", "attempts", "lease_until", "due_at", "provider", "account", "template_version", "variables",
    "sent_at", "address",
)  # fmt: skip
_POSTPONED = ("due_at",)
_OUTCOME = (
    "status", "due_at", "lease_until", "provider_message_id", "outcome_code", "outcome_detail", "settled_at",
    "look_up_at",
)  # fmt: skip
_IN_HAND = [
    message.c[name]
    for name in ("id", "run_id", "step", "visit", "channel", "rest", "contact_id", "rule_id", "rule_version_id",
                 "purpose", "address", "template", "payload", "status", "expires_at", "attempts", "resent_at")
]  # fmt: skip
"""What sending and settling need; a row has as much again."""
COUNTED = ("queued", "sending", "accepted", "unknown")
"""The states that use up a frequency cap: what was, or may have been, sent."""


def queue_messages(conn: Connection, rows: Sequence[tuple[Any, ...]], now: int) -> list[int]:
    """Queue (run_id, step, visit, channel, rest JSON, contact_id, rule_id, rule_version_id, purpose, address,
    template, payload JSON, due_at or None for now, expires_at, budget_day). Returns the ids.

    IntegrityError when a run's step has used the channel before.
    """
    ids = allocate_ids(conn, message, len(rows))
    full = [(id_, *row[:-3], "queued", now, row[-3] or now, *row[-2:], 0) for id_, row in zip(ids, rows, strict=True)]
    insert_rows(conn, message, _NEW, full)
    return list(ids)


def claim_queued(conn: Connection, channel: str, now: int, limit: int) -> list[AnyRow]:
    """Up to `limit` messages of a channel that may be sent now, locked until the transaction ends."""
    due = (
        select(*_IN_HAND)
        .where(message.c.channel == channel, message.c.status == constant("queued"), message.c.due_at <= now)
        .order_by(message.c.due_at)  # and no more: a million of one moment must not be sorted for each batch
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return named_rows(conn, due)


def claim_untried(conn: Connection, channel: str, now: int) -> list[AnyRow]:
    """The one that may be sent now and waits longest among those that nobody has tried yet; like `claim_queued`."""
    due = select(*_IN_HAND).where(
        message.c.channel == channel, message.c.status == constant("queued"), message.c.due_at <= now,
        message.c.outcome_code.is_(None),
    )  # fmt: skip
    return named_rows(conn, due.order_by(message.c.due_at).limit(1).with_for_update(skip_locked=True))


def mark_sending(conn: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Write (id, "sending", attempts, lease_until, None, provider, account, template_version, variables JSON,
    sent_at, address).
    """
    update_rows(conn, message, _SENDING, rows)


def write_outcomes(conn: Connection, rows: Sequence[tuple[Any, ...]]) -> int:
    """Write (id, status, due_at, None, provider_message_id, outcome_code, outcome_detail, settled_at, look_up_at).

    A message that was settled meanwhile (by hand, or by a receipt) stays as it is.
    """
    return update_rows(conn, message, _OUTCOME, rows, guard="status IN ('sending', 'unknown')")


def write_drops(conn: Connection, rows: Sequence[tuple[Any, ...]]) -> int:
    """Like `write_outcomes`, for messages that were claimed but must not be sent."""
    return update_rows(conn, message, _OUTCOME, rows, guard="status = 'queued'")


def postpone(conn: Connection, rows: Sequence[tuple[int, int]]) -> None:
    """Write (id, due_at): the message is tried again then."""
    update_rows(conn, message, _POSTPONED, rows)


def uncount_attempts(conn: Connection, ids: Sequence[int]) -> None:
    """An attempt that failed for no fault of these messages was none."""
    if not ids:
        return
    fewer = update(message).where(among(message.c.id, ids), message.c.status == "queued")
    conn.execute(fewer.values(attempts=message.c.attempts - 1))


def expired_queued(conn: Connection, now: int, limit: int) -> list[AnyRow]:
    """Messages that are too old to be sent, whatever they wait for, locked until the transaction ends."""
    query = select(*_IN_HAND).where(message.c.status == constant("queued"), message.c.expires_at <= now)
    return named_rows(conn, query.limit(limit).with_for_update(skip_locked=True))


def expired_leases(conn: Connection, now: int, limit: int) -> list[AnyRow]:
    """Messages whose sender died between the mark and the outcome, locked until the transaction ends."""
    query = select(*_IN_HAND).where(message.c.status == constant("sending"), message.c.lease_until < now)
    return named_rows(conn, query.limit(limit).with_for_update(skip_locked=True))


def recent(conn: Connection, contact_ids: Sequence[int], since: int) -> list[AnyRow]:
    """(contact_id, channel, rule_id, queued_at, id, status) of what counts towards caps since a moment."""
    columns = [message.c[name] for name in ("contact_id", "channel", "rule_id", "queued_at", "id", "status")]
    query = select(*columns).where(
        among(message.c.contact_id, contact_ids),
        message.c.queued_at > since,
        message.c.purpose.is_not(None),
        message.c.purpose != "transactional",
        message.c.status.in_(COUNTED),
    )
    return list(conn.execute(query))


def queued_for(conn: Connection, contact_ids: Sequence[int]) -> list[AnyRow]:
    """What these people have in the queue and nobody has in hand, locked until the transaction ends."""
    theirs = among(message.c.contact_id, contact_ids), message.c.status == constant("queued")
    return named_rows(conn, select(*_IN_HAND).where(*theirs).order_by(message.c.id).with_for_update(skip_locked=True))


def lock_queued(conn: Connection, ids: Sequence[int], *, keep: bool) -> list[AnyRow]:
    """Which of these are still in the queue; with `keep`, those that nobody has in hand, and nobody takes them."""
    query = select(*_IN_HAND).where(among(message.c.id, ids), message.c.status == constant("queued"))
    return named_rows(conn, query.with_for_update(skip_locked=True) if keep else query)


def due_channels(conn: Connection, now: int) -> list[str]:
    """The channels that have something to send now."""
    return sorted(channel for channel, due in _first_due(conn).items() if due <= now)


def lock_standing(conn: Connection, ids: Sequence[int]) -> dict[int, AnyRow]:
    """(id, status, attempts, resent_at) of messages by id; nobody else changes them until the transaction ends."""
    columns = [message.c[name] for name in ("id", "status", "attempts", "resent_at")]
    query = select(*columns).where(among(message.c.id, ids)).order_by(message.c.id)
    return {row.id: row for row in named_rows(conn, query.with_for_update())}


def newest_messages(conn: Connection, run_ids: Sequence[int]) -> dict[int, int]:
    """The last message that each of these runs has queued: {run id: message id}."""
    if not run_ids:
        return {}
    query = select(message.c.run_id, func.max(message.c.id)).where(among(message.c.run_id, run_ids))
    return {row[0]: row[1] for row in conn.execute(query.group_by(message.c.run_id))}


def list_messages(conn: Connection, sought: Sought) -> list[AnyRow]:
    """The newest messages with their rule's key, the newest first."""
    query = select(message, rule.c.key.label("rule")).join(rule, rule.c.id == message.c.rule_id)
    return list(conn.execute(sought.newest(query, message, rule.c.key, message.c.queued_at)))


def load_message(conn: Connection, message_id: int) -> AnyRow | None:
    """One message with its rule's key."""
    query = select(message, rule.c.key.label("rule")).join(rule, rule.c.id == message.c.rule_id)
    return conn.execute(query.where(message.c.id == message_id)).one_or_none()


def counts(conn: Connection) -> dict[tuple[str, str], int]:
    """How many messages each channel has in each status."""
    query = select(message.c.channel, message.c.status, func.count()).group_by(message.c.channel, message.c.status)
    return {(channel, status): count for channel, status, count in conn.execute(query)}


def oldest_queued(conn: Connection, now: int) -> int | None:
    """Since when the message that has waited longest could have been sent."""
    return min((due for due in _first_due(conn).values() if due <= now), default=None)


def _first_due(conn: Connection) -> dict[str, int]:
    """When the first queued message of each channel may be sent: one look into the index per channel."""
    found = conn.execute(_FIRST_DUE).one()
    return {channel: due for channel, due in zip(CHANNELS, found, strict=True) if due is not None}


_FIRST_DUE = select(
    *(
        select(func.min(message.c.due_at))
        .where(message.c.channel == channel, message.c.status == constant("queued"))
        .scalar_subquery()
        .label(f"due_{i}")
        for i, channel in enumerate(CHANNELS)
    )
)
