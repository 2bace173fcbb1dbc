"""Which daemons run, and what last went wrong in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from automation.store.schema import daemon

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.store.types import AnyRow


def register_daemon(conn: Connection, instance: str, pid: int, host: str, now: int) -> None:
    """A daemon has started."""
    values = {"instance": instance, "pid": pid, "host": host, "started_at": now, "heartbeat_at": now}
    conn.execute(insert(daemon).values(**values))


def beat(conn: Connection, instance: str, now: int, *, error: str | None = None, stopped: bool = False) -> None:
    """A daemon is alive, or has stopped; `error` is the last thing that went wrong, if anything did."""
    values: dict[str, object] = {"heartbeat_at": now}
    if error is not None:
        values["last_error"] = error
    if stopped:
        values["stopped_at"] = now
    conn.execute(update(daemon).where(daemon.c.instance == instance).values(**values))


def list_daemons(conn: Connection, limit: int = 5) -> list[AnyRow]:
    """The daemons that ran last, the newest first."""
    return list(conn.execute(select(daemon).order_by(daemon.c.started_at.desc()).limit(limit)))
