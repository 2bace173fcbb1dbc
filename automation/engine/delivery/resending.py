"""Resending: a message whose outcome is unknown is queued once more, because a rule or a person says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from automation.reasons import Reason
from automation.store.log import Entry, write_log
from automation.store.unknowns import queue_again

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.store.types import AnyRow


def resend(conn: Connection, rows: Sequence[AnyRow], now: int, *, by: str) -> None:
    """Queue these unknown messages, which are locked, and log it; the attempts made so far go on counting."""
    queue_again(conn, [row.id for row in rows], now)
    write_log(conn, now, [_entry(row, by) for row in rows])


def _entry(row: AnyRow, by: str) -> Entry:
    return Entry(
        Reason.RESENT, row.rule_id, row.rule_version_id, row.contact_id, row.run_id, message_id=row.id, step=row.step,
        detail={"channel": row.channel, "attempt": row.attempts, "by": by},
    )  # fmt: skip
