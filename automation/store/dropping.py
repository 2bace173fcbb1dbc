"""Messages of runs that were ended from outside: what is still queued is dropped, what is on its way stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from automation.reasons import Reason
from automation.store.budgets import give_back_unsent
from automation.store.expressions import among, constant
from automation.store.log import Entry, write_log
from automation.store.schema import message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

_COLUMNS = [message.c[name] for name in ("id", "run_id", "contact_id", "rule_id", "rule_version_id", "channel", "step")]


def drop_queued(conn: Connection, run_ids: Sequence[int], now: int) -> int:
    """Drop the queued messages of these runs, and log it; returns how many there were.

    One that a sender has in hand is passed over, because waiting for it could be waiting for each other; when it comes
    back to the queue, it is dropped there.
    """
    queued = among(message.c.run_id, run_ids) & (message.c.status == constant("queued"))
    found = conn.execute(select(*_COLUMNS).where(queued).order_by(message.c.id).with_for_update(skip_locked=True)).all()
    if not found:
        return 0
    reason = Reason.SKIPPED_ENDED
    values = {"status": "dropped", "due_at": None, "outcome_code": reason.value, "settled_at": now}
    conn.execute(update(message).where(among(message.c.id, [row.id for row in found])).values(**values))
    give_back_unsent(conn, [row.id for row in found])
    write_log(
        conn,
        now,
        [
            Entry(reason, row.rule_id, row.rule_version_id, row.contact_id, row.run_id, None, row.id, row.step,
                  {"channel": row.channel})
            for row in found
        ],
    )  # fmt: skip
    return len(found)
