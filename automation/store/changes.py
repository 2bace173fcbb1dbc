"""Changed rules whose people are being brought to the new version: how far that has come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select, update

from automation.store.bulk import insert_rows, update_rows
from automation.store.expressions import among
from automation.store.lists import named_rows
from automation.store.schema import rule, rule_change, run

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import ColumnElement, Connection

    from automation.store.types import AnyRow

_CHANGE = ("rule_id", "rule_version_id", "cursor", "moved", "not_moved", "exited")
_STANDING = [
    run.c[name]
    for name in ("id", "rule_id", "rule_version_id", "contact_id", "status", "position", "variables", "visit",
                 "wait_event")
]  # fmt: skip
"""What tells where a run stands."""


def begin_change(conn: Connection, rule_id: int, version_id: int) -> None:
    """Everybody inside the rule is to come to this version."""
    end_change(conn, rule_id)
    insert_rows(conn, rule_change, _CHANGE, [(rule_id, version_id, 0, 0, 0, 0)])


def end_change(conn: Connection, rule_id: int) -> None:
    conn.execute(delete(rule_change).where(rule_change.c.rule_id == rule_id))


def open_changes(conn: Connection) -> list[AnyRow]:
    """What is under way, by rule."""
    return named_rows(conn, select(rule_change).order_by(rule_change.c.rule_id))


def advance_change(conn: Connection, change: AnyRow, cursor: int, moved: int, not_moved: int, exited: int) -> bool:
    """Write the progress of one portion. False when somebody else has done it, or the rule has changed again."""
    c = rule_change.c
    same = c.rule_id == change.rule_id, c.rule_version_id == change.rule_version_id, c.cursor == change.cursor
    counts = {"moved": c.moved + moved, "not_moved": c.not_moved + not_moved, "exited": c.exited + exited}
    return conn.execute(update(rule_change).where(*same).values(cursor=cursor, **counts)).rowcount == 1


def count_moved(conn: Connection, change: AnyRow, moved: int) -> None:
    """Add those who were moved before their portion came."""
    c = rule_change.c
    same = c.rule_id == change.rule_id, c.rule_version_id == change.rule_version_id
    conn.execute(update(rule_change).where(*same).values(moved=c.moved + moved))


def people_elsewhere(conn: Connection, change: AnyRow, upto: int) -> dict[int, int]:
    """{run id: contact id} of the next portion: those inside on other versions, with ids up to `upto`."""
    query = select(run.c.id, run.c.contact_id).where(*_elsewhere(change), run.c.id > change.cursor, run.c.id <= upto)
    return {row.id: row.contact_id for row in conn.execute(query)}


def lock_elsewhere(conn: Connection, change: AnyRow, run_ids: Collection[int]) -> list[AnyRow]:
    """Where those of these runs stand that are still inside on another version; locked, after their people."""
    query = select(*_STANDING).where(among(run.c.id, sorted(run_ids)), *_elsewhere(change)).order_by(run.c.id)
    return named_rows(conn, query.with_for_update())


def last_run(conn: Connection) -> int:
    return conn.scalar(select(func.max(run.c.id))) or 0


def save_places(conn: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Write (id, rule_version_id, position, visit)."""
    update_rows(conn, run, ("rule_version_id", "position", "visit"), rows)


def begin_again(conn: Connection, run_ids: Sequence[int], now: int) -> None:
    """These runs, which waited behind the beginning of their digest, stand before it: they ask anew when it ends."""
    if run_ids:
        conn.execute(update(run).where(among(run.c.id, run_ids)).values(due_at=now))


def _elsewhere(change: AnyRow) -> tuple[ColumnElement[bool], ...]:
    """Inside on another version, and not on the one that a canary's people are to run."""
    canary = select(rule.c.canary_version_id).where(rule.c.id == change.rule_id)
    return (
        run.c.rule_id == change.rule_id,
        run.c.rule_version_id != change.rule_version_id,
        run.c.rule_version_id != func.coalesce(canary.scalar_subquery(), 0),
        run.c.ended_at.is_(None),
    )
