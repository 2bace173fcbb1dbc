"""Runs: written at entry, claimed when due, moved on, ended."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import func, select, update

from automation.store.bulk import allocate_ids, insert_rows, update_rows
from automation.store.dropping import drop_queued
from automation.store.expressions import among, constant
from automation.store.lists import fetch, named_rows, read_object
from automation.store.queueing import let_next_in
from automation.store.returning import return_unsent
from automation.store.schema import contact, run

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.store.types import AnyRow

_ENTRY = (
    "id", "key", "rule_id", "rule_version_id", "contact_id", "event_id", "status", "position", "due_at", "mode_key",
    "variables", "entered_at", "since_at", "since_event_id",
)  # fmt: skip
_QUEUE = tuple("queue_key" if name == "mode_key" else name for name in _ENTRY)
_IN_HAND = [
    run.c[name]
    for name in ("id", "rule_id", "rule_version_id", "contact_id", "event_id", "status", "position", "mode_key",
                 "variables", "entered_at", "due_at", "visit", "wait_event", "since_at", "since_event_id")
]  # fmt: skip
"""What moving a run needs."""
_PROGRESS = ("status", "position", "due_at", "mode_key", "variables", "ended_at", "reason")
_JOURNEY = ("visit", "wait_event")
_PLACE, _ENDED = 1 + _PROGRESS.index("mode_key"), 1 + _PROGRESS.index("ended_at")


def enter_runs(conn: Connection, rows: Sequence[tuple[Any, ...]], now: int) -> list[int | None]:
    """Store runs (key, rule_id, rule_version_id, contact_id, event_id, mode_key, their EntryMoment), due at once.

    Returns each run's id, or None where the occurrence has entered this contact before or the mode forbids it.
    """
    ids = allocate_ids(conn, run, len(rows))
    full = [
        (id_, key, rule_id, version_id, contact_id, event_id, "active", 0, now, mode_key, "{}", now, *since[:2])
        for id_, (key, rule_id, version_id, contact_id, event_id, mode_key, since) in zip(ids, rows, strict=True)
    ]
    return _stored(conn, ids, _ENTRY, full)


def queue_runs(conn: Connection, rows: Sequence[tuple[Any, ...]], now: int) -> list[int | None]:
    """Store runs like `enter_runs`, not to begin before it is their turn at the place that `mode_key` names."""
    ids = allocate_ids(conn, run, len(rows))
    full = [
        (id_, key, rule_id, version_id, contact_id, event_id, "queued", 0, None, place, "{}", now, *since[:2])
        for id_, (key, rule_id, version_id, contact_id, event_id, place, since) in zip(ids, rows, strict=True)
    ]
    return _stored(conn, ids, _QUEUE, full)


def _stored(
    conn: Connection, ids: Sequence[int], columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]]
) -> list[int | None]:
    if insert_rows(conn, run, columns, rows, skip_existing=True) == len(rows):
        return list(ids)
    here = set(conn.scalars(select(run.c.id).where(among(run.c.id, ids))))
    return [id_ if id_ in here else None for id_ in ids]


def claim_due(conn: Connection, now: int, limit: int, *, of: Sequence[int] | None = None) -> list[AnyRow]:
    """Up to `limit` due runs, the longest due first, locked until the transaction ends; with `of`, of these people."""
    due = select(*_IN_HAND).where(run.c.due_at <= now, run.c.status == constant("active"))
    if of is not None:
        due = due.where(among(run.c.contact_id, of))
    return named_rows(conn, due.order_by(run.c.due_at).limit(limit).with_for_update(skip_locked=True))


FEW = 500
"""Where no more runs than these are due to anybody, it is faster to read them than to ask about many people."""


def due_among(conn: Connection, contact_ids: Collection[int], now: int) -> Collection[int]:
    """Those of these people to whom something may be due; all of them where much is due to anybody."""
    due = select(run.c.contact_id).where(run.c.due_at <= now, run.c.status == constant("active")).limit(FEW)
    found = list(conn.scalars(due))
    return contact_ids if len(found) == FEW else set(contact_ids).intersection(found)


def claim_due_of(conn: Connection, contact_ids: Iterable[int], now: int, limit: int) -> list[AnyRow]:
    """Up to `limit` due runs of these people, whom the caller has locked: whoever holds one lets go of it soon.

    By the index of the people: the status is a parameter, lest SQLite read all that is due to anybody.
    """
    query = select(*_IN_HAND).where(among(run.c.contact_id, contact_ids), run.c.status == "active", run.c.due_at <= now)
    return named_rows(conn, query.limit(limit).with_for_update())


def due_of(conn: Connection, contact_ids: Iterable[int], now: int) -> list[AnyRow]:
    """(id, contact_id, rule_id) of all runs of these people that are due, in whoever's hands."""
    query = select(run.c.id, run.c.contact_id, run.c.rule_id)
    query = query.where(among(run.c.contact_id, contact_ids), run.c.status == "active", run.c.due_at <= now)
    return named_rows(conn, query)


