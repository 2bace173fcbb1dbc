"""Returning coupons: a run is over, and no message of it can have told the person of the code.

It is decided in one place for every ending: `save_progress` and `end_runs` (store/runs.py) ask here when runs end, and
settling asks again when a message that was still open then has failed for good. The log says so.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from automation.channels import CHANNELS
from automation.reasons import Reason
from automation.store.lists import fetch, read_object, run, run_many
from automation.store.log import Entry, write_log

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection

_SILENT = ", ".join(f"'{channel.name}'" for channel in CHANNELS.values() if not channel.carries_text)

# What may have told the person: a message that was, or may have been, or may still be sent. One that was sent twice
# because its outcome was unknown may have got out the first time, whatever became of the second.
_UNTOLD = f"""
SELECT c.id, c.batch_id, b.definition, b.key, c.code, c.step, c.run_id, c.contact_id, r.rule_id, r.rule_version_id
FROM coupon_code AS c JOIN coupon_batch AS b ON b.id = c.batch_id JOIN run AS r ON r.id = c.run_id
WHERE c.run_id = ANY(?) AND c.status = 'issued' AND c.on_failure = 'return' AND NOT EXISTS (
  SELECT 1 FROM message AS m WHERE m.run_id = c.run_id AND m.queued_at >= c.issued_at
  AND m.channel NOT IN ({_SILENT})
  AND (m.status IN ('queued', 'sending', 'accepted', 'unknown') OR m.resent_at IS NOT NULL))
ORDER BY c.batch_id, c.id"""

_FREE = """UPDATE coupon_code SET status = 'free', contact_id = NULL, run_id = NULL, step = NULL, visit = 0,
issued_at = NULL, expires_at = NULL, on_failure = NULL, returned_at = ? WHERE id = ANY(?)"""
_RETURNED = "UPDATE coupon_code SET status = 'returned', returned_at = ? WHERE id = ANY(?)"
_COUNT = "UPDATE coupon_batch SET issued = CASE WHEN issued > ? THEN issued - ? ELSE 0 END WHERE id = ?"


class _Code(NamedTuple):
    id: int
    batch_id: int
    definition: object
    batch: str
    code: str
    step: str
    run_id: int
    contact_id: int
    rule_id: int
    version_id: int


def return_unsent(conn: Connection, run_ids: Collection[int], now: int) -> int:
    """Take back the codes of these runs, which are over; returns how many.

    A code of a pool is free again; a generated one is used no more, and its place in the stock is.
    """
    codes = [_Code(*row) for row in fetch(conn, _UNTOLD, sorted(run_ids))] if run_ids else []
    for _, group in groupby(codes, key=lambda code: code.batch_id):  # by id: everybody locks in the same order
        _take_back(conn, list(group), now)
    write_log(conn, now, [_entry(code) for code in codes])
    return len(codes)


def _take_back(conn: Connection, codes: Sequence[_Code], now: int) -> None:
    definition = read_object(codes[0].definition)
    ids = [code.id for code in codes]
    if definition["kind"] == "pool":
        run(conn, _FREE, now, ids)
        return
    run(conn, _RETURNED, now, ids)
    if definition["stock"] is not None:
        run_many(conn, _COUNT, [(len(ids), len(ids), codes[0].batch_id)])


def _entry(code: _Code) -> Entry:
    detail = {"batch": code.batch, "code": code.code}
    return Entry(
        Reason.COUPON_RETURNED, code.rule_id, code.version_id, code.contact_id, code.run_id, step=code.step,
        detail=detail,
    )  # fmt: skip
