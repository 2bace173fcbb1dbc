"""Pauses: what somebody, or the engine itself, has stopped for now. Every transaction that moves things asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from automation.channels import CHANNELS
from automation.store.bulk import insert_rows
from automation.store.expressions import constant
from automation.store.lists import fetch
from automation.store.schema import message, pause

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.store.types import AnyRow

ALL = "all"
_COLUMNS = ("scope", "reason", "actor", "at")


@dataclass(frozen=True)
class Pauses:
    """What stands still: everything, channels by name, rules by their id in the database."""

    everything: bool = False
    channels: frozenset[str] = frozenset()
    rule_ids: frozenset[int] = frozenset()


def rule_scope(rule_id: int) -> str:
    return f"rule:{rule_id}"


def channel_scope(channel: str) -> str:
    return f"channel:{channel}"


def load_pauses(conn: Connection) -> Pauses:
    """What is paused now. On PostgreSQL it can't be resumed before this transaction ends: nobody is held for ever."""
    scopes = [scope for (scope,) in fetch(conn, _ASK[conn.dialect.name])]
    return _NONE if not scopes else _read(scopes)


def begin_pause(conn: Connection, scope: str, reason: str, actor: str, now: int) -> bool:
    """False when it was paused already; then the first reason stays."""
    row = (scope, reason[:200], actor[:80], now)
    return insert_rows(conn, pause, _COLUMNS, [row], skip_existing=True) == 1


def end_pause(conn: Connection, scope: str) -> bool:
    """False when it was not paused. Waits for the transactions that have seen the pause."""
    return conn.execute(delete(pause).where(pause.c.scope == scope)).rowcount == 1


def is_paused(conn: Connection, scope: str) -> bool:
    return conn.execute(select(pause.c.scope).where(pause.c.scope == scope)).first() is not None


def hasten_messages(conn: Connection, rule_id: int, now: int, until: int) -> None:
    """Messages of a rule that were put off to a moment before `until` may be sent now; retries keep their time."""
    theirs = message.c.rule_id == rule_id, message.c.status == constant("queued"), message.c.attempts == 0
    put_off = message.c.channel.in_(CHANNELS), message.c.due_at > now, message.c.due_at <= until
    conn.execute(update(message).where(*put_off, *theirs).values(due_at=now))


def list_pauses(conn: Connection) -> list[AnyRow]:
    """scope, reason, actor and at of every pause, the oldest first."""
    return list(conn.execute(select(pause).order_by(pause.c.at, pause.c.scope)))


_NONE = Pauses()
_ASK = {"sqlite": "SELECT scope FROM pause", "postgresql": "SELECT scope FROM pause FOR KEY SHARE"}


def _read(scopes: list[str]) -> Pauses:
    parts = [scope.partition(":") for scope in scopes]
    return Pauses(
        ALL in scopes,
        frozenset(name for kind, _, name in parts if kind == "channel"),
        frozenset(int(name) for kind, _, name in parts if kind == "rule"),
    )