def has_due_clock_entries(conn: Connection, before_ms: int, now_ms: int) -> bool:
    """Whether something is due to anybody whom a firing of a clock before a moment let in."""
    due = select(run.c.id).where(run.c.due_at <= now_ms, run.c.status == constant("active"), run.c.event_id.is_(None))
    return conn.execute(due.where(run.c.since_at < before_ms).limit(1)).first() is not None


def defer_run(conn: Connection, run_id: int, until_ms: int) -> AnyRow | None:
    """Let a due run wait until a moment, wherever it stands; the row as it was, None where it is not due any more."""
    rows = named_rows(conn, select(*_IN_HAND).where(run.c.id == run_id, run.c.status == "active").with_for_update())
    conn.execute(update(run).where(run.c.id == run_id, run.c.status == "active").values(due_at=until_ms))
    return rows[0] if rows else None


def claim_these(conn: Connection, ids: Sequence[int], now: int) -> list[AnyRow]:
    """Those of these runs that are due and in nobody's hands, locked until the transaction ends."""
    query = select(*_IN_HAND).where(among(run.c.id, ids), run.c.status == "active", run.c.due_at <= now)
    return named_rows(conn, query.with_for_update(skip_locked=True))


def save_progress(conn: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Write back (id, status, position, due_at, mode_key, variables as JSON text, ended_at, reason).

    A run that ends leaves its place (it comes with its mode_key still), and the next in the queue goes in.
    """
    leaving = [row for row in rows if row[_ENDED] is not None and row[_PLACE] is not None]
    if leaving:
        rows = [(*row[:_PLACE], None, *row[_PLACE + 1 :]) if row[_ENDED] is not None else row for row in rows]
    update_rows(conn, run, _PROGRESS, rows, guard="ended_at IS NULL")
    if leaving:
        let_next_in(conn, [row[0] for row in leaving], max(row[_ENDED] for row in leaving))
    ended = {row[0]: row[_ENDED] for row in rows if row[_ENDED] is not None}
    if ended:
        return_unsent(conn, ended, max(ended.values()))


def save_journeys(conn: Connection, rows: Sequence[tuple[int, int, str | None]]) -> None:
    """Write (id, visit, wait_event) of the runs in which these have changed."""
    update_rows(conn, run, _JOURNEY, rows)


def next_due(conn: Connection) -> int | None:
    """When the next run comes due; None when none waits for a time."""
    first: int | None = conn.scalar(select(func.min(run.c.due_at)).where(run.c.status == constant("active")))
    return first


def lock_contacts(conn: Connection, contact_ids: Iterable[int]) -> None:
    """Serialise decisions about these people among processes. SQLite's write transaction does so already."""
    if conn.dialect.name == "postgresql":
        ids = sorted(set(contact_ids))
        query = select(contact.c.id).where(among(contact.c.id, ids)).order_by(contact.c.id)
        conn.execute(query.with_for_update(key_share=True)).all()


def lock_free(conn: Connection, contact_ids: Iterable[int]) -> set[int]:
    """Of these people, those whom another transaction has locked are left out; the others are locked for this one."""
    ids = sorted(set(contact_ids))
    if conn.dialect.name != "postgresql":
        return set(ids)
    query = select(contact.c.id).where(among(contact.c.id, ids)).order_by(contact.c.id)
    locked = set(conn.scalars(query.with_for_update(key_share=True, skip_locked=True)))
    if len(locked) == len(ids):
        return locked
    return set(ids) - (set(conn.scalars(query)) - locked)  # who has no row at all is in nobody's hands


def last_entries(conn: Connection, contact_ids: Sequence[int], rule_ids: Sequence[int]) -> dict[tuple[int, int], int]:
    """When each of these contacts last entered each of these rules: {(contact_id, rule_id): ms}."""
    if not rule_ids:
        return {}
    query = (
        select(run.c.contact_id, run.c.rule_id, func.max(run.c.entered_at))
        .where(among(run.c.contact_id, contact_ids), run.c.rule_id.in_(rule_ids))
        .group_by(run.c.contact_id, run.c.rule_id)
    )
    return {(contact_id, rule_id): at for contact_id, rule_id, at in conn.execute(query)}


def alive_inside(
    conn: Connection, contact_ids: Sequence[int], rule_ids: Sequence[int], *, lock: bool = False
) -> dict[tuple[int, int, str], int]:
    """The runs that `mode` knows of: {(contact_id, rule_id, mode_key): run id}; with `lock`, they stay as they are."""
    if not rule_ids:
        return {}
    query = select(run.c.contact_id, run.c.rule_id, run.c.mode_key, run.c.id).where(
        among(run.c.contact_id, contact_ids), run.c.rule_id.in_(rule_ids), run.c.mode_key.is_not(None)
    )
    rows = conn.execute(query.order_by(run.c.id).with_for_update() if lock else query)
    return {(row.contact_id, row.rule_id, row.mode_key): row.id for row in rows}


def end_runs(conn: Connection, ids: Sequence[int], status: str, reason: str, now: int, *, next_in: bool = True) -> None:
    """End runs from outside their own steps. What they had queued to send is dropped.

    The next in the queue goes in, unless the caller gives the place away itself.
    """
    if not ids:
        return
    values = {
        "status": status, "reason": reason, "due_at": None, "mode_key": None, "queue_key": None, "wait_event": None,
        "ended_at": now,
    }  # fmt: skip
    conn.execute(update(run).where(among(run.c.id, ids), run.c.ended_at.is_(None)).values(**values))
    drop_queued(conn, ids, now)
    return_unsent(conn, ids, now)
    if next_in:
        let_next_in(conn, ids, now)


def end_runs_of(
    conn: Connection, rule_ids: Sequence[int], status: str, reason: str, now: int, *, held: bool = False
) -> list[AnyRow]:
    """End every living run of these rules, or the held and queued ones.

    Returns (id, rule_id, rule_version_id, contact_id).
    """
    query = select(run.c.id, run.c.rule_id, run.c.rule_version_id, run.c.contact_id)
    query = query.where(run.c.rule_id.in_(rule_ids))
    if held:
        rows = list(conn.execute(query.where(run.c.status == constant("held"))))
        rows += conn.execute(query.where(run.c.queue_key.is_not(None)))
    else:
        rows = list(conn.execute(query.where(run.c.ended_at.is_(None))))
    end_runs(conn, [row.id for row in rows], status, reason, now, next_in=False)
    return rows


def inside(conn: Connection, rule_ids: Sequence[int]) -> dict[int, int]:
    """How many living runs each of these rules has, where it has any."""
    living = run.c.rule_id.in_(rule_ids), run.c.ended_at.is_(None)
    query = select(run.c.rule_id, func.count()).where(*living).group_by(run.c.rule_id)
    return {row.rule_id: row[1] for row in conn.execute(query)}


def load_runs(conn: Connection, ids: Sequence[int], *, lock: bool = False) -> dict[int, AnyRow]:
    """Runs by id; with `lock`, nobody else changes them until the transaction ends."""
    query = select(*_IN_HAND).where(among(run.c.id, ids)).order_by(run.c.id)
    return {row.id: row for row in named_rows(conn, query.with_for_update() if lock else query)}


def living_runs(conn: Connection, contact_ids: Sequence[int], rule_id: int) -> list[AnyRow]:
    """These people's runs of one rule that have not ended, by id, locked until the transaction ends."""
    query = select(*_IN_HAND).where(among(run.c.contact_id, contact_ids), run.c.rule_id == rule_id)
    return named_rows(conn, query.where(run.c.ended_at.is_(None)).order_by(run.c.id).with_for_update())


class Sender(NamedTuple):
    """What sending needs of a run. `left`: it was ended from outside its own steps."""

    event_id: int | None
    variables: dict[str, Any]
    left: bool
    contact_id: int


def load_variables(conn: Connection, ids: Sequence[int]) -> dict[int, Sender]:
    """What templates need of runs, by id."""
    sql = "SELECT id, event_id, variables, status, contact_id FROM run WHERE id = ANY(?)"
    found = {}
    for id_, event_id, variables, status, contact_id in fetch(conn, sql, list(ids)) if ids else []:
        found[id_] = Sender(event_id, read_object(variables), status == "exited", contact_id)
        found[id_].variables.pop("#", None)  # the engine's own place, see engine/journey/state.py
    return found


def runs_of(conn: Connection, rule_id: int, contact_id: int, limit: int = 20) -> list[AnyRow]:
    """One contact's runs of one rule, the newest first."""
    query = select(run).where(run.c.contact_id == contact_id, run.c.rule_id == rule_id)
    return list(conn.execute(query.order_by(run.c.entered_at.desc(), run.c.id.desc()).limit(limit)))


def counts(conn: Connection) -> dict[tuple[int, str], int]:
    """How many runs each rule has in each status: {(rule_id, status): count}."""
    query = select(run.c.rule_id, run.c.status, func.count()).group_by(run.c.rule_id, run.c.status)
    return {(rule_id, status): count for rule_id, status, count in conn.execute(query)}
