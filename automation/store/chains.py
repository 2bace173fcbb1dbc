"""Chains of runs: a run emits an event, another one is entered by it, and so on."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING

from automation.store.lists import fetch

if TYPE_CHECKING:
    from sqlalchemy import Connection

_EMITTED = re.compile(r"(\d{1,18}):(?:\d+:)?rules/")


def emitter_of(message_id: str) -> int | None:
    """The run whose step emitted the event with this `message_id`; None: it came from outside."""
    found = _EMITTED.match(message_id)
    return int(found[1]) if found else None


def callers(conn: Connection, run_ids: Collection[int], since: int) -> dict[int, int]:
    """By run: the one that emitted the event by which it was entered. Without those entered before `since`."""
    sql = """SELECT r.id, e.message_id FROM run AS r JOIN event AS e ON e.id = r.event_id
             WHERE r.id = ANY(?) AND r.entered_at >= ?"""
    found = ((id_, emitter_of(message_id)) for id_, message_id in fetch(conn, sql, sorted(run_ids), since))
    return {id_: caller for id_, caller in found if caller is not None}
