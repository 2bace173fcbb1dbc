"""Moving everything that one contact has to another one, and remembering what it was.

What happens where both have something is decided above; runs that would break a unique key stay until the engine has
decided about them (engine/journey/merges.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import insert, update

from automation.store.expressions import among
from automation.store.lists import fetch, read_object, run
from automation.store.schema import contact_merge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

Moved = dict[str, list[Any]]
"""What a merge moved: the ids of the rows, by table."""

# Tables in which a contact's rows can't collide with another contact's.
_NUMBERED = ("suppression", "event", "message", "test_message", "coupon_code", "contact_merge")

_TAGS = """
INSERT INTO contact_tag (contact_id, tag, created_at)
SELECT ?, tag, created_at FROM contact_tag WHERE contact_id = ? ON CONFLICT DO NOTHING"""

_PROBLEMS = """
INSERT INTO contact_problem (contact_id, channel, code, value, at)
SELECT ?, channel, code, value, at FROM contact_problem WHERE contact_id = ? ON CONFLICT DO NOTHING"""

_SEGMENTS = """
INSERT INTO segment_member (segment_id, contact_id, since)
SELECT segment_id, ?, since FROM segment_member WHERE contact_id = ? ON CONFLICT DO NOTHING"""

_PENDING = """
INSERT INTO pending_entry (event_id, rule_id, contact_id, rule_version_id, status, due_at)
SELECT event_id, rule_id, ?, rule_version_id, status, due_at FROM pending_entry WHERE contact_id = ?
ON CONFLICT DO NOTHING"""

# A run that would break a unique key stays where it is, until the engine has decided about both.
_RUNS = """
UPDATE run SET contact_id = ? WHERE contact_id = ?
AND NOT EXISTS (SELECT 1 FROM run AS other WHERE other.contact_id = ? AND other.rule_id = run.rule_id
                AND (other.key = run.key OR other.mode_key = run.mode_key)) RETURNING id"""


class Merge(NamedTuple):
    """A merge of which the engine has not seen to the runs and messages; `contact_id` is the survivor as of today."""

    id: int
    contact_id: int
    absorbed_id: int
    moved: Moved


def move_rows(conn: Connection, survivor: int, absorbed: int) -> Moved:
    """Identities, tags, suppressions, problems, events, runs, messages and coupons; not attributes, consents, dates."""
    moved: Moved = {}
    for table in _NUMBERED:
        sql = f"UPDATE {table} SET contact_id = ? WHERE contact_id = ? RETURNING id"
        moved[table] = sorted(row[0] for row in fetch(conn, sql, survivor, absorbed))
    members = fetch(conn, "SELECT segment_id FROM segment_member WHERE contact_id = ?", absorbed)
    moved["segment_member"] = sorted(row[0] for row in members)
    run(conn, "UPDATE identity SET contact_id = ? WHERE contact_id = ?", survivor, absorbed)
    for table, copy in (
        ("contact_tag", _TAGS), ("contact_problem", _PROBLEMS), ("segment_member", _SEGMENTS),
    ):  # fmt: skip
        run(conn, copy, survivor, absorbed)
        run(conn, f"DELETE FROM {table} WHERE contact_id = ?", absorbed)
    moved["run"] = sorted(row[0] for row in fetch(conn, _RUNS, survivor, absorbed, survivor))
    return {table: ids for table, ids in moved.items() if ids}


def leave_pointer(conn: Connection, survivor: int, absorbed: int, now_ms: int) -> None:
    """The absorbed contact, and all that it had absorbed, point to the survivor; its row holds nothing else."""
    run(conn, "UPDATE contact SET merged_into = ? WHERE merged_into = ?", survivor, absorbed)
    run(conn, "UPDATE contact SET merged_into = ?, attributes = '{}', updated_at = ? WHERE id = ?",
        survivor, now_ms, absorbed)  # fmt: skip


def remember_merge(
    conn: Connection, survivor: int, absorbed: int, *, link: Sequence[Sequence[str]], before: Any, moved: Moved,
    actor: str, now_ms: int,
) -> None:  # fmt: skip
    """Write down a merge; the engine has yet to see to it."""
    conn.execute(insert(contact_merge).values(
        at=now_ms, actor=actor, contact_id=survivor, absorbed_id=absorbed, link=[list(pair) for pair in link],
        before=before, moved=moved,
    ))  # fmt: skip


def unsettled_merges(conn: Connection, limit: int) -> list[Merge]:
    """The oldest merges that nobody has seen to, locked until the transaction ends."""
    sql = "SELECT id, contact_id, absorbed_id, moved FROM contact_merge WHERE settled_at IS NULL ORDER BY id LIMIT ?"
    if conn.dialect.name == "postgresql":
        sql += " FOR UPDATE"
    return [Merge(id_, survivor, absorbed, read_object(moved)) for id_, survivor, absorbed, moved in
            fetch(conn, sql, limit)]  # fmt: skip


def mark_settled(conn: Connection, ids: Sequence[int], now_ms: int) -> None:
    conn.execute(update(contact_merge).where(among(contact_merge.c.id, ids)).values(settled_at=now_ms))


def remember_runs(conn: Connection, merge: Merge, run_ids: Sequence[int]) -> None:
    """Runs that came along later, when the engine had decided about them."""
    moved = {**merge.moved, "run": sorted({*merge.moved.get("run", ()), *run_ids})}
    conn.execute(update(contact_merge).where(contact_merge.c.id == merge.id).values(moved=moved))


def bring_along(conn: Connection, absorbed: Sequence[int]) -> None:
    """What was written for these contacts after they were merged away goes to their survivors, but for runs.

    Pending entries too: nothing finds them by contact, so they are looked for once for a whole batch of merges.
    """
    for table in ("event", "message", "coupon_code"):
        run(conn, f"UPDATE {table} SET contact_id = (SELECT c.merged_into FROM contact AS c WHERE c.id = "
                  f"{table}.contact_id) WHERE contact_id = ANY(?)", list(absorbed))  # fmt: skip
    for asked, today in fetch(conn, _LEFT_PENDING, list(absorbed)):
        run(conn, _PENDING, today, asked)
        run(conn, "DELETE FROM pending_entry WHERE contact_id = ?", asked)


_LEFT_PENDING = """SELECT DISTINCT p.contact_id, c.merged_into FROM pending_entry AS p
JOIN contact AS c ON c.id = p.contact_id WHERE p.contact_id = ANY(?)"""
