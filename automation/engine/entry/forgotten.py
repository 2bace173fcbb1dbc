"""What is no longer remembered, and comes again: events of people who were erased, and events older than are kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from automation.store.events import remembered_times, stored_before
from automation.store.identities import holders
from automation.store.sealing import any_renamed, erasure_key, seal

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.engine.entry.reading import Parsed


def come_again(conn: Connection, events: Sequence[Parsed]) -> set[int]:
    """The places of those that are stored already although somebody they name is unknown, or under a sealed id.

    Asked before identities are resolved, which would make a contact of whom nobody knows. Costs one query where nobody
    was ever erased.
    """
    key = erasure_key(conn)
    if key is None:
        return set()
    held = holders(conn, {pair for event in events for pair in event.identities})
    ids: dict[int, tuple[str, ...]] = {
        i: (event.message_id, seal(key, event.message_id))
        for i, event in enumerate(events)
        if any(pair not in held for pair in event.identities)
    }
    if any_renamed(conn):
        ids = {i: (seal(key, event.message_id),) for i, event in enumerate(events)} | ids
    untimed = [(events[i].source, id_) for i, own in ids.items() if events[i].occurred_at is None for id_ in own]
    times = remembered_times(conn, untimed)
    asked: dict[tuple[int, str, str], set[int]] = defaultdict(set)
    for i, own in ids.items():
        for id_ in own:
            at = times.get((events[i].source, id_)) if events[i].occurred_at is None else events[i].occurred_at
            if at is not None:
                asked[at, events[i].source, id_].add(i)
    return set().union(*(asked[found] for found in stored_before(conn, list(asked))))


def too_old(conn: Connection, events: Sequence[Parsed], floor: int) -> set[int]:
    """The places of those from before `floor`: pruned events can't be told from new ones.

    One that came without a time has the time of its first coming, which outlives it.
    """
    untimed = [(event.source, event.message_id) for event in events if event.occurred_at is None]
    times = remembered_times(conn, untimed)
    return {
        i
        for i, event in enumerate(events)
        if (times.get((event.source, event.message_id), floor) if event.occurred_at is None else event.occurred_at)
        < floor
    }
